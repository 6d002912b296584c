"""What happened in a run, as data: the pipeline fills it, the reports render it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tfimages_action.core.plan.model import Plan, Step
from tfimages_action.core.plan.preview import Outlook
from tfimages_action.core.problem import Problem
from tfimages_action.core.run.work import CheckResult
from tfimages_action.errors import ExitCode, Location


class Outcome(StrEnum):
    """How one image ended."""

    BUILT = "built"
    """Built and checked, not published (push off)."""
    PUBLISHED = "published"
    REUSED = "reused"
    """Not built: the digest at hand got its names or its flist."""
    SKIPPED = "skipped"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not tried or not finished, since an ancestor (`blocked_by`) failed or the run ended early."""


class Stage(StrEnum):
    """The steps of one image, in order."""

    BUILD = "build"
    CHECK = "check"
    PUSH = "push"
    CONVERT = "convert"
    VERIFY = "verify"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """One stage of one image. Times are seconds since the run began."""

    stage: Stage
    started_s: float
    ended_s: float
    slot: str
    """`build-1`, `push-1`, `convert-2`: who ran where, for the chart."""
    attempts: int = 1
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an image failed: cause, place, the last lines of the stage's log, and the cure."""

    stage: Stage
    message: str
    hint: str = ""
    log_tail: tuple[str, ...] = ()
    """At most 20 lines."""
    location: Location | None = None
    """Where in the repository the cause is, if it is in a file."""

    @property
    def told(self) -> str:
        """What happened, with the place before it."""
        return f"{self.location}: {self.message}" if self.location else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Flist:
    """A published flist."""

    name: str
    """Content name on the Hub: never changes."""
    address: str
    """URL of the content name."""
    stable_address: str | None = None
    md5: str = ""
    sha256: str = ""
    """Of the flist's file, as it was proved; hex."""
    entries: int = 0
    merkle_root: str = ""
    changes: tuple[str, ...] = ()
    """What weighs most of what it changes, against the flist that the stable name served before:
    `+38 MB: /usr/lib/libLLVM.so.19`."""
    record: str = ""
    """Where the root is written down, for anyone to compare (core/published/flist_record.py)."""
    verified: bool = False
    """Proved equal to the image, file by file."""
    warnings: tuple[str, ...] = ()
    """What of the image no flist can keep: a dropped CMD, file capabilities."""

    def recorded(self, place: str, warning: str) -> Flist:
        """The same, with where its root was written down."""
        warnings = (*self.warnings, warning) if warning else self.warnings
        return replace(self, record=place, warnings=tuple(dict.fromkeys(warnings)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRun:
    """How one image fared."""

    step: Step
    outcome: Outcome
    stages: tuple[StageRun, ...] = ()
    digest: str | None = None
    references: tuple[str, ...] = ()
    """Every reference that now names the digest."""
    size_bytes: int | None = None
    size_delta_bytes: int | None = None
    flist: Flist | None = None
    failure: Failure | None = None
    """Also of a BLOCKED image without `blocked_by`: why it was not started."""
    blocked_by: str | None = None
    """The image whose failure is the cause, not the next one in between."""
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What the build found questionable, with file and line."""
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The whole run. Partial failure is data here; the exit code is read off it."""

    plan: Plan | None
    """`None` when the plan itself erred."""
    images: tuple[ImageRun, ...]
    started: datetime
    duration_s: float
    problems: tuple[Problem, ...] = ()
    error: str | None = None
    """What ended the run as a whole (an engine lost, a refused input), rendered."""
    exit_code: ExitCode = ExitCode.DONE
    waves: tuple[tuple[str, ...], ...] = ()
    """Of `mode: plan`: core/plan/fan_out.py."""
    outlook: Outlook | None = None
    """Of a preview: what the change touches, and what the next release would build."""
    sentence: str = ""
    """What the run did, where the counts of its outcomes don't tell (an audit, a plan)."""
    mode: str = ""
    """`publish`, `preview`, `refresh`, `audit` or `plan`."""
