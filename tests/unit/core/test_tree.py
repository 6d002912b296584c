"""Trees are git's: the ids that git gives, whatever they were made from."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.tree import (
    EMPTY,
    File,
    FileMode,
    Tree,
    TreeEntry,
    blob_id,
    make_tree,
    tree_of,
    walk,
    without,
)

NAMES = st.text(st.sampled_from("abAZ.-0é\udcff"), min_size=1, max_size=3).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@st.composite
def listings(draw: st.DrawFn) -> list[TreeEntry]:
    """Files at paths none of which is a folder of another."""
    paths = draw(st.sets(PATHS, max_size=8))
    taken = [path for path in paths if not any(one.startswith(f"{path}/") for one in paths)]
    modes = st.sampled_from(FileMode)
    return [
        TreeEntry(path, draw(modes), blob_id(draw(st.binary(max_size=2)))) for path in sorted(taken)
    ]


def by_hand(tree: Tree) -> str:
    """The id by git's format, from the folder's own rows."""
    rows: list[tuple[bytes, str, str]] = []
    for name, file in tree.files.items():
        rows.append((name.encode(errors="surrogateescape"), file.mode.value, file.blob))
    for name, folder in tree.folders.items():
        rows.append((name.encode(errors="surrogateescape") + b"/", "40000", by_hand(folder)))
    body = b"".join(
        mode.encode() + b" " + name.rstrip(b"/") + b"\0" + bytes.fromhex(blob)
        for name, mode, blob in sorted(rows)
    )
    return hashlib.sha1(b"tree " + str(len(body)).encode() + b"\0" + body).hexdigest()


def test_ids_that_git_is_known_to_give() -> None:
    assert EMPTY.id == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_a_folder_stands_where_its_name_and_a_slash_would() -> None:
    empty = blob_id(b"")
    entries = [TreeEntry(path, FileMode.FILE, empty) for path in ("a/x", "a.b", "a0")]
    tree = tree_of(entries)
    assert [entry.path for entry in walk(tree)] == ["a.b", "a/x", "a0"]
    # `git mktree` of the same three rows.
    assert tree.id == "cc6b940246a412b229914418bd12af5e1601ec85"


@given(listings(), st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(entries: list[TreeEntry], chance: object) -> None:
    turned = [*entries]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    tree = tree_of(turned)
    assert tree == tree_of(entries)
    assert tree.id == by_hand(tree)
    listed = [*walk(tree)]
    assert sorted(listed) == sorted(entries)
    assert listed == sorted(listed, key=lambda entry: entry.path.encode(errors="surrogateescape"))


@given(listings(), PATHS)
def test_a_folder_s_tree_is_that_of_its_entries_alone(entries: list[TreeEntry], under: str) -> None:
    inside = tree_of(entries, under)
    assert inside == tree_of(entries).folder(under)
    assert [*walk(inside, under)] == [
        entry for entry in walk(tree_of(entries)) if entry.path.startswith(f"{under}/")
    ]


@given(listings(), st.sets(PATHS, max_size=4))
def test_without_takes_files_and_the_folders_they_leave_empty(
    entries: list[TreeEntry], dropped: set[str]
) -> None:
    dropped |= {entry.path for entry in entries[::2]}
    tree = tree_of(entries)
    assert without(tree, dropped.__contains__) == tree_of(
        entry for entry in entries if entry.path not in dropped
    )
    assert without(tree, set[str]().__contains__) is tree


def test_files_are_found_by_path() -> None:
    entry = TreeEntry("a/b/c", FileMode.EXECUTABLE, blob_id(b"x"))
    tree = tree_of([entry])
    assert tree.file("a/b/c") == File(entry.mode, entry.blob)
    assert tree.file("a/b") is None
    assert tree.file("x/b/c") is None
    assert not tree.folder("a/b/c")
    assert tree.folder("") is tree


def test_empty_folders_are_none() -> None:
    assert make_tree({}, {"a": EMPTY}) == EMPTY


@pytest.mark.parametrize(
    ("bits", "mode"),
    [
        (0o100644, FileMode.FILE),
        (0o100664, FileMode.FILE),
        (0o100600, FileMode.FILE),
        (0o100775, FileMode.EXECUTABLE),
        (0o120000, FileMode.SYMLINK),
        (0o160000, FileMode.SUBMODULE),
    ],
)
def test_modes_of_older_programs_are_read_as_git_reads_them(bits: int, mode: FileMode) -> None:
    assert FileMode.of(bits) is mode
