"""Small values to render."""

from datetime import UTC, datetime

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, Plan, Reason, ReasonKind, Step
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import ImageRun, Outcome, RunReport


def step(name: str, *, parents: tuple[str, ...] = (), detail: str = "Dockerfile changed") -> Step:
    from tfimages_action.core.catalog.model import ParentLink
    from tfimages_action.errors import Location

    place = Location(path=f"images/{name}/Dockerfile", line=1)
    image = Image(
        name=name,
        reference=ImageReference.parse(f"ghcr.io/owner/{name}"),
        flist=f"ghcr.io-owner-{name}-latest.flist",
        kind=Kind.CONTAINER,
        folder=f"images/{name}",
        dockerfile=f"images/{name}/Dockerfile",
        context=f"images/{name}",
        parents=tuple(ParentLink(image=p, written=p, location=place) for p in parents),
    )
    reason = Reason(kind=ReasonKind.FILES, detail=detail, chain=(name,))
    return Step(image=image, action=Action.BUILD, reason=reason)


def image_run(name: str, outcome: Outcome = Outcome.PUBLISHED, **more: object) -> ImageRun:
    parents = more.pop("parents", ())
    assert isinstance(parents, tuple)
    return ImageRun(step=step(name, parents=parents), outcome=outcome, **more)  # type: ignore[arg-type]


def report(*runs: ImageRun, **more: object) -> RunReport:
    plan = Plan(current="v28", previous="v27", steps=tuple(run.step for run in runs))
    values: dict[str, object] = {
        "plan": plan, "images": runs, "duration_s": 62.0,
        "started": datetime(2026, 11, 23, 12, tzinfo=UTC),
    }  # fmt: skip
    return RunReport(**{**values, **more})  # type: ignore[arg-type]
