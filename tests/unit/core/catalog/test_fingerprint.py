"""The fingerprint covers what an image is made from, all of it and nothing else."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bed.revisions import catalog_of
from tfimages_action.core.catalog.fingerprint import (
    Difference,
    FileSet,
    Ingredients,
    compare,
    fingerprint_of,
)
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.tree import File, FileMode, make_tree

FILES = {
    "images/images.yaml": "args: {A: 1, B: 1}",
    "images/base/Dockerfile": "FROM alpine\n",
    "images/app/Dockerfile": "FROM ghcr.io/owner/base AS one\nARG A\nFROM one\nCOPY --from=c / /\n",
    "images/app/image.yaml": "contexts: {c: common}",
    "images/app/file": "1",
    "common/x": "1",
}


def app(files: dict[str, str], modes: dict[str, FileMode] | None = None, **more: str) -> Image:
    found = catalog_of(files, modes=modes, **more).find("app")  # type: ignore[arg-type]
    assert found is not None
    return found


PLAIN = app(FILES)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("images/app/file", "2"),
        ("images/app/new", ""),
        ("images/app/Dockerfile", FILES["images/app/Dockerfile"] + "# more\n"),
        ("images/app/.dockerignore", "file"),
        ("images/app/image.yaml", FILES["images/app/image.yaml"] + "\nkind: vm"),
        ("images/app/image.yaml", FILES["images/app/image.yaml"] + "\ntarget: one"),
        ("images/app/image.yaml", FILES["images/app/image.yaml"] + "\nplatforms: [linux/arm64]"),
        ("images/app/image.yaml", FILES["images/app/image.yaml"] + "\nargs: {A: 2}"),
        ("images/app/image.yaml", FILES["images/app/image.yaml"] + "\nignore: [file]"),
        ("images/app/image.yaml", FILES["images/app/image.yaml"] + "\ncontext: images"),
        ("images/images.yaml", "args: {A: 2}"),
        ("images/base/file", "1"),
        ("images/base/Dockerfile", "FROM alpine:3\n"),
        ("common/x", "2"),
        ("common/y", "1"),
    ],
)
def test_what_counts(path: str, content: str) -> None:
    assert app({**FILES, path: content}).fingerprint != PLAIN.fingerprint


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("images/app/README.md", "x"),
        ("images/app/deep/README", "x"),
        ("common/README", "x"),
        ("images/base/README", "x"),
        ("images/images.yaml", "args: {A: 1, B: 2, C: 3}"),
        ("images/app/image.yaml", "contexts: {c: common}\nchecks: {ssh: true}\nflist: other"),
        ("images/app/image.yaml", "contexts: {c: common}\nargs: {UNDECLARED: 1}"),
        ("images/other/Dockerfile", "FROM ghcr.io/owner/app\n"),
        ("elsewhere", "x"),
    ],
)
def test_what_does_not_count(path: str, content: str) -> None:
    assert app({**FILES, path: content}).fingerprint == PLAIN.fingerprint


def test_modes_and_kinds_of_files_count() -> None:
    prints = {app(FILES, {"images/app/file": mode}).fingerprint for mode in FileMode}
    assert len(prints) == 4


def test_what_dockerignore_keeps_out_does_not_count() -> None:
    kept_out = {**FILES, "images/app/.dockerignore": "tmp\n", "images/app/tmp/a": "1"}
    changed = {**kept_out, "images/app/tmp/a": "2", "images/app/tmp/b": "3"}
    assert app(kept_out).fingerprint == app(changed).fingerprint


def test_a_dockerfile_s_own_dockerignore_wins_and_the_dockerfile_counts_all_the_same() -> None:
    files = {
        **FILES,
        "images/app/.dockerignore": "nothing\n",
        "images/app/Dockerfile.dockerignore": "*\n",
    }
    found = app(files)
    assert app({**files, "images/app/file": "2"}).fingerprint == found.fingerprint
    more = files["images/app/Dockerfile"] + "# more\n"
    assert app({**files, "images/app/Dockerfile": more}).fingerprint != found.fingerprint


def test_ignore_replaces_the_default() -> None:
    files = {**FILES, "images/app/image.yaml": "contexts: {c: common}\nignore: []"}
    assert app({**files, "images/app/README": "x"}).fingerprint != app(files).fingerprint


def test_it_is_the_same_for_ever() -> None:
    """A change of the rule needs another version: this digest stands in published labels."""
    made = Ingredients(
        files=(FileSet("", make_tree({"b": File(FileMode.FILE, "c" * 40)}, {})),),
        definition=(("kind", "container"),),
        externals=("docker.io/library/alpine:latest",),
        parents=(("p", "v1:sha256:00"),),
    )
    assert fingerprint_of(made) == (
        "v1:sha256:633c28bf52a7227b410fee5f299d8ab0bc7c643ea521e0cd49225c9762db610b"
    )


def test_parents_count_by_fingerprint_not_by_name() -> None:
    one = Ingredients(parents=(("a", "v1:sha256:00"),))
    assert fingerprint_of(one) == fingerprint_of(Ingredients(parents=(("b", "v1:sha256:00"),)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Ingredients(externals=("a", "b")), Ingredients(externals=("a",), parents=(("x", "b"),))),
        (Ingredients(definition=(("a", "b"),)), Ingredients(externals=("a", "b"))),
        (Ingredients(), Ingredients(files=(FileSet(),))),
        (Ingredients(files=(FileSet("a"),)), Ingredients(files=(FileSet("b"),))),
    ],
)
def test_parts_do_not_run_into_one_another(one: Ingredients, other: Ingredients) -> None:
    assert fingerprint_of(one) != fingerprint_of(other)


def test_odd_names_are_no_trouble() -> None:
    odd = make_tree({"\udcff\n\U0001f600": File(FileMode.FILE, "c" * 40)}, {})
    assert fingerprint_of(Ingredients(files=(FileSet("", odd),)))


def test_the_differing_part_is_named() -> None:
    files = {
        **FILES,
        "images/app/file": "2",
        "images/app/new": "",
        "images/images.yaml": "args: {A: 2}",
        "images/base/x": "1",
        "common/x": "2",
    }
    found = compare(PLAIN.ingredients, app(files).ingredients)
    assert dataclasses.asdict(found) == {
        "added": ("new",),
        "removed": (),
        "changed": ("file", "c:x"),
        "definition": ("arg A 1 -> 2",),
        "parents": ("base",),
    }
    assert compare(PLAIN.ingredients, PLAIN.ingredients) == Difference()


def test_externals_are_named_as_a_change_or_as_coming_and_going() -> None:
    one = Ingredients(externals=("a:1",))
    assert compare(one, Ingredients(externals=("a:2",))).definition == ("external a:1 -> a:2",)
    two = Ingredients(externals=("a:1", "b:1"))
    assert compare(one, two).definition == ("now on external b:1",)
    assert compare(two, one).definition == ("no longer on external b:1",)


def test_a_named_context_without_files_is_named() -> None:
    bare, empty, renamed = (
        Ingredients(files=files)
        for files in ((FileSet(),), (FileSet(), FileSet("c")), (FileSet(), FileSet("d")))
    )
    assert compare(bare, empty).definition == ("now with context c",)
    assert compare(empty, renamed).definition == (
        "no longer with context c",
        "now with context d",
    )


def test_an_empty_value_is_none_of_none() -> None:
    bare, empty, one = (
        Ingredients(definition=pairs) for pairs in ((), (("arg A", ""),), (("arg A", "1"),))
    )
    assert compare(bare, empty).definition == ('arg A (none) -> ""',)
    assert compare(empty, one).definition == ('arg A "" -> 1',)


_SHAPES = st.sampled_from(["b" * 40, "c" * 40])
_TREES = st.dictionaries(st.sampled_from(["x", "y"]), _SHAPES).map(
    lambda files: make_tree({name: File(FileMode.FILE, blob) for name, blob in files.items()}, {})
)
_INGREDIENTS = st.builds(
    Ingredients,
    files=st.dictionaries(st.sampled_from(["c", "d"]), _TREES).map(
        lambda named: (FileSet(), *(FileSet(name, named[name]) for name in sorted(named)))
    ),
    definition=st.dictionaries(st.sampled_from(["arg A", "kind"]), st.sampled_from(["", "1"])).map(
        lambda pairs: tuple(sorted(pairs.items()))
    ),
    externals=st.sets(st.sampled_from(["e:1", "e:2", "f:1"])).map(lambda all_: tuple(sorted(all_))),
    parents=st.dictionaries(st.sampled_from("pq"), st.sampled_from("12")).map(
        lambda pairs: tuple(sorted(pairs.items()))
    ),
)


@given(_INGREDIENTS, _INGREDIENTS)
def test_whatever_makes_another_fingerprint_is_named(one: Ingredients, other: Ingredients) -> None:
    found = compare(one, other)
    if fingerprint_of(one) != fingerprint_of(other):
        assert found.files or found.definition or found.parents
    if one == other:
        assert found == Difference()
