"""A run to show: one success, one failure, one blocked, one private package, others left alone.

What it says of the failures is the product's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from tfimages_action.adapters.engine.failure import LastWords, build_error
from tfimages_action.adapters.hub.visibility import check_public
from tfimages_action.core.catalog.model import Image, ParentLink
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, Plan, Reason, ReasonKind, Step
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import (
    Failure,
    Flist,
    ImageRun,
    Outcome,
    RunReport,
    Stage,
    StageRun,
)
from tfimages_action.core.run.work import Visibility
from tfimages_action.errors import ExitCode, Location, StageError, TfImagesError

_REGISTRY: Final = "ghcr.io/you"
_HUB: Final = "https://hub.grid.tf/you.3bot"
_MEGA: Final = 1_000_000


def sample_report() -> RunReport:
    """The report of a run that a person has to look at."""
    runs = (
        _base(),
        _alpine(),
        _docker(),
        _gluster(),
        _nextcloud(),
        *map(_skipped, ("hero", "presearch")),
    )
    plan = Plan(current="v28", previous="v27", steps=tuple(run.step for run in runs))
    return RunReport(
        plan=plan,
        images=runs,
        started=datetime(2026, 11, 23, 12, tzinfo=UTC),
        duration_s=217.0,
        exit_code=ExitCode.FAILED,
    )


def _base() -> ImageRun:
    step = _step("deb-base", ReasonKind.FILES, "changed rootfs/usr/local/sbin/apt-install-lean")
    stages = _stages(
        build=(0, 41), check=(41, 46), push=(46, 58), convert=(58, 79), verify=(79, 84)
    )
    return _published(step, "3f1c09a7be52", stages, size=48.2, grown=-1.4)


def _gluster() -> ImageRun:
    step = _step("gluster", ReasonKind.PARENT, "files of deb-base changed", "deb-base")
    stages = _stages(build=(46, 118), check=(118, 131), push=(131, 142), convert=(142, 170),
                     verify=(170, 178))  # fmt: skip
    return _published(step, "a90b7c41d2ee", stages, size=96.7, grown=2.1)


def _alpine() -> ImageRun:
    step = _step("alpine", ReasonKind.DEFINITION, "arg ZINIT_VERSION 0.2.5 -> 0.2.14")
    return ImageRun(
        step=step,
        outcome=Outcome.FAILED,
        stages=(
            *_stages(lane=2, build=(0, 22), check=(22, 25), push=(25, 30)),
            *_stages(lane=2, ok=False, convert=(30, 33)),
        ),
        digest=f"sha256:{'77d1e0c2b4a8' * 5}0000",
        size_bytes=int(11.9 * _MEGA),
        failure=_private(step),
    )


def _docker() -> ImageRun:
    step = _step("ubuntu-docker", ReasonKind.PARENT, "files of deb-base changed", "deb-base")
    command = "apt-install-lean docker-ce"
    said = "E: Unable to locate package docker-ce"
    cause = f'process "/bin/sh -c {command}" did not complete successfully: exit code: 100'
    words = LastWords(cause=cause, line=14, instruction=f"RUN {command}", said=said)
    failure = _failure(
        Stage.BUILD,
        build_error(step.image, words),
        f"#9 [4/6] RUN {command}",
        "#9 1.204 Reading package lists...",
        "#9 1.611 Building dependency tree...",
        f"#9 1.702 {said}",
        f"#9 ERROR: {cause}",
    )
    return ImageRun(
        step=step,
        outcome=Outcome.FAILED,
        stages=_stages(build=(46, 63), ok=False, lane=2),
        failure=failure,
    )


def _nextcloud() -> ImageRun:
    step = _step("nextcloud", ReasonKind.PARENT, "files of deb-base changed", "ubuntu-docker",
                 "deb-base")  # fmt: skip
    return ImageRun(step=step, outcome=Outcome.BLOCKED, blocked_by="ubuntu-docker")


def _private(step: Step) -> Failure:
    try:
        check_public(step.image.reference, _Stranger())
    except StageError as error:
        return _failure(Stage.CONVERT, error)
    raise AssertionError("a private package is refused")


class _Stranger:
    def visibility(self, _reference: ImageReference) -> Visibility:
        return Visibility.PRIVATE


def _failure(stage: Stage, error: TfImagesError, *log: str) -> Failure:
    """What a run keeps of an error."""
    return Failure(
        stage=stage,
        message=error.message,
        hint=error.hint,
        location=error.location,
        log_tail=log,
    )


def _skipped(name: str) -> ImageRun:
    detail = f"already published as sha256:{sha256(name.encode()).hexdigest()[:12]} at v26"
    step = _step(name, ReasonKind.UP_TO_DATE, detail, action=Action.SKIP)
    return ImageRun(step=step, outcome=Outcome.SKIPPED)


def _published(
    step: Step, digits: str, stages: tuple[StageRun, ...], *, size: float, grown: float
) -> ImageRun:
    name = f"ghcr.io-you-{step.image.name}-{digits}.flist"
    flist = Flist(
        name=name,
        address=f"{_HUB}/{name}",
        stable_address=f"{_HUB}/{step.image.flist}",
        verified=True,
    )
    return ImageRun(
        step=step,
        outcome=Outcome.PUBLISHED,
        stages=stages,
        digest=f"sha256:{digits * 5}0000",
        size_bytes=int(size * _MEGA),
        size_delta_bytes=int(grown * _MEGA),
        flist=flist,
    )


def _step(
    name: str, kind: ReasonKind, detail: str, *chain: str, action: Action = Action.BUILD
) -> Step:
    location = Location(path=f"images/{name}/Dockerfile", line=1)
    image = Image(
        name=name,
        reference=ImageReference.parse(f"{_REGISTRY}/{name}"),
        flist=f"ghcr.io-you-{name}-latest.flist",
        kind=Kind.CONTAINER,
        folder=f"images/{name}",
        dockerfile=location.path,
        context=f"images/{name}",
        fingerprint=f"v1:sha256:{sha256(name.encode()).hexdigest()}",
        parents=tuple(
            ParentLink(image=parent, written=f"{_REGISTRY}/{parent}", location=location)
            for parent in chain[:1]
        ),
    )
    return Step(
        image=image, action=action, reason=Reason(kind=kind, detail=detail, chain=(name, *chain))
    )


def _stages(
    *, ok: bool = True, lane: int = 1, **times: tuple[float, float]
) -> tuple[StageRun, ...]:
    slots = {"check": "build"}
    return tuple(
        StageRun(
            stage=Stage(name),
            started_s=start,
            ended_s=end,
            slot=f"{slots.get(name, name)}-{lane}",
            ok=ok,
        )
        for name, (start, end) in times.items()
    )
