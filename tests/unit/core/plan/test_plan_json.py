"""The plan as JSON: quick, and just what the standard library writes."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.bed.revisions import catalog_of
from tfimages_action.core.catalog.model import ParentLink
from tfimages_action.core.plan.as_json import plan_as_data, plan_as_json
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.errors import Location

PLACE = Location(path="images/a/Dockerfile", line=3)
FILES = {
    "images/a/Dockerfile": "FROM debian:13\n",
    "images/b/Dockerfile": "FROM r.example/o/a\nCOPY --from=r.example/o/c / /\n",
    "images/c/Dockerfile": "FROM debian:13\n",
    "images/vm/Dockerfile": "FROM scratch\n",
    "images/vm/image.yaml": "kind: vm\n",
}
PLAN = decide(Knowledge(current=catalog_of(FILES)))


def with_texts(plan: Plan, texts: list[str]) -> Plan:
    """The plan with these texts wherever a step has any."""
    parents = tuple(ParentLink(image=text, written="", location=PLACE) for text in texts)
    steps = tuple(
        replace(
            step,
            image=replace(step.image, name=text, flist=text, fingerprint=text, parents=parents),
            reason=replace(step.reason, detail=text, chain=tuple(texts)),
        )
        for step, text in zip(plan.steps, texts, strict=False)
    )
    problem = Problem(severity=Severity.WARNING, message="".join(texts), location=PLACE)
    return replace(plan, current="".join(texts), steps=steps, problems=(problem,))


@given(st.lists(st.text() | st.sampled_from(['"images": []', "%s", "\x1b[31m", "\u2028", "é\0"])))
def test_it_is_what_the_standard_library_writes(texts: list[str]) -> None:
    for plan in (PLAN, with_texts(PLAN, texts)):
        data = plan_as_data(plan)
        assert plan_as_json(plan) == json.dumps(data, indent=2, ensure_ascii=False)
        assert plan_as_json(plan, one_line=True) == json.dumps(data, ensure_ascii=False)


def test_what_a_person_should_look_at_is_in_it_with_its_place() -> None:
    nowhere = Problem(severity=Severity.NOTICE, message="an alias")
    here = Problem(severity=Severity.ERROR, message="no object", hint="lfs: true", location=PLACE)
    data = json.loads(plan_as_json(replace(PLAN, problems=(nowhere, here))))
    assert data["problems"] == [
        {"severity": "notice", "message": "an alias", "hint": "", "file": None, "line": None},
        {
            "severity": "error",
            "message": "no object",
            "hint": "lfs: true",
            "file": "images/a/Dockerfile",
            "line": 3,
        },
    ]
