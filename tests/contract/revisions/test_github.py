"""GitHub's API is asked sparingly, and its refusals are explained without the token."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.revisions.repository import commit, remote, write
from tests.standins.github import Limits, running_github
from tfimages_action.core.tree import walk
from tfimages_action.errors import GitHubError, RevisionError


def test_many_blobs_come_by_archive_and_altered_ones_one_by_one(repo: Path) -> None:
    for number in range(60):
        write(repo, f"images/many/{number}", f"content {number}")
    write(repo, "images/many/version", "$Format:%H$")
    write(repo, ".gitattributes", "version export-subst\n")
    commit(repo, "many")
    with running_github(repo) as api:
        revision = remote(api).revision("main")
        read = {entry.path: revision.read(entry.blob) for entry in walk(revision.tree())}
        asked = [request.target for request in api.asked]
    for path, data in read.items():
        place = repo / path
        assert data == (place.readlink().as_posix().encode() if place.is_symlink() else
                        place.read_bytes())  # fmt: skip
    assert sum("/git/blobs/" in target for target in asked) <= 27
    assert sum("legacy.tar.gz" in target for target in asked) == 1


def test_the_archives_link_gets_no_token(repo: Path) -> None:
    for number in range(40):
        write(repo, f"images/many/{number}", f"content {number}")
    commit(repo, "many")
    with running_github(repo, token="planted") as api:
        revision = remote(api, "planted").revision("main")
        for entry in walk(revision.tree()):
            revision.read(entry.blob)
        redirected = [request for request in api.asked if "codeload" in request.target]
    assert [request.with_token for request in redirected] == [False]


def test_a_folder_that_github_does_not_list_is_named(repo: Path) -> None:
    for number in range(9):
        write(repo, f"images/many/{number}", "x")
    commit(repo, "many")
    limits = Limits(tree_entries=3, folder_entries=8)
    with (
        running_github(repo, limits=limits) as api,
        pytest.raises(GitHubError, match="all of one folder: images/many") as caught,
    ):
        remote(api).revision("main").tree()
    assert "fetch-depth: 0" in caught.value.hint


@pytest.mark.parametrize(
    ("token", "outage", "word"),
    [("wrong", None, "401"), ("t", 503, "50"), (None, None, "does not have")],
)
def test_refusals_are_explained_without_the_token(
    repo: Path, token: str | None, outage: int | None, word: str
) -> None:
    with ExitStack() as stack:
        api = stack.enter_context(running_github(repo, token="t", private=True))
        api.outages = [outage] * 9 if outage else []
        with pytest.raises((GitHubError, RevisionError), match=word) as caught:
            remote(api, token).tags()
    assert caught.value.hint
    assert "wrong" not in caught.value.render()
