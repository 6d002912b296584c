"""Random repositories and random edits: the plan equals what a slow, plain reading says."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.bed.revisions import REGISTRY, MemoryRevision, catalog_of
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.memo import Memo
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Action
from tfimages_action.core.tree import TreeEntry

Repository = dict[str, dict[str, str]]
"""Image -> its files, and `parents`: the names it is built from, separated by spaces."""

NAMES = tuple("abcdefgh")


@st.composite
def repositories(draw: st.DrawFn) -> Repository:
    order = draw(st.permutations(NAMES[: draw(st.integers(1, len(NAMES)))]))
    return {
        name: {
            "parents": " ".join(
                draw(st.lists(st.sampled_from(order[:i]), unique=True, max_size=3)) if i else []
            ),
            "file": draw(st.sampled_from("xyz")),
            "README.md": draw(st.sampled_from("xyz")),
        }
        for i, name in enumerate(order)
    }


@st.composite
def edits(draw: st.DrawFn) -> tuple[Repository, Repository]:
    """A repository, and the same after a few edits that make no circle."""
    before = draw(repositories())
    after = {name: dict(files) for name, files in before.items()}
    order = list(before)
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(order))
        match draw(st.sampled_from(["file", "README.md", "new", "parents", "drop", "add"])):
            case "parents":
                above = order[: order.index(name)]
                parents = draw(st.lists(st.sampled_from(above), unique=True)) if above else []
                if name in after:
                    after[name]["parents"] = " ".join(parents)
            case "drop":
                after.pop(name, None)
            case "add":
                after["zz"] = {"parents": name, "file": "x", "README.md": "x"}
            case path:
                if name in after:
                    after[name][path] = draw(st.sampled_from("xyz"))
    return before, after


def files_of(repository: Repository) -> dict[str, str]:
    """As files: the first parent by FROM, the others by COPY --from."""
    files = {}
    for name, content in repository.items():
        first, *others = content["parents"].split() or ["alpine"]
        base = first if first == "alpine" else f"{REGISTRY}/{first}"
        copies = "".join(f"COPY --from={REGISTRY}/{other} /a /b\n" for other in others)
        files[f"images/{name}/Dockerfile"] = f"FROM {base}\n{copies}"
        for path, text in content.items():
            if path != "parents":
                files[f"images/{name}/{path}"] = text
    return files


def parents_of(repository: Repository, name: str) -> list[str]:
    return [p for p in repository[name]["parents"].split() if p in repository]


def differs_itself(before: Repository, after: Repository, name: str) -> bool:
    """Whether its own files differ, or a reference leads elsewhere (a parent came or went)."""
    if name not in before:
        return True
    own = [{k: v for k, v in r[name].items() if k != "README.md"} for r in (before, after)]
    return own[0] != own[1] or parents_of(before, name) != parents_of(after, name)


def ways(before: Repository, after: Repository, name: str) -> list[tuple[str, ...]]:
    """Every way from an image to a cause, by brute force."""
    if differs_itself(before, after, name):
        return [(name,)]
    return [(name, *way) for p in parents_of(after, name) for way in ways(before, after, p)]


@given(edits())
def test_the_plan_equals_the_oracle_s(pair: tuple[Repository, Repository]) -> None:
    before, after = pair
    if not after:
        return
    memo = Memo()
    previous = catalog_of(files_of(before), name="v1", memo=memo)
    plan = decide(
        Knowledge(current=catalog_of(files_of(after), name="v2", memo=memo), previous=previous)
    )
    assert {step.image.name for step in plan.steps} == after.keys()
    for step in plan.steps:
        name = step.image.name
        found = sorted(ways(before, after, name), key=lambda way: (len(way), way))
        assert (step.action is Action.BUILD) == bool(found), step
        assert step.reason.chain == (found[0] if found else (name,))
    assert set(plan.retired) == before.keys() - after.keys()
    built = [step.image.name for step in plan.steps if step.action is Action.BUILD]
    assert sorted(name for wave in plan.waves for name in wave) == sorted(built)
    level = {name: i for i, wave in enumerate(plan.waves) for name in wave}
    assert all(
        level[parent] < level[name]
        for name in built
        for parent in parents_of(after, name)
        if parent in level
    )


class Shuffled(MemoryRevision):
    """The same files in any order: no adapter's order may matter."""

    def entries(self, under: str = "") -> list[TreeEntry]:  # type: ignore[override]
        found = list(super().entries(under))
        random.Random(1).shuffle(found)
        return found


def prints(catalog: Catalog) -> dict[str, str]:
    return {image.name: image.fingerprint for image in catalog.images}


@given(repositories())
def test_fingerprints_do_not_depend_on_order(repository: Repository) -> None:
    files = files_of(repository)
    turned = Shuffled(files=dict(reversed(files.items())), name="other", commit=None)
    other = build_catalog(turned, CatalogOptions(registry=REGISTRY))
    assert prints(other) == prints(catalog_of(files))


@given(repositories(), st.data())
def test_nothing_outside_an_image_s_ancestry_changes_its_fingerprint(
    repository: Repository, data: st.DataObject
) -> None:
    changed = data.draw(st.sampled_from(sorted(repository)))
    after = {**repository, changed: {**repository[changed], "new": "x"}}

    def stands_on(name: str) -> bool:
        return name == changed or any(stands_on(p) for p in parents_of(repository, name))

    one, other = prints(catalog_of(files_of(repository))), prints(catalog_of(files_of(after)))
    for name in repository:
        assert (one[name] != other[name]) == stands_on(name)
