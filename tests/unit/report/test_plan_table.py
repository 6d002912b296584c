"""The plan and its explanations as a terminal shows them."""

import io
import json
import re
from dataclasses import asdict

from rich.console import Console

from tests.bed.revisions import catalog_of
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.explain import explain
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Plan
from tfimages_action.report.plan_table import explanation_tree, plan_headline, plan_lines

OLD = {
    "images/base/Dockerfile": "FROM alpine\n",
    "images/leaf/Dockerfile": "FROM ghcr.io/owner/base\nCOPY --from=ghcr.io/owner/gone /a /a\n",
    "images/old/Dockerfile": "FROM alpine\n",
}
NEW = {k: v for k, v in OLD.items() if "old" not in k} | {"images/base/x": "1"}


def made() -> Plan:
    return decide(
        Knowledge(current=catalog_of(NEW, name="v2"), previous=catalog_of(OLD, name="v1"))
    )


def shown(thing: object) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    with console.capture() as captured:
        console.print(thing)
    return captured.get()


def test_the_table_names_action_cause_and_way() -> None:
    text = "\n".join(plan_lines(made()))
    assert "v1 -> v2: 2 to build" in text
    assert "parent: files of base changed (base)" in " ".join(text.split())
    assert "retired since v1: old" in text
    assert "images/leaf/Dockerfile:2: no folder makes ghcr.io/owner/gone:latest" in text


def test_no_file_s_name_gives_a_runner_an_order() -> None:
    """A pull request may bring files of any name, and its plan is printed in a job."""
    name = "a" * 30 + " ::add-mask::x ##[stop]\n::stop-commands::y"
    files = {**NEW, f"images/base/{name}": "1", "images/base/image.yaml": 'args: {"\\n::z::": 1}'}
    plan = decide(
        Knowledge(current=catalog_of(files, name="v2"), previous=catalog_of(OLD, name="v1"))
    )
    for width in (None, *range(60, 120)):
        for line in "\n".join(plan_lines(plan, width=width)).splitlines():
            assert not line.lstrip().startswith("::")
            assert "##[" not in line


def test_the_headline_of_a_first_plan() -> None:
    first = decide(Knowledge(current=catalog_of(OLD, name="v1")))
    assert plan_headline(first) == "v1 (first): 3 to build"


def test_an_explanation_is_a_tree() -> None:
    lines = shown(explanation_tree(explain(made(), "leaf"))).splitlines()
    assert [line.strip("└─ ") for line in lines] == [
        "leaf  build: parent",
        "base  build: files",
        "added x since v1",
    ]


def test_of_very_many_files_an_explanation_shows_some() -> None:
    files = {f"images/base/{number:03}": "1" for number in range(1500)}
    now, before = catalog_of({**NEW, **files}, name="v2"), catalog_of(NEW, name="v1")
    plan = decide(Knowledge(current=now, previous=before))
    lines = shown(explanation_tree(explain(plan, "leaf"))).splitlines()
    assert [line.strip("└─ ") for line in lines[:2]] == [
        "leaf  build: parent",
        "base  build: files",
    ]
    assert len(lines) < 40
    assert lines[-1].strip("└─ ") == "... and 1,470 more: --json has them all"
    assert json.dumps(asdict(explain(plan, "leaf"))).count("added ") == len(files)


def test_a_wide_plan_has_a_line_per_image_and_a_narrow_one_fits() -> None:
    plan = made()
    wide = plan_lines(plan, width=None)
    assert wide[2].split() == ["image", "action", "why", "published", "as"]
    assert [line.split()[0] for line in wide[3:5]] == ["base", "leaf"]
    rows = plan_lines(plan, width=72)[2:]
    table = rows[: rows.index("")]
    assert max(map(len, table)) <= 72
    assert len(table) > 3
    assert not any(line.endswith(" ") for line in table)


def test_a_reference_is_shown_whole_or_not_at_all() -> None:
    for width in range(40, 90):
        lines = plan_lines(made(), width=width)
        table = "\n".join(lines[: lines.index("", 2)])
        whole = table.count("ghcr.io/owner/base:latest") == 1
        assert whole is ("published as" in table) is (width >= 66)
        assert whole or "ghcr.io/owner/" not in table


def test_styles_change_nothing_but_the_looks() -> None:
    styled = plan_lines(made(), width=72, styled=True)
    assert any("\x1b[1;32mbuild\x1b[0m" in line for line in styled)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in styled] == plan_lines(made(), width=72)
