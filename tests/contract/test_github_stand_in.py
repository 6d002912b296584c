"""The stand-in for GitHub's API answers PyGithub as GitHub does, limits and refusals included."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from github import Auth, Github, GithubException
from github.Repository import Repository as Remote

from tests.standins.github import GitHubStandIn, Limits, Pull, running_github

Git = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("github") / "repository"


@pytest.fixture(scope="module")
def git(folder: Path) -> Git:
    folder.mkdir()
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Octo"), ("EMAIL", "octo@example.org"))
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    (folder / "a").mkdir()
    (folder / "a/Dockerfile").write_text("FROM scratch\n")
    (folder / "a/run").write_text("#!/bin/sh\n")
    (folder / "a/run").chmod(0o755)
    (folder / "a/link").symlink_to("run")
    run("add", ".")
    run("commit", "--quiet", "-m", "one")
    run("tag", "v1")
    (folder / "many").mkdir()
    for number in range(350):
        (folder / f"many/{number:03}").write_text(str(number))
    run("mv", "a/Dockerfile", "a/Containerfile")
    run("add", ".")
    run("commit", "--quiet", "-m", "two")
    run("tag", "--annotate", "v2", "-m", "The second")
    run("branch", "topic")
    return run


@pytest.fixture
def api(folder: Path, git: Git) -> Iterator[GitHubStandIn]:
    assert git("tag")
    pull = Pull(number=7, base="v1", head="topic")
    with running_github(folder, token="good", pulls=(pull,)) as running:
        yield running


def connect(api: GitHubStandIn, token: str = "good") -> Remote:
    github = Github(
        base_url=api.url, auth=Auth.Token(token), retry=None, seconds_between_requests=None
    )
    return github.get_repo(api.name)


def test_tags_name_commits_even_where_they_are_annotated(api: GitHubStandIn, git: Git) -> None:
    found = {tag.name: tag.commit.sha for tag in connect(api).get_tags()}
    assert found == {"v1": git("rev-parse", "v1"), "v2": git("rev-parse", "v2^{commit}")}


def test_refs_name_tag_objects(api: GitHubStandIn, git: Git) -> None:
    refs = {r.ref: r.object for r in connect(api).get_git_matching_refs("tags/v")}
    assert refs["refs/tags/v1"].type == "commit"
    assert refs["refs/tags/v2"].type == "tag"
    assert refs["refs/tags/v2"].sha == git("rev-parse", "v2")
    tag = connect(api).get_git_tag(refs["refs/tags/v2"].sha)
    assert tag.object.sha == git("rev-parse", "v2^{commit}")


def test_pages_are_linked_to_their_end(api: GitHubStandIn) -> None:
    reply = requests.get(f"{api.url}/repos/{api.name}/tags?per_page=1", timeout=5)
    assert reply.links["next"]["url"].endswith("tags?per_page=1&page=2")
    assert "next" not in requests.get(reply.links["next"]["url"], timeout=5).links


def test_tree_is_what_git_has(api: GitHubStandIn, git: Git) -> None:
    tree = connect(api).get_git_tree("v1", recursive=True)
    assert not tree.raw_data["truncated"]
    listed = [f"{e.mode} {e.type} {e.sha}\t{e.path}" for e in tree.tree]
    assert listed == git("ls-tree", "-r", "-t", "v1").splitlines()


def test_a_large_tree_is_truncated_and_says_so(folder: Path, git: Git) -> None:
    assert git("tag")
    with running_github(folder, limits=Limits(tree_entries=10)) as api:
        remote = connect(api, "any")
        tree = remote.get_git_tree("v2", recursive=True)
        assert tree.raw_data["truncated"]
        assert len(tree.tree) == 10
        assert not remote.get_git_tree("v2").raw_data["truncated"]


def test_blobs_come_back_byte_for_byte(api: GitHubStandIn, git: Git) -> None:
    blob = connect(api).get_git_blob(git("rev-parse", "v1:a/run"))
    assert base64.b64decode(blob.content) == b"#!/bin/sh\n"


def test_comparison_is_cut_at_300_files_without_a_word(api: GitHubStandIn) -> None:
    comparison = connect(api).compare("v1", "v2")
    assert comparison.ahead_by == 1
    assert len(list(comparison.files)) == 300


def test_renames_are_found(api: GitHubStandIn) -> None:
    moved = next(f for f in connect(api).compare("v1", "v2").files if f.status == "renamed")
    assert (moved.previous_filename, moved.filename) == ("a/Dockerfile", "a/Containerfile")


def test_contents_of_files_links_and_folders(api: GitHubStandIn) -> None:
    remote = connect(api)
    entry = remote.get_contents("a/run", ref="v1")
    assert not isinstance(entry, list)
    assert entry.decoded_content == b"#!/bin/sh\n"
    inside = remote.get_contents("a", ref="v1")
    assert isinstance(inside, list)
    assert [(e.name, e.type) for e in inside] == [
        ("Dockerfile", "file"),
        ("link", "symlink"),
        ("run", "file"),
    ]


def test_pull_request_and_its_files(api: GitHubStandIn, git: Git) -> None:
    pull = connect(api).get_pull(7)
    assert pull.head.sha == git("rev-parse", "topic")
    assert len(list(pull.get_files())) == 351


def test_commit_tells_its_tree_and_time(api: GitHubStandIn, git: Git) -> None:
    commit = connect(api).get_commit("v2")
    assert commit.sha == git("rev-parse", "v2^{commit}")
    assert commit.commit.tree.sha == git("rev-parse", "v2^{tree}")
    assert commit.commit.committer.date.timestamp() == int(git("log", "-1", "--format=%ct", "v2"))


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/git/trees/nothing", 404, "Not Found"),
        ("/git/blobs/12", 422, "The sha parameter must be exactly 40"),
        ("/git/blobs/" + "0" * 40, 404, "Not Found"),
        ("/commits/nothing", 422, "No commit found for SHA: nothing"),
        ("/contents/nothing", 404, "Not Found"),
        ("/compare/v1...nothing", 404, "Not Found"),
        ("/pulls/8", 404, "Not Found"),
        ("/actions", 404, "Not Found"),
    ],
)
def test_what_is_not_there(api: GitHubStandIn, path: str, status: int, message: str) -> None:
    reply = requests.get(f"{api.url}/repos/{api.name}{path}", timeout=5)
    assert reply.status_code == status
    assert reply.json()["message"].startswith(message)
    assert reply.json()["status"] == str(status)


def test_a_wrong_token_is_refused_and_none_sees_a_private_repository(
    api: GitHubStandIn, folder: Path
) -> None:
    with pytest.raises(GithubException) as refusal:
        connect(api, "bad")
    assert refusal.value.status == 401
    with running_github(folder, private=True) as private:
        reply = requests.get(f"{private.url}/repos/{private.name}", timeout=5)
        assert reply.status_code == 404


def test_the_rate_limit_runs_out(api: GitHubStandIn) -> None:
    api.remaining = 1
    first = requests.get(f"{api.url}/repos/{api.name}", timeout=5)
    assert (first.status_code, first.headers["X-RateLimit-Remaining"]) == (200, "0")
    second = requests.get(f"{api.url}/repos/{api.name}", timeout=5)
    assert second.status_code == 403
    assert second.json()["message"].startswith("API rate limit exceeded")


def test_an_outage_passes(api: GitHubStandIn) -> None:
    api.outages = [502]
    address = f"{api.url}/repos/{api.name}"
    assert [requests.get(address, timeout=5).status_code for _ in range(2)] == [502, 200]
    assert [asked.status for asked in api.asked] == [502, 200]
