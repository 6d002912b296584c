"""The plan by what is published: nothing done twice, nothing lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.bed.revisions import catalog_of
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Force, Knowledge, needs_baseline
from tfimages_action.core.plan.model import Action, Plan
from tfimages_action.core.plan.selection import Selection
from tfimages_action.core.problem import Severity
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer, Unreadable

DIGEST = "sha256:" + "0123456789ab" * 5 + "0123"
SHORT = "sha256:0123456789ab"
OTHER = "v1:sha256:" + "f" * 64
OLD = {
    "images/base/Dockerfile": "FROM alpine:3\n",
    "images/mid/Dockerfile": "FROM ghcr.io/owner/base\n",
    "images/leaf/Dockerfile": "FROM ghcr.io/owner/mid\n",
}
NEW = {**OLD, "images/base/file": "new"}
V1, V2 = catalog_of(OLD, name="v1"), catalog_of(NEW, name="v2")
SAME = catalog_of(OLD, name="v2")


def record(catalog: Catalog, name: str, **more: str) -> Record:
    image = catalog.find(name)
    assert image is not None
    return Record(digest=DIGEST, fingerprint=image.fingerprint, version=catalog.revision, **more)  # type: ignore[arg-type]


def plan(
    current: Catalog,
    records: Mapping[str, RecordAnswer],
    previous: Catalog | None = V1,
    **more: object,
) -> Plan:
    return decide(Knowledge(current=current, previous=previous, records=records, **more))  # type: ignore[arg-type]


def found(made: Plan) -> dict[str, tuple[str, str]]:
    return {s.image.name: (s.action.value, s.reason.kind.value) for s in made.steps}


def detail(made: Plan, name: str) -> str:
    return next(s.reason.detail for s in made.steps if s.image.name == name)


def chain(made: Plan, name: str) -> tuple[str, ...]:
    return next(s.reason.chain for s in made.steps if s.image.name == name)


ALL_OLD = {name: record(V1, name) for name in ("base", "mid", "leaf")}
ALL_NEW = {name: record(V2, name) for name in ("base", "mid", "leaf")}


def test_what_is_published_as_wanted_is_skipped_however_the_tags_differ() -> None:
    made = plan(V2, ALL_NEW)
    assert set(found(made).values()) == {("skip", "up-to-date")}
    assert detail(made, "leaf") == f"already published as {SHORT} at v2"


def test_a_repeated_run_goes_on_where_it_stopped() -> None:
    made = plan(V2, {**ALL_OLD, "base": ALL_NEW["base"]})
    assert found(made) == {
        "base": ("skip", "up-to-date"),
        "mid": ("build", "parent"),
        "leaf": ("build", "parent"),
    }
    assert chain(made, "leaf") == ("leaf", "mid", "base")
    assert made.waves == (("mid",), ("leaf",))


def test_what_an_earlier_run_left_undone_is_built_though_the_tags_show_nothing() -> None:
    stale = Record(digest=DIGEST, fingerprint=OTHER, version="v0")
    made = plan(SAME, {**ALL_OLD, "mid": stale, "leaf": None})
    assert found(made) == {
        "base": ("skip", "up-to-date"),
        "mid": ("build", "unfinished"),
        "leaf": ("build", "unfinished"),
    }
    assert detail(made, "mid") == "published image is of v0, an earlier run did not finish"
    assert "nothing is published as ghcr.io/owner/leaf:latest" in detail(made, "leaf")
    assert chain(made, "leaf") == ("leaf",)


def test_a_new_image_is_new_though_nothing_is_published() -> None:
    grown = catalog_of({**OLD, "images/more/Dockerfile": "FROM alpine\n"}, name="v2")
    made = plan(grown, {**ALL_OLD, "more": None})
    assert found(made)["more"] == ("build", "new")
    assert detail(made, "more") == "not there at v1"


def test_without_a_previous_version_the_published_is_done_all_the_same() -> None:
    made = plan(V1, {**ALL_OLD, "leaf": None}, previous=None)
    assert found(made) == {
        "base": ("skip", "up-to-date"),
        "mid": ("skip", "up-to-date"),
        "leaf": ("build", "first"),
    }


def test_an_unreadable_registry_leaves_the_tags_alone_and_is_said_once() -> None:
    gone = Unreadable(cause="401 Unauthorized")
    made = plan(V2, dict.fromkeys(ALL_OLD, gone))
    assert found(made) == found(plan(V2, {}))
    assert [p.severity for p in made.problems] == [Severity.WARNING]
    assert "base, mid and leaf: 401 Unauthorized" in made.problems[0].message
    assert set(found(plan(SAME, dict.fromkeys(ALL_OLD, gone))).values()) == {("skip", "up-to-date")}


def test_one_cause_that_names_each_image_is_told_once_with_what_mends_it() -> None:
    def refused(code: int, name: str) -> Unreadable:
        what = {
            401: f"ghcr.io/owner/{name}:latest: the registry answered 401",
            500: f"ghcr.io answered 500 to HEAD /v2/owner/{name}/manifests/latest",
            502: f"ghcr.io/owner/{name}:latest@{DIGEST[:-1]}{len(name)}: 502",
        }
        return Unreadable(cause=what[code], cure="log in")

    for code, said in (
        (401, "ghcr.io/...: the registry answered 401"),
        (500, "ghcr.io answered 500 to HEAD /v2/..."),
        (502, "ghcr.io/...: 502"),
    ):
        (told,) = plan(SAME, {name: refused(code, name) for name in ALL_OLD}).problems
        assert told.message.endswith(f"of base, mid and leaf: {said}")
        assert told.hint.startswith("log in; planned by the tags alone")
    (told,) = plan(SAME, {**ALL_OLD, "mid": refused(401, "mid")}).problems
    assert told.message.endswith("of mid: ghcr.io/owner/mid:latest: the registry answered 401")
    two = {"base": refused(401, "base"), "mid": refused(500, "mid")}
    assert len(plan(SAME, two).problems) == 2


def test_a_parent_that_is_built_takes_its_children_along_where_nothing_speaks_against_it() -> None:
    made = plan(SAME, {"base": None, "mid": Unreadable(cause="x"), "leaf": ALL_OLD["leaf"]})
    assert found(made) == {
        "base": ("build", "unfinished"),
        "mid": ("build", "parent"),
        "leaf": ("skip", "up-to-date"),
    }
    assert chain(made, "mid") == ("mid", "base")


class TestAdoption:
    FOREIGN = Record(digest=DIGEST, created=datetime(2024, 1, 1, tzinfo=UTC))

    def test_asks_for_the_images_without_our_fingerprint(self) -> None:
        later = Record(digest=DIGEST, fingerprint="v2:sha256:00")
        gone = Unreadable(cause="x")
        asked = needs_baseline(
            {**ALL_OLD, "mid": self.FOREIGN, "leaf": later, "none": None, "lost": gone}
        )
        assert asked == {"mid": self.FOREIGN, "leaf": later}

    def test_unchanged_since_it_was_published_is_adopted(self) -> None:
        made = plan(
            SAME, {**ALL_OLD, "mid": self.FOREIGN}, baselines={"mid": catalog_of(OLD, name="v0")}
        )
        assert found(made)["mid"] == ("skip", "adopted")
        assert "nothing differs since v0" in detail(made, "mid")

    def test_changed_since_it_was_published_is_built_though_the_last_tags_agree(self) -> None:
        before = {**OLD, "images/mid/file": "old"}
        made = plan(
            SAME, {**ALL_OLD, "mid": self.FOREIGN}, baselines={"mid": catalog_of(before, name="v0")}
        )
        assert found(made)["mid"] == ("build", "files")
        assert detail(made, "mid") == "removed file since v0"

    def test_a_parent_changed_since_then(self) -> None:
        before = catalog_of({**OLD, "images/base/file": "old"}, name="v0")
        made = plan(SAME, {**ALL_OLD, "mid": self.FOREIGN}, baselines={"mid": before})
        assert found(made)["mid"] == ("build", "parent")
        assert chain(made, "mid") == ("mid", "base")

    def test_older_than_any_tag_is_built(self) -> None:
        made = plan(SAME, {**ALL_OLD, "mid": self.FOREIGN})
        assert found(made)["mid"] == ("build", "first")

    def test_an_adopted_image_follows_its_parent(self) -> None:
        made = plan(SAME, {**ALL_OLD, "base": None, "mid": self.FOREIGN}, baselines={"mid": V1})
        assert found(made)["mid"] == ("build", "parent")


class TestForce:
    FORCE = Force(label="v2a", detail="v2a rebuilds all")

    def test_all_are_built_though_published_as_wanted(self) -> None:
        made = plan(V2, ALL_NEW, force=self.FORCE)
        assert set(found(made).values()) == {("build", "forced")}

    def test_a_forced_run_goes_on_where_it_stopped(self) -> None:
        done = {**ALL_NEW, "base": record(V2, "base", force="v2a")}
        made = plan(V2, done, force=self.FORCE)
        assert found(made)["base"] == ("skip", "up-to-date")
        assert found(made)["mid"] == ("build", "forced")

    def test_who_asks_once_more_for_what_is_done_is_told(self) -> None:
        done = {name: replace(one, force="v2a") for name, one in ALL_NEW.items()}
        (told,) = plan(V2, done, force=self.FORCE).problems
        assert told.severity is Severity.NOTICE
        assert "all of it was rebuilt for v2a before" in told.message
        assert plan(V2, {**done, "leaf": ALL_NEW["leaf"]}, force=self.FORCE).problems == ()
        chosen = Selection(only=("base", "mid"))
        some = {**done, "leaf": ALL_NEW["leaf"]}
        assert plan(V2, some, force=self.FORCE, selection=chosen).problems == (told,)

    @pytest.mark.parametrize("label", ["v1a", None])
    def test_another_run_s_label_counts_for_nothing(self, label: str) -> None:
        made = plan(V2, {"base": record(V2, "base", force=label)}, force=self.FORCE)
        assert found(made)["base"] == ("build", "forced")

    def test_the_label_on_another_fingerprint_counts_for_nothing(self) -> None:
        made = plan(V2, {"base": record(V1, "base", force="v2a")}, force=self.FORCE)
        assert found(made)["base"] == ("build", "forced")

    def test_is_limited_by_the_selection(self) -> None:
        made = plan(V2, ALL_NEW, force=self.FORCE, selection=Selection(only=("mid",)))
        assert {n for n, step in found(made).items() if step == ("build", "forced")} == {"mid"}
        assert found(made)["leaf"] == ("skip", "up-to-date")


class TestPromotion:
    BUILT = Record(digest="sha256:" + "9" * 64, fingerprint="x")

    def test_what_is_built_already_only_gets_its_names(self) -> None:
        made = plan(V2, ALL_OLD, promotable={"base": self.BUILT})
        step = made.steps[0]
        assert (step.action, step.reason.kind) == (Action.CONVERT, "promoted")
        assert step.record == self.BUILT
        assert made.waves == (("mid",), ("leaf",))

    def test_forced_and_base_moved_images_are_never_promoted(self) -> None:
        built = dict.fromkeys(ALL_OLD, self.BUILT)
        forced = plan(V2, {}, promotable=built, force=TestForce.FORCE)
        assert {step.action for step in forced.steps} == {Action.BUILD}
        moved = plan(SAME, ALL_OLD, promotable=built, moved_bases={"base": "alpine:3 moved"})
        assert set(found(moved).values()) == {("build", "base-moved")}

    def test_what_this_forced_run_built_before_it_was_killed_is(self) -> None:
        mine = replace(self.BUILT, force=TestForce.FORCE.label)
        other = replace(self.BUILT, force="another run")
        made = plan(V2, ALL_OLD, promotable={"base": mine, "mid": other}, force=TestForce.FORCE)
        assert found(made)["base"] == ("convert", "promoted")
        assert found(made)["mid"] == ("build", "forced")


def test_a_moved_base_takes_all_descendants_along_whatever_is_published() -> None:
    made = plan(SAME, ALL_OLD, moved_bases={"base": "alpine:3 moved from a to b"})
    assert set(found(made).values()) == {("build", "base-moved")}
    assert chain(made, "leaf") == ("leaf", "mid", "base")
    assert detail(made, "base") == "alpine:3 moved from a to b"
    assert detail(made, "leaf") == "the base of base moved"


def test_a_base_that_moved_since_this_forced_run_built_on_it_counts() -> None:
    label = TestForce.FORCE.label
    done = {name: replace(one, force=label) for name, one in ALL_OLD.items()}
    moved = {"mid": "debian:13 moved"}
    made = plan(SAME, done, force=TestForce.FORCE, moved_bases=moved)
    assert found(made) == {
        "base": ("skip", "up-to-date"),
        "mid": ("build", "base-moved"),
        "leaf": ("build", "base-moved"),
    }
    assert found(plan(SAME, done, force=TestForce.FORCE, moved_bases=moved, promotable=done)) == (
        found(made)
    )


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (FlistState.READY, ("skip", "up-to-date")),
        (FlistState.UNKNOWN, ("skip", "up-to-date")),
        (FlistState.ABSENT, ("convert", "flist")),
        (FlistState.UNLINKED, ("convert", "flist")),
    ],
)
def test_a_published_image_without_its_flist_is_converted_only(
    state: FlistState, action: tuple[str, str]
) -> None:
    made = plan(SAME, ALL_OLD, flists={"mid": state})
    assert found(made)["mid"] == action
    assert made.waves == ()
    built = plan(V2, ALL_OLD, flists={"base": state})
    assert found(built)["base"] == ("build", "files")
    told = [problem.message for problem in made.problems]
    unanswered = "the Hub did not say which flists it has of mid"
    assert told == [unanswered] * (state is FlistState.UNKNOWN)
