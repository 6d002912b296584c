"""The fault table of docs/hub.md: no fault without a row, no row without its test."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts import hub_page
from scripts.generate import ROOT, render_hub_page
from tests.integration.hub.fault_rows import ROWS, SAME, UPLOADS, Row
from tests.standins.hub.faults import Fault


def test_the_page_is_what_the_tests_make_of_it() -> None:
    page = (ROOT / "docs/hub.md").read_text()
    assert render_hub_page(page) == page, "run `make generate`"


def test_every_fault_has_one_row() -> None:
    found = Counter(row.fault for row in ROWS if row.fault)
    assert found == Counter(Fault)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what[:30])
def test_a_row_says_what_a_test_holds(row: Row) -> None:
    """What happens once is tried once, what lasts is tried lasting, or a test of its own does."""
    assert row.tests or row.fault
    assert not (row.once and not row.fault)
    assert bool(row.ends) == bool(row.fault and row.lasting != SAME)
    assert (row.conversions > 1) == bool(row.first)
    if row.fault:
        assert row.serves == ("v2" if row.lasting == SAME else "v1")


def test_every_test_that_is_named_is_there() -> None:
    names = [name for row in ROWS for name in row.tests] + list(UPLOADS)
    assert all(hub_page.cases(hub_page.function(name)) for name in names)
    assert all(name.partition(".")[2].startswith("test_") for name in names)


def test_no_contract_test_is_left_out() -> None:
    files = {path.stem for path in (ROOT / "tests/contract/hub").glob("test_*.py")}
    assert files == set(hub_page._CONTRACT_MODULES)
