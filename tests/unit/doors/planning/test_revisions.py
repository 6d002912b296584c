"""Each event compares the two revisions that its author means."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tfimages_action.core.tree import Tree
from tfimages_action.doors.inputs.event import Event, read_event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.revisions import Comparison, Sources, compare
from tfimages_action.errors import GitHubError, RevisionError, TagError


class FakeRevision:
    def __init__(self, name: str, commit: str) -> None:
        self.name = name
        self.commit = commit
        self.created = datetime(2026, 1, 1, tzinfo=UTC)

    def tree(self, under: str = "") -> Tree:
        raise AssertionError(f"nobody reads files here: {under}")

    def read(self, blob: str) -> bytes:
        raise AssertionError(f"nobody reads blobs here: {blob}")

    def lacks_large_file(self, blob: str) -> bool:
        raise AssertionError(f"nobody asks for large files here: {blob}")


class FakeRemote:
    """A repository as both sides see it: names (tags and branches) and their commits."""

    def __init__(self, tags: Mapping[str, str], *, others: tuple[str, ...] = ()) -> None:
        self._tags = dict(tags)
        self._others = others

    origin = None
    is_shallow = False

    def tags(self) -> tuple[str, ...]:
        return tuple(self._tags)

    def commit_of(self, name: str) -> str | None:
        return self._tags.get(name, name if name in self._others else None)

    def object_of(self, name: str) -> str | None:
        return self._tags.get(name)

    def revision(self, name: str, *, commit: str | None = None) -> FakeRevision:
        found = commit or self.commit_of(name)
        if found is None:
            raise RevisionError(f"no {name}")
        return FakeRevision(name, found)

    def worktree(self) -> FakeRevision:
        raise AssertionError("nobody asks for a worktree here")

    def merge_base(self, base: str, head: str) -> str:
        return f"base-of-{base}-{head}"


def compared(
    remote: FakeRemote,
    *,
    settings: Settings | None = None,
    local: FakeRemote | None = None,
    **event: Any,
) -> Comparison:
    sources = Sources(local=local, remote=remote)
    return compare(settings or Settings(), Event(on_github=True, **event), sources)


def names(comparison: Comparison) -> tuple[str, str | None]:
    previous = comparison.previous
    return comparison.current.name, previous.name if previous else None


TAGS = {"v1": "c1", "v2": "c2", "v10": "c3", "v1.5": "c4", "nightly": "c5"}


def test_a_pushed_tag_is_current_and_the_one_below_is_previous() -> None:
    assert names(compared(FakeRemote(TAGS), ref_type="tag", ref_name="v10")) == ("v10", "v2")
    assert names(compared(FakeRemote(TAGS), ref_type="tag", ref_name="v1")) == ("v1", None)


def test_two_tags_on_one_commit_do_not_matter() -> None:
    remote = FakeRemote({"v1": "c1", "v2": "c2", "v3": "c2"})
    assert names(compared(remote, ref_type="tag", ref_name="v2")) == ("v2", "v1")
    assert names(compared(remote, ref_type="tag", ref_name="v3")) == ("v3", "v2")


def test_a_tag_that_is_no_version_is_refused() -> None:
    with pytest.raises(TagError, match="nightly"):
        compared(FakeRemote(TAGS), ref_type="tag", ref_name="nightly")


def test_a_moving_major_tag_is_an_alias() -> None:
    remote = FakeRemote({"v1.4.2": "c2", "v1": "c2"})
    assert compared(remote, ref_type="tag", ref_name="v1").alias_of == "v1.4.2"
    assert compared(remote, ref_type="tag", ref_name="v1.4.2").alias_of is None


def test_a_refresh_takes_the_release_and_not_the_alias_on_it() -> None:
    for tags in ({"v1": "a", "v1.0.0": "a"}, {"v1.0.0": "a", "v1": "a"}):
        found = compared(FakeRemote(tags), settings=Settings(mode="refresh"))
        assert (found.current.name, found.alias_of) == ("v1.0.0", None)


def test_a_letter_rebuilds_all() -> None:
    remote = FakeRemote({"v28": "c1", "v28a": "c1"})
    found = compared(remote, ref_type="tag", ref_name="v28a")
    assert found.rebuilds_all
    assert names(found) == ("v28a", "v28")


def test_inputs_beat_the_event() -> None:
    settings = Settings(current="v2", previous="v1")
    found = compared(FakeRemote(TAGS), settings=settings, ref_type="tag", ref_name="v10")
    assert names(found) == ("v2", "v1")


def test_a_revision_may_be_named_in_full() -> None:
    settings = Settings(current="refs/tags/v10", previous="refs/tags/v1")
    found = compared(FakeRemote(TAGS), settings=settings, name="workflow_dispatch", sha="c9")
    assert names(found) == ("v10", "v1")
    assert found.tag is not None


def test_a_branch_push_compares_before_with_after() -> None:
    remote = FakeRemote(TAGS, others=("old", "new"))
    event: dict[str, Any] = {"name": "push", "ref_type": "branch", "ref_name": "main", "sha": "new"}
    assert names(compared(remote, **event, payload={"before": "old"})) == ("new", "old")


@pytest.mark.parametrize("before", ["0" * 40, "left-behind-by-force"])
def test_a_branch_without_a_before_compares_with_the_last_release(before: str) -> None:
    remote = FakeRemote(TAGS, others=("new",))
    event: dict[str, Any] = {"name": "push", "ref_type": "branch", "ref_name": "main", "sha": "new"}
    assert names(compared(remote, **event, payload={"before": before})) == ("new", "v10")


def test_a_before_that_nobody_can_tell_of_is_not_taken_for_gone() -> None:
    class Unreachable(FakeRemote):
        def revision(self, name: str, *, commit: str | None = None) -> FakeRevision:
            if name == "old":
                raise GitHubError("503")
            return super().revision(name, commit=commit)

    remote = Unreachable(TAGS, others=("old", "new"))
    with pytest.raises(GitHubError):
        compared(remote, name="push", sha="new", payload={"before": "old"})


@pytest.mark.parametrize("kind", ["tag", "branch"])
def test_a_push_that_deletes_is_planned_no_further(kind: str) -> None:
    payload = {"deleted": True, "before": "c1", "after": "0" * 40}
    with pytest.raises(RevisionError, match="deleted v2") as caught:
        compared(
            FakeRemote(TAGS), name="push", ref_type=kind, ref_name="v2", sha="c9", payload=payload
        )
    assert "github.event.deleted" in caught.value.hint


def test_a_branch_push_may_compare_with_tags() -> None:
    remote = FakeRemote(TAGS, others=("old", "new"))
    found = compared(
        remote, settings=Settings(compare="tags"), name="push", sha="new",
        payload={"before": "old"},
    )  # fmt: skip
    assert names(found) == ("new", "v10")


def test_a_pull_request_compares_from_where_it_parted() -> None:
    remote = FakeRemote(TAGS, others=("head", "base-of-base-head"))
    payload = {"pull_request": {"base": {"sha": "base"}, "head": {"sha": "head"}}}
    found = compared(remote, name="pull_request", payload=payload, sha="merge")
    assert names(found) == ("head", "base-of-base-head")


def test_a_clone_with_an_older_place_of_a_moved_tag_is_not_believed() -> None:
    local = FakeRemote({"v1": "c1", "v2": "stale"})
    remote = FakeRemote({"v1": "c1", "v2": "moved"})
    found = compared(remote, local=local, ref_type="tag", ref_name="v2")
    assert found.current.commit == "moved"


class Unanswering(FakeRemote):
    def tags(self) -> tuple[str, ...]:
        raise GitHubError("GitHub refused the tags: 403", hint="contents: read")


def test_a_whole_clone_does_without_github() -> None:
    sources = Sources(local=FakeRemote(TAGS), remote=Unanswering({}))
    event = Event(on_github=True, name="push", ref_type="tag", ref_name="v10")
    assert names(compare(Settings(), event, sources)) == ("v10", "v2")
    (problem,) = sources.problems
    assert "403: planned by the tags of the clone" in problem.message
    assert "contents: read" in problem.hint


def test_a_shallow_clone_needs_github_and_says_what_else_would_do() -> None:
    shallow = FakeRemote(TAGS)
    shallow.is_shallow = True
    for local in (shallow, None):
        sources = Sources(local=local, remote=Unanswering({}))
        event = Event(on_github=True, name="push", ref_type="tag", ref_name="v10")
        with pytest.raises(GitHubError, match="403") as caught:
            compare(Settings(), event, sources)
        assert "contents: read" in caught.value.hint
        assert "fetch-depth: 0" in caught.value.hint


def test_neither_git_nor_github_names_both_remedies() -> None:
    sources = Sources(local=None, remote=None)
    with pytest.raises(RevisionError) as caught:
        compare(Settings(current="v1"), Event(), sources)
    assert "fetch-depth: 0" in caught.value.hint
    assert "contents: read" in caught.value.hint


def test_the_runners_variables_are_read(tmp_path: Path) -> None:
    payload = tmp_path / "event.json"
    payload.write_text('{"before": "b"}')
    variables = {
        "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "Owner/repo", "GITHUB_RUN_ID": "7",
        "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1", "RUNNER_DEBUG": "1",
        "GITHUB_EVENT_PATH": str(payload), "GITHUB_WORKSPACE": "/github/workspace",
    }  # fmt: skip
    event = read_event(variables, workspace=tmp_path)
    assert event.on_github
    assert event.workspace == Path("/github/workspace")
    assert event.is_tag
    assert event.owner == "Owner"
    assert event.before == "b"
    assert event.debug
    assert event.run_url == "https://github.com/Owner/repo/actions/runs/7"
    at_home = read_event(variables, workspace=tmp_path, at_home=True)
    assert (at_home.on_github, at_home.workspace) == (False, tmp_path)


@pytest.mark.parametrize("payload", [{}, {"before": None}, {"before": "0" * 40}])
def test_a_new_branch_has_no_commit_before(payload: Mapping[str, Any]) -> None:
    assert Event(payload=payload).before is None
