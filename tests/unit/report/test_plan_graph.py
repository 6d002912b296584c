"""The graph of a plan in three forms."""

from tests.bed.revisions import catalog_of
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Plan
from tfimages_action.report.plan_graph import as_dot, as_mermaid, as_outline

BEFORE = {
    "images/base/Dockerfile": "FROM alpine\n",
    "images/mid/Dockerfile": "FROM ghcr.io/owner/base\n",
    "images/z/Dockerfile": "FROM alpine\n",
    "images/leaf/Dockerfile": (
        "FROM ghcr.io/owner/mid\nCOPY --from=ghcr.io/owner/z /a /a\nCOPY a /b\n"
    ),
    "images/leaf/a": "1",
}


def made() -> Plan:
    old, new = (
        catalog_of(BEFORE, name="v1"),
        catalog_of({**BEFORE, "images/leaf/a": "2"}, name="v2"),
    )
    return decide(Knowledge(current=new, previous=old))


def test_an_outline_has_each_image_once_and_names_its_other_parents() -> None:
    assert as_outline(made()).splitlines() == [
        "base  skip",
        "  mid  skip",
        "    leaf  build (also from z)",
        "z  skip",
    ]


def test_mermaid_and_dot_have_every_edge() -> None:
    mermaid = as_mermaid(made())
    ids = {line.split('"')[1]: line.split("[")[0].strip() for line in mermaid.splitlines()[1:5]}
    for parent, child in (("base", "mid"), ("mid", "leaf"), ("z", "leaf")):
        assert f"  {ids[parent]} --> {ids[child]}" in mermaid
        assert f'  "{parent}" -> "{child}"' in as_dot(made())
    assert f'{ids["leaf"]}["leaf"]:::build' in mermaid
