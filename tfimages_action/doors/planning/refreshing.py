"""Plan a refresh: what a release's images stand on today, asked of the registries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan import refresh
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.published import names
from tfimages_action.core.published.names import Refresh
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tags import VersionTag
from tfimages_action.doors.planning.readers import ReadBases, Readers, ReadRecords
from tfimages_action.errors import SettingsError

_TO_REPAIR = frozenset({FlistState.ABSENT, FlistState.UNLINKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshing:
    """What planning a refresh rests on, and what its results are published as."""

    known: Knowledge
    occasion: Refresh
    problems: tuple[Problem, ...] = ()

    def added_to(self, plan: Plan) -> Plan:
        """The plan, and what a person should know beside it."""
        return replace(plan, problems=(*plan.problems, *self.problems))


def with_refresh(
    known: Knowledge, published: Readers | None, version: VersionTag, *, switch: bool
) -> Refreshing:
    """Add which bases moved. Raises `SettingsError` where no registry can be asked."""
    if published is None or published.records is None or published.bases is None:
        raise SettingsError(
            "a refresh compares with what is published, but push is off",
            hint="leave `push` on, or use `mode: publish` to build without publishing",
        )
    now, problems = _resolve(known, published.bases)
    standing = refresh.standings(known.current, now)
    records = _newest(known, published.records)
    confirmed = _confirmed(standing, published.records)
    moved = refresh.moved_bases(known.current, records, standing, confirmed)
    occasion = Refresh(
        version=version,
        switch=switch,
        confirmations={name: here.name for name, here in standing.items()},
    )
    pushed = _pushed(known, occasion, published.records) if moved else {}
    return Refreshing(
        known=replace(
            known,
            records=records,
            moved_bases=moved,
            left_behind=refresh.left_behind(known.current, records, standing, pushed),
        ),
        occasion=occasion,
        problems=problems,
    )


def _resolve(known: Knowledge, bases: ReadBases) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Ask for the digests of all bases; one that nobody can tell has not moved, with a warning."""
    below = refresh.external_names(known.current)
    wanted = tuple(dict.fromkeys(one for every in below.values() for one in every))
    now: dict[str, str] = {}
    problems: list[Problem] = []
    for reference, answer in bases(wanted).items():
        if answer.digest is not None:
            now[str(reference)] = answer.digest
            continue
        problems.append(
            Problem(
                severity=Severity.WARNING,
                message=f"nobody can tell whether {reference} moved: {answer.cause}",
                hint="what is built on it is not refreshed; run it again when it can be reached",
            )
        )
    return now, tuple(problems)


def _newest(known: Knowledge, read: ReadRecords) -> dict[str, RecordAnswer]:
    """For each image the newest result of this source; one whose flist lacks is repaired first."""
    images = {
        image.name: image
        for image in known.current.images
        if image.kind is Kind.CONTAINER and known.flists.get(image.name) not in _TO_REPAIR
    }
    references = {name: names.refresh_reference(image) for name, image in images.items()}
    answers = read(references.values())
    return {
        name: refresh.published_now(images[name], answer, answers[references[name]])
        if name in images
        else answer
        for name, answer in known.records.items()
    }


def _pushed(known: Knowledge, occasion: Refresh, read: ReadRecords) -> dict[str, RecordAnswer]:
    """Look under the name that a refresh pushes under, before it knows the digest."""
    under = {
        image.name: names.pushed_as(image, occasion)
        for image in known.current.images
        if image.kind is Kind.CONTAINER and image.name in occasion.confirmations
    }
    answers = read(under.values())
    return {name: answers[reference] for name, reference in under.items()}


def _confirmed(standing: dict[str, refresh.Standing], read: ReadRecords) -> dict[str, str]:
    wanted: dict[str, ImageReference] = {name: here.name for name, here in standing.items()}
    answers = read(wanted.values())
    return {
        name: answer.digest
        for name, reference in wanted.items()
        if isinstance(answer := answers[reference], Record)
    }
