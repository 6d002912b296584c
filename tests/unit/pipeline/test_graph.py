"""The graph of stages: what waits for what, and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.standins.plans import image, step
from tfimages_action.core.plan.model import Action, ReasonKind, Step
from tfimages_action.core.published.names import BranchPush, Occasion, Release
from tfimages_action.core.published.record import Record
from tfimages_action.core.run.report import Stage
from tfimages_action.core.tags import require_version_tag
from tfimages_action.pipeline.graph import Job, stages_of, tasks_of
from tfimages_action.pipeline.options import Options

RELEASE = Release(version=require_version_tag("v2"))
BRANCH = BranchPush(branch="topic", commit="c" * 40)
ALL = tuple(Stage)
DONE = Record(digest="sha256:" + "a" * 64, fingerprint=image("a").fingerprint)


def after(
    steps: Sequence[Step], job: Job, options: Options | None = None, occasion: Occasion = RELEASE
) -> set[Job]:
    tasks = {task.key: task for task in tasks_of(steps, occasion, options or Options(), {})}
    return set(tasks[job].after)


@pytest.mark.parametrize(
    ("push", "convert", "stages"),
    [
        (True, True, ALL),
        (True, False, (Stage.BUILD, Stage.CHECK, Stage.PUSH, Stage.SWITCH)),
        (False, True, (Stage.BUILD, Stage.CHECK, Stage.CONVERT, Stage.VERIFY, Stage.SWITCH)),
        (False, False, (Stage.BUILD, Stage.CHECK)),
    ],
)
def test_stages_of_a_build(push: bool, convert: bool, stages: tuple[Stage, ...]) -> None:
    options = Options(push=push, convert=convert)
    assert stages_of(step(image("a")), RELEASE, options) == stages


def test_a_vm_is_never_pushed() -> None:
    vm = image("vm", vm=True)
    assert Stage.PUSH not in stages_of(step(vm), RELEASE, Options())
    built = stages_of(step(vm), RELEASE, Options(convert=False))
    assert built == (Stage.BUILD, Stage.CHECK)
    links = stages_of(step(vm, Action.CONVERT, record=DONE), RELEASE, Options())
    assert links == (Stage.SWITCH,)


def test_a_skipped_vm_gets_no_name_in_a_registry() -> None:
    assert stages_of(step(image("vm", vm=True), Action.SKIP, record=DONE), RELEASE, Options()) == ()


@pytest.mark.parametrize(
    ("push", "convert", "stages"),
    [
        (True, True, (Stage.PUSH, Stage.CONVERT, Stage.VERIFY, Stage.SWITCH)),
        (True, False, (Stage.PUSH, Stage.SWITCH)),
        (False, True, (Stage.CONVERT, Stage.VERIFY, Stage.SWITCH)),
        (False, False, ()),
    ],
)
def test_a_conversion_names_first_and_builds_nothing(
    push: bool, convert: bool, stages: tuple[Stage, ...]
) -> None:
    options = Options(push=push, convert=convert)
    reused = step(image("a"), Action.CONVERT, record=DONE)
    assert stages_of(reused, RELEASE, options) == stages
    links = (Stage.SWITCH,) if convert else ()
    vm = step(image("vm", vm=True), Action.CONVERT, record=DONE)
    assert stages_of(vm, RELEASE, options) == links


@pytest.mark.parametrize(
    ("occasion", "record", "kind", "named"),
    [
        (RELEASE, DONE, ReasonKind.UP_TO_DATE, True),
        (RELEASE, Record(digest=DONE.digest), ReasonKind.ADOPTED, True),
        (RELEASE, DONE, ReasonKind.NOT_SELECTED, True),
        (RELEASE, replace(DONE, fingerprint="x"), ReasonKind.NOT_SELECTED, False),
        (RELEASE, None, ReasonKind.UP_TO_DATE, False),
        (BRANCH, DONE, ReasonKind.UP_TO_DATE, False),
    ],
)
def test_what_a_release_skips_gets_its_name(
    occasion: Occasion, record: Record | None, kind: ReasonKind, named: bool
) -> None:
    skip = step(image("a"), Action.SKIP, kind=kind, record=record)
    assert stages_of(skip, occasion, Options()) == ((Stage.SWITCH,) if named else ())


def test_a_child_waits_for_build_and_check_never_for_push_or_conversion() -> None:
    steps = [step(image("a")), step(image("b", "a"))]
    assert after(steps, Job("b", Stage.BUILD)) == {("a", Stage.CHECK)}
    assert after(steps, Job("b", Stage.PUSH)) == {("b", Stage.CHECK), ("a", Stage.PUSH)}
    assert after(steps, Job("b", Stage.CONVERT)) == {("b", Stage.PUSH)}
    assert after(steps, Job("b", Stage.SWITCH)) == {("b", Stage.VERIFY), ("a", Stage.SWITCH)}


def test_a_child_of_what_is_not_built_waits_for_no_build() -> None:
    skipped = step(image("a"), Action.SKIP, kind=ReasonKind.UP_TO_DATE, record=DONE)
    assert after([skipped, step(image("b", "a"))], Job("b", Stage.BUILD)) == set()
    reused = step(image("a"), Action.CONVERT, kind=ReasonKind.PROMOTED, record=DONE)
    steps = [reused, step(image("b", "a"))]
    assert after(steps, Job("b", Stage.BUILD)) == set()
    assert ("a", Stage.SWITCH) in after(steps, Job("b", Stage.SWITCH))


def test_together_every_switch_waits_for_the_whole_family() -> None:
    steps = [
        step(image("a")),
        step(image("b", "a")),
        step(image("c", "a"), Action.SKIP, kind=ReasonKind.UP_TO_DATE, record=DONE),
        step(image("x")),
    ]
    options = Options(publish_together=True)
    gates = {
        name: next(
            key for key in after(steps, Job(name, Stage.SWITCH), options) if key.stage is None
        )
        for name in "abcx"
    }
    assert gates["a"] == gates["b"] == gates["c"] != gates["x"]
    waits = after(steps, gates["a"], options)
    assert waits == {("a", Stage.VERIFY), ("b", Stage.VERIFY)}
    assert after(steps, Job("a", Stage.BUILD), options) == set()


def test_checks_go_before_builds_that_wait_for_the_same_slot() -> None:
    tasks = tasks_of([step(image("a"))], RELEASE, Options(), {})
    assert [task.key.stage for task in tasks if task.urgent] == [Stage.CHECK]


def test_durations_of_an_earlier_run_count_where_they_are_known() -> None:
    steps = [step(image("a"))]
    tasks = tasks_of(steps, RELEASE, Options(), {("a", Stage.BUILD): 7.0})
    seconds = {task.key.stage: task.seconds for task in tasks}
    assert seconds[Stage.BUILD] == 7.0
    assert seconds[Stage.CONVERT] == 15.0


def test_each_stage_has_its_time_limit() -> None:
    options = Options(build_timeout_s=1, push_timeout_s=2, convert_timeout_s=3)
    limits = {
        task.key.stage: task.limit_s for task in tasks_of([step(image("a"))], RELEASE, options, {})
    }
    assert limits == dict(zip(ALL, (1, 1, 2, 3, 3, 2), strict=True))
