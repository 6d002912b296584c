"""What planning asks registry and Hub, and what it makes of no answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bed.releases import RELEASE, Bed, outcomes
from tests.bed.revisions import MemoryRevision
from tfimages_action.core.plan.model import Action, ReasonKind
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Outcome
from tfimages_action.errors import StageError

V2 = replace(RELEASE, ref="refs/tags/v2", ref_name="v2")


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    """v1 is published; v2 is tagged, with another `base`."""
    bed = Bed(tmp_path)
    outcomes(bed.run(RELEASE))
    bed.history.commit({"images/base/motd": "two\n"}, on=bed.history.names["v1"], tag="v2")
    return bed


@pytest.mark.parametrize("force", [False, True])
def test_who_does_not_say_what_is_published_is_asked_once(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, *, force: bool
) -> None:
    asked: list[ImageReference] = []

    def silent(references: Iterable[ImageReference]) -> Mapping[ImageReference, RecordAnswer]:
        wanted = list(references)
        asked.extend(wanted)
        return dict.fromkeys(wanted, Unreadable(cause="timed out"))

    monkeypatch.setattr(bed, "_records", silent)
    plan = bed.plan(V2, force_all=force).plan
    assert asked == [step.image.reference for step in plan.steps]
    assert "timed out" in plan.problems[0].message


def test_a_rollback_that_nobody_tells_of_ends_no_plan(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names stay all the same: whoever would move them asks again."""
    outcomes(bed.run(V2))
    old = bed.world.tags()["r.example/o/base:v1"]
    bed.world.put("tags", "r.example/o/base:latest", old, "by hand")

    def refuse(_registry: object, _repository: ImageReference) -> tuple[str, ...]:
        raise StageError("no list of tags for you")

    monkeypatch.setattr("tests.standins.world.FakeRegistry.tags", refuse)
    step = next(one for one in bed.plan(V2).plan.steps if one.image.name == "base")
    assert (step.action, step.reason.kind) == (Action.CONVERT, ReasonKind.PROMOTED)


def test_a_release_that_is_run_again_keeps_its_name_where_it_was(tmp_path: Path) -> None:
    """A forced rebuild has the moving name since: of the same source, but another build."""
    bed = Bed(tmp_path)
    outcomes(bed.run(RELEASE))
    released = bed.tags("base")["v1"]
    bed.history.names["v1a"] = bed.history.names["v1"]
    forced = replace(RELEASE, ref="refs/tags/v1a", ref_name="v1a")
    outcomes(bed.run(forced))
    bed.effects()
    report = bed.run(RELEASE)
    assert set(outcomes(report).values()) == {Outcome.SKIPPED}
    assert bed.effects() == []
    tags = bed.tags("base")
    assert tags["latest"] == tags["v1a"] != tags["v1"] == released
    told = next(run for run in report.images if run.step.image.name == "base")
    assert told.references == ("r.example/o/base:latest",)


def test_a_release_s_name_leaves_what_was_built_of_another_source(bed: Bed) -> None:
    """v2 was tagged, half published, and then moved by force to what v1 was made of."""
    outcomes(bed.run(V2))
    old = bed.world.tags()["r.example/o/base:v1"]
    bed.world.put("tags", "r.example/o/base:latest", old, "by hand")
    bed.history.names["v2"] = bed.history.names["v1"]
    outcomes(bed.run(V2))
    assert bed.tags("base")["v2"] == old


def test_an_older_release_that_is_run_again_is_what_it_was(bed: Bed) -> None:
    """v1a rebuilt it, and v2 has other files; nothing is built, and v1's names stay."""
    released, links = bed.tags("base")["v1"], bed.world.links()
    bed.history.names["v1a"] = bed.history.names["v1"]
    outcomes(bed.run(replace(RELEASE, ref="refs/tags/v1a", ref_name="v1a")))
    outcomes(bed.run(V2))
    latest = bed.tags("base")["latest"]
    assert outcomes(bed.run(RELEASE))["base"] is Outcome.REUSED
    tags = bed.tags("base")
    assert (tags["v1"], tags["latest"]) == (released, latest)
    name = "r.example-o-base-v1.flist"
    assert bed.world.links()[name] == links[name]


def test_of_each_release_s_age_github_is_asked_once(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen releases, and three images that something else published after the fifth."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for number in range(1, 17):
        identity = bed.history.commit(
            {f"images/{name}/motd": str(number // 8) for name in ("base", "alone")},
            on=bed.history.names["v1"],
            tag=f"v{number}",
        )
        bed.history.commits[identity].created = start + timedelta(days=number)
    made = Record(digest="sha256:1", created=start + timedelta(days=5, hours=1))

    def foreign(references: Iterable[ImageReference]) -> Mapping[ImageReference, RecordAnswer]:
        return {one: made if one.tag == "latest" else None for one in references}

    monkeypatch.setattr(bed, "_records", foreign)
    asked: list[str] = []
    revision = bed.history.revision

    def counted(name: str) -> MemoryRevision:
        asked.append(name)
        return revision(name)

    monkeypatch.setattr(bed.history, "revision", counted)
    v16 = replace(RELEASE, ref="refs/tags/v16", ref_name="v16")
    steps = {step.image.name: step.reason for step in bed.plan(v16).plan.steps}
    assert steps["base"].detail == "changed motd since v5"
    assert steps["child"].chain == ("child", "base")
    assert asked[:2] == ["v16", "v15"], "what is compared"
    searched = asked[2:]
    assert len(searched) <= 5
    assert len(set(searched)) == len(searched)
