"""Random repositories, edits and registries: nothing is lost, and nothing is built needlessly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.bed.revisions import catalog_of
from tests.unit.core.plan.test_plan_properties import Repository, edits, files_of
from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Force, Knowledge
from tfimages_action.core.plan.model import Action, Plan
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable

DIGEST = "sha256:" + "d" * 64
OTHER = "v1:sha256:" + "f" * 64
CERTAIN = ("wanted", "stale", "absent")
FOREIGN = ("foreign", "older rule")


def answer(image: Image, what: str) -> RecordAnswer:
    match what:
        case "wanted":
            return record(image)
        case "stale":
            return record(image, fingerprint=OTHER)
        case "foreign":
            return record(image, fingerprint=None)
        case "older rule":
            return record(image, fingerprint="v0:sha256:0")
        case "absent":
            return None
        case _:
            return Unreadable(cause="503")


def record(image: Image, **changes: object) -> Record:
    made = Record(digest=DIGEST, fingerprint=image.fingerprint, version="v1")
    return replace(made, **changes)  # type: ignore[arg-type]


@st.composite
def registries(draw: st.DrawFn) -> tuple[Catalog, Catalog, dict[str, str], frozenset[str]]:
    """Two releases; of images of the later one what the registry says, and whether it has them
    under their fingerprint's name."""
    before, after = draw(edits().filter(lambda pair: bool(pair[1])))
    previous, current = catalog(before, "v1"), catalog(after, "v2")
    names = st.sampled_from([image.name for image in current.images])
    said = draw(st.dictionaries(names, st.sampled_from([*CERTAIN, *FOREIGN, "unreadable"])))
    return previous, current, said, frozenset(draw(st.sets(names)))


def catalog(repository: Repository, name: str) -> Catalog:
    return catalog_of(files_of(repository), name=name)


def planned(
    previous: Catalog, current: Catalog, said: Mapping[str, str], built: frozenset[str]
) -> Plan:
    images = {image.name: image for image in current.images}
    return decide(
        Knowledge(
            current=current,
            previous=previous,
            records={name: answer(images[name], what) for name, what in said.items()},
            baselines=dict.fromkeys(with_baseline(said), previous),
            promotable={name: record(images[name]) for name in built},
        )
    )


def with_baseline(said: Mapping[str, str]) -> list[str]:
    return [name for name, what in said.items() if what in FOREIGN][::2]


def differs(previous: Catalog, image: Image) -> bool:
    old = previous.find(image.name)
    return old is None or old.fingerprint != image.fingerprint


@given(registries())
def test_what_is_built_is_what_the_registry_lacks_and_where_it_is_silent_what_changed(
    given_: tuple[Catalog, Catalog, dict[str, str], frozenset[str]],
) -> None:
    previous, current, said, built = given_
    plan = planned(previous, current, said, built)
    undone: set[str] = set()
    for step in plan.steps:
        image, what = step.image, said.get(step.image.name, "unreadable")
        by_tags = differs(previous, image) or bool(undone & set(image.parent_names))
        match what:
            case "wanted":
                lacks = False
            case "stale" | "absent":
                lacks = True
            case "foreign" | "older rule":
                lacks = image.name not in with_baseline(said) or by_tags
            case _:
                lacks = by_tags
        undone |= {image.name} if lacks else set()
        expected = (
            (Action.CONVERT if image.name in built else Action.BUILD) if lacks else (Action.SKIP)
        )
        assert step.action is expected, (step, what)
    assert {name for wave in plan.waves for name in wave} == {s.image.name for s in plan.builds}


@given(registries(), st.data())
def test_a_run_that_is_killed_goes_on_where_it_stopped_until_nothing_is_left(
    given_: tuple[Catalog, Catalog, dict[str, str], frozenset[str]], data: st.DataObject
) -> None:
    previous, current, some, built = given_
    # What nobody tells can't be remembered from run to run either.
    said = {
        image.name: what if (what := some.get(image.name)) in CERTAIN else "absent"
        for image in current.images
    }
    for _ in range(len(current.images) + 1):
        plan = planned(previous, current, said, built)
        todo = [step.image.name for step in plan.steps if step.action is not Action.SKIP]
        if not todo:
            return
        done = data.draw(st.integers(1, len(todo)))
        said = {**said, **dict.fromkeys(todo[:done], "wanted")}
        again = planned(previous, current, said, built)
        left = {step.image.name for step in again.steps if step.action is not Action.SKIP}
        assert left == set(todo[done:])
    raise AssertionError("it never ends")


@given(registries(), st.data())
def test_a_forced_run_builds_all_once_however_often_it_is_killed(
    given_: tuple[Catalog, Catalog, dict[str, str], frozenset[str]], data: st.DataObject
) -> None:
    previous, current, said, _ = given_
    images = {image.name: image for image in current.images}
    records = {name: answer(images[name], what) for name, what in said.items()}
    built: list[str] = []
    force = Force(label="v2a", detail="v2a rebuilds all")
    while True:
        known = Knowledge(current=current, previous=previous, records=records, force=force)
        todo = [step.image for step in decide(known).steps if step.action is not Action.SKIP]
        if not todo:
            break
        done = todo[: data.draw(st.integers(1, len(todo)))]
        built += [image.name for image in done]
        records |= {image.name: record(image, force="v2a") for image in done}
    assert sorted(built) == sorted(images)
