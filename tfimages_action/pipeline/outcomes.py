"""From how the stages of an image ended to how the image fared."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tfimages_action.core.plan.model import Action
from tfimages_action.core.run.report import Failure, ImageRun, Outcome, Stage, StageRun
from tfimages_action.errors import TfImagesError, known
from tfimages_action.pipeline.graph import Job
from tfimages_action.pipeline.scheduler import End, Ended
from tfimages_action.pipeline.stages import ImageWork


@dataclass(slots=True, kw_only=True)
class JobLog:
    """What a stage said and how often it was tried."""

    tail: deque[str]
    attempts: int = 1


def stage_run(ended: Ended[Job], log: JobLog, *, began: float) -> StageRun:
    """The chart's bar of a stage that ran."""
    stage = ended.key.stage
    assert stage is not None  # noqa: S101 - a family's gate never runs
    return StageRun(
        stage=stage,
        started_s=ended.started - began,
        ended_s=ended.ended - began,
        slot=ended.slot,
        attempts=log.attempts,
        ok=ended.end is End.DONE,
    )


def image_run(
    work: ImageWork, ends: Sequence[Ended[Job]], logs: Mapping[Job, JobLog], *, began: float
) -> ImageRun:
    """How an image fared, once all its stages ended."""
    outcome, failure, blocked_by = _outcome(work, ends, logs)
    return ImageRun(
        step=work.step,
        outcome=outcome,
        stages=tuple(
            stage_run(ended, logs[ended.key], began=began) for ended in ends if ended.slot
        ),
        digest=work.digest,
        references=tuple(str(reference) for reference in work.references),
        size_bytes=work.size_bytes,
        size_delta_bytes=work.size_delta_bytes,
        flist=work.flist,
        failure=failure,
        blocked_by=blocked_by,
        warnings=work.warnings,
        problems=work.built.problems if work.built else (),
        checks=work.checks,
    )


def _outcome(
    work: ImageWork, ends: Sequence[Ended[Job]], logs: Mapping[Job, JobLog]
) -> tuple[Outcome, Failure | None, str | None]:
    for ended in ends:
        match ended.end:
            case End.DONE:
                continue
            case End.FAILED:
                return Outcome.FAILED, _failure(ended, logs[ended.key]), None
            case End.BLOCKED:
                cause = ended.blocked_by.image if ended.blocked_by else None
                return Outcome.BLOCKED, None, cause
            case End.NOT_STARTED:
                return Outcome.BLOCKED, _not_started(ended), None
    return _good(work, ends), None, None


def _good(work: ImageWork, ends: Sequence[Ended[Job]]) -> Outcome:
    match work.step.action:
        case Action.SKIP:
            return Outcome.SKIPPED
        case Action.CONVERT:
            return Outcome.REUSED
        case Action.BUILD if work.is_unchanged:
            return Outcome.REUSED
        case Action.BUILD:
            is_published = any(ended.key.stage is Stage.SWITCH for ended in ends)
            return Outcome.PUBLISHED if is_published else Outcome.BUILT


def _failure(ended: Ended[Job], log: JobLog) -> Failure:
    error = ended.error
    assert error is not None and ended.key.stage is not None  # noqa: S101, PT018 - it failed
    ours = known(error)
    tail = tuple(log.tail) or tuple(getattr(error, "tail", ()))
    return Failure(
        stage=ended.key.stage,
        message=ours.message,
        hint=ours.hint,
        log_tail=tail,
        location=ours.location,
    )


def _not_started(ended: Ended[Job]) -> Failure | None:
    if ended.error is None or ended.key.stage is None:
        return None
    cause = ended.error.message if isinstance(ended.error, TfImagesError) else str(ended.error)
    return Failure(stage=ended.key.stage, message=f"not started: {cause}")
