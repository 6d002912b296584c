"""A plan as a graph of stages: what waits for what.

* Within an image its stages follow one another.
* A child's build waits for its parents' build and check, never for their push or conversion.
* A child's push waits for its parents' push: a shared layer is uploaded once, and no child is
  published on a parent that could not be.
* A child's names are switched after its parents': whoever finds a child under a moving name finds
  the parents under theirs, and a parent whose conversion failed blocks its descendants' switch.
* `publish: together`: no name of a family is switched before all of the family has come so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, ReasonKind, Step
from tfimages_action.core.published.names import Occasion, Release
from tfimages_action.core.run.report import Stage
from tfimages_action.pipeline.options import Durations, Options
from tfimages_action.pipeline.scheduler import Task


class Job(NamedTuple):
    """One stage of one image; without a stage the point at which a family is complete."""

    image: str
    stage: Stage | None

    def __str__(self) -> str:
        return f"{self.stage} {self.image}"


SLOTS: Final = {
    Stage.BUILD: "build",
    Stage.CHECK: "build",
    Stage.PUSH: "push",
    Stage.CONVERT: "convert",
    Stage.VERIFY: "verify",
    Stage.SWITCH: "switch",
}
"""Checks take a build's slot: they want the same processors. Verifying leaves the Hub alone."""

_TYPICAL_S: Final = {
    Stage.BUILD: 60.0,
    Stage.CHECK: 8.0,
    Stage.PUSH: 8.0,
    Stage.CONVERT: 15.0,
    Stage.VERIFY: 5.0,
    Stage.SWITCH: 1.0,
}
_MUST_COME_FIRST: Final = {
    Stage.BUILD: (Stage.CHECK, Stage.BUILD),
    Stage.PUSH: (Stage.PUSH,),
    Stage.SWITCH: (Stage.SWITCH,),
}
"""For a stage of a child, the stages of a parent (the first that it has) that it waits for."""


def stages_of(step: Step, occasion: Occasion, options: Options) -> tuple[Stage, ...]:
    """The stages of one image in this run."""
    match step.action:
        case Action.SKIP:
            named = options.push and isinstance(occasion, Release) and _names_a_release(step)
            return (Stage.SWITCH,) if named else ()
        case Action.BUILD:
            return tuple(_build_stages(step, options))
        case Action.CONVERT:
            return tuple(_convert_stages(step, options))


def tasks_of(
    steps: Iterable[Step], occasion: Occasion, options: Options, durations: Durations
) -> tuple[Task[Job], ...]:
    """Every stage of every image, with what it comes after."""
    listed = tuple(steps)
    stages = {step.image.name: stages_of(step, occasion, options) for step in listed}
    acting = {step.image.name for step in listed if step.action is not Action.SKIP}
    gates = _gates(listed, stages) if options.publish_together else {}
    tasks = [Task(key=gate, slot=None, after=after) for gate, after in set(gates.values())]
    for step in listed:
        name = step.image.name
        parents = [parent for parent in step.image.parent_names if parent in acting]
        before: tuple[Job, ...] = ()
        for stage in stages[name]:
            task = _task(Job(name, stage), stage, options, durations)
            after = [*before]
            if name in acting:
                after += _of_parents(stage, parents, stages)
            if stage is Stage.SWITCH and name in gates:
                after.append(gates[name][0])
            tasks.append(replace(task, after=tuple(after)))
            before = (task.key,)
    return tuple(tasks)


def _task(job: Job, stage: Stage, options: Options, durations: Durations) -> Task[Job]:
    limit, limit_s = _limit(stage, options)
    return Task(
        key=job,
        slot=SLOTS[stage],
        seconds=durations.get((job.image, stage), _TYPICAL_S[stage]),
        limit_s=limit_s,
        limit_hint=f"if it only needs longer, raise `{limit}`",
        # A check left waiting behind builds keeps children and conversions waiting.
        urgent=stage is Stage.CHECK,
    )


def _names_a_release(step: Step) -> bool:
    # An image that was only left out of the selection may be published from something else.
    return (
        step.image.kind is Kind.CONTAINER
        and step.record is not None
        and (
            step.reason.kind is not ReasonKind.NOT_SELECTED
            or step.record.fingerprint == step.image.fingerprint
        )
    )


def _build_stages(step: Step, options: Options) -> Iterator[Stage]:
    is_vm = step.image.kind is Kind.VM
    yield from (Stage.BUILD, Stage.CHECK)
    if options.push and not is_vm:
        yield Stage.PUSH
    if options.convert:
        yield from (Stage.CONVERT, Stage.VERIFY)
    if options.convert or (options.push and not is_vm):
        yield Stage.SWITCH


def _convert_stages(step: Step, options: Options) -> Iterator[Stage]:
    # A VM's archive is gone when its run ends: only the names of its flist can be put right.
    is_vm = step.image.kind is Kind.VM
    if options.push and not is_vm:
        yield Stage.PUSH
    if options.convert and not is_vm:
        yield from (Stage.CONVERT, Stage.VERIFY)
    if options.convert or (options.push and not is_vm):
        yield Stage.SWITCH


def _of_parents(
    stage: Stage, parents: Iterable[str], stages: dict[str, tuple[Stage, ...]]
) -> Iterator[Job]:
    for parent in parents:
        for wanted in _MUST_COME_FIRST.get(stage, ()):
            if wanted in stages[parent]:
                yield Job(parent, wanted)
                break


def _gates(
    steps: tuple[Step, ...], stages: dict[str, tuple[Stage, ...]]
) -> dict[str, tuple[Job, tuple[Job, ...]]]:
    """For each image with a switch the gate of its family, with all that the gate waits for."""
    family = {step.image.name: step.image.name for step in steps}

    def head(name: str) -> str:
        while family[name] != name:
            family[name] = family[family[name]]
            name = family[name]
        return name

    for step in steps:
        for parent in step.image.parent_names:
            if parent in family:
                family[head(step.image.name)] = head(parent)
    waits: dict[str, list[Job]] = {}
    for name, own in stages.items():
        before_switch = [stage for stage in own if stage is not Stage.SWITCH]
        waits.setdefault(head(name), []).extend(Job(name, stage) for stage in before_switch[-1:])
    gates = {top: (Job(f"family of {top}", None), tuple(jobs)) for top, jobs in waits.items()}
    return {name: gates[head(name)] for name, own in stages.items() if Stage.SWITCH in own}


def _limit(stage: Stage, options: Options) -> tuple[str, float | None]:
    match stage:
        case Stage.BUILD | Stage.CHECK:
            return "build-timeout", options.build_timeout_s
        case Stage.PUSH | Stage.SWITCH:
            return "push-timeout", options.push_timeout_s
        case Stage.CONVERT | Stage.VERIFY:
            return "convert-timeout", options.convert_timeout_s
