"""The parts of docs/hub.md that follow from the tests: the fault table, the contract's list."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Final

from tests.integration.hub import fault_rows
from tests.integration.hub.fault_rows import ROWS, UPLOADS

FAULTS: Final = "tests.integration.hub"
CONTRACT: Final = "tests.contract.hub"
_CONTRACT_MODULES: Final = (
    "test_authentication", "test_conversion", "test_names", "test_reading", "test_upload",
)  # fmt: skip


_SWITCHED: Final = (
    "test_a_fault_that_passes",
    "test_a_fault_that_stays_for_a_run",
    "test_a_fault_that_stays_and_costs_nothing",
)


def sections() -> Mapping[str, str]:
    """Each generated section's name and its text."""
    return {"faults": _faults(), "contract": _contract()}


def cases(test: Callable[..., object]) -> int:
    """How many tests a function is: the product of what it is parametrized with."""
    marks = getattr(test, "pytestmark", ())
    return math.prod(len(mark.args[1]) for mark in marks if mark.name == "parametrize")


def function(name: str) -> Callable[..., object]:
    """The test of that name (`module.function`) in tests/integration/hub."""
    module, _, test = name.partition(".")
    found: Callable[..., object] = getattr(importlib.import_module(f"{FAULTS}.{module}"), test)
    return found


def _faults() -> str:
    switched = _total(f"test_faults.{name}" for name in _SWITCHED)
    own = _total(name for row in ROWS for name in row.tests)
    uploads = _total(UPLOADS)
    return (
        f"{len(ROWS)} faults in {switched + own} tests; {uploads} more take the faults of a "
        f"conversion to uploads.\n\n{fault_rows.table()}"
    )


def _total(names: Iterable[str]) -> int:
    return sum(cases(function(name)) for name in dict.fromkeys(names))


def _contract() -> str:
    modules = [importlib.import_module(f"{CONTRACT}.{name}") for name in _CONTRACT_MODULES]
    tests = {module: _tests(module) for module in modules}
    total = sum(cases(test) for found in tests.values() for test in found)
    rows = [
        f"| {_words(module.__name__.rpartition('.')[2])} | {sum(map(cases, found))} "
        f"| {'; '.join(_words(test.__name__) for test in found)} |\n"
        for module, found in tests.items()
    ]
    head = "| about | tests | what they hold |\n|---|---|---|\n"
    return f"{total} tests:\n\n{head}{''.join(rows)}"


def _tests(module: ModuleType) -> list[FunctionType]:
    found = (value for name, value in vars(module).items() if name.startswith("test_"))
    return [value for value in found if isinstance(value, FunctionType)]


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")
