"""A run asks GitHub little, however many tags there are, and plans the same from any clone."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.revisions.repository import commit, git, remote, write
from tests.standins.github import running_github
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.tags import previous_tag, require_version_tag
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned, make_plan, open_sources
from tfimages_action.errors import RevisionError

MOST = 6
TAGS = 120


@pytest.fixture
def history(repo: Path) -> Path:
    """Annotated releases v3.0 to v3.119, the moving `v3`, and v4; the last commit has no tag."""
    head = git(repo, "rev-parse", "HEAD").strip()
    for number in range(TAGS - 1):
        git(repo, "tag", "-a", f"v3.{number}", "-m", "x", head)
    write(repo, "images/a/run.sh", "three")
    commit(repo, "three")
    git(repo, "tag", "-a", f"v3.{TAGS - 1}", "-m", "x")
    git(repo, "tag", "-a", "v3", "-m", "moving")
    write(repo, "images/a/run.sh", "four")
    commit(repo, "four")
    git(repo, "tag", "-a", "v4", "-m", "x")
    write(repo, "images/a.b/new", "five")
    commit(repo, "five")
    return repo


def clone_of(repo: Path, kind: str, place: Path, name: str) -> Path:
    """As actions/checkout leaves it: in full, or one commit and the ref of the event."""
    if kind == "full":
        git(place, "clone", "-q", str(repo), str(place / "clone"))
        git(place / "clone", "checkout", "-q", name)
        return place / "clone"
    (place / "clone").mkdir()
    git(place / "clone", "init", "-q")
    if kind == "shallow":
        commit = git(repo, "rev-parse", f"{name}^{{commit}}").strip()
        git(repo, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(place / "clone", "fetch", "-q", "--depth=1", "--no-tags", f"file://{repo}", commit)
        git(place / "clone", "checkout", "-q", commit)
    return place / "clone"


def planned(repo: Path, clone: Path, **event: Any) -> tuple[Planned, list[str]]:
    settings = Settings()
    with running_github(repo) as api:
        told = Event(on_github=True, repository=api.name, api_url=api.url, workspace=clone, **event)
        sources = open_sources(settings, told)
        found = make_plan(settings, told, sources, registry="ghcr.io/owner")
        return found, [request.target for request in api.asked]


@pytest.mark.parametrize("kind", ["full", "shallow", "none"])
@pytest.mark.parametrize(
    ("tag", "previous", "alias"),
    [
        ("v4", f"v3.{TAGS - 1}", None),
        (f"v3.{TAGS - 1}", f"v3.{TAGS - 2}", None),
        ("v3", "v2", f"v3.{TAGS - 1}"),
    ],
)
def test_a_tag_s_run(
    history: Path, tmp_path: Path, kind: str, *, tag: str, previous: str, alias: str | None
) -> None:
    clone = clone_of(history, kind, tmp_path, tag)
    found, asked = planned(history, clone, name="push", ref_type="tag", ref_name=tag)
    assert (found.plan.current, found.plan.previous) == (tag, previous)
    assert found.comparison.alias_of == alias
    assert [step.image.name for step in found.plan.builds] == ["a"]
    assert len(asked) <= {"full": 1, "shallow": MOST, "none": MOST + 1}[kind]


@pytest.mark.parametrize("kind", ["full", "shallow"])
@pytest.mark.parametrize("name", ["push", "pull_request", "workflow_dispatch"])
def test_a_branch_s_run(history: Path, tmp_path: Path, kind: str, name: str) -> None:
    head, before = git(history, "rev-parse", "main", "main~1").split()
    payload = {
        "push": {"before": before},
        "pull_request": {"pull_request": {"base": {"sha": before}, "head": {"sha": head}}},
    }.get(name, {})
    clone = clone_of(history, kind, tmp_path, "main")
    found, asked = planned(
        history, clone, name=name, ref_type="branch", ref_name="main", sha=head, payload=payload
    )
    assert found.comparison.previous is not None
    assert found.comparison.previous.commit == before
    assert [step.image.name for step in found.plan.builds] == ["a.b"]
    assert len(asked) <= MOST
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("filtered", ["blob:none", "tree:0"])
def test_github_completes_a_partial_clone(history: Path, tmp_path: Path, filtered: str) -> None:
    git(history, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--bare", f"--filter={filtered}", f"file://{history}", str(clone))
    found, asked = planned(history, clone, name="push", ref_type="tag", ref_name="v4")
    assert [step.image.name for step in found.plan.builds] == ["a"]
    assert len(asked) <= MOST
    # At home nobody else can be asked: then what mends it is told.
    alone = GitRepository(clone).revision("v4")
    with pytest.raises(RevisionError, match="git") as caught:
        build_catalog(alone, CatalogOptions(registry="ghcr.io/owner"))
    assert "git fetch --refetch" in caught.value.hint


def test_thousands_of_tags_are_one_request(repo: Path) -> None:
    head = git(repo, "rev-parse", "HEAD").strip()
    refs = "".join(f"create refs/tags/v9.{number} {head}\n" for number in range(3000))
    git(repo, "update-ref", "--stdin", given=refs)
    with running_github(repo) as api:
        tags = remote(api).tags()
        assert len(api.asked) == 1
    assert {"v1", "v2", "v9.0", "v9.2999"} < {*tags}


@pytest.mark.parametrize("there", [True, False], ids=["local", "remote"])
def test_tags_of_tags_count_and_those_of_trees_and_blobs_do_not(repo: Path, there: bool) -> None:
    git(repo, "tag", "v3", "HEAD^{tree}")
    git(repo, "tag", "-a", "v4", "-m", "x", "HEAD^{tree}")
    git(repo, "tag", "v5", "HEAD:.gitignore")
    git(repo, "tag", "-a", "v2.1", "-m", "x", "v2")
    head = git(repo, "rev-parse", "HEAD").strip()
    with running_github(repo) as api:
        event = Event(on_github=True, repository=api.name, api_url=api.url, workspace=repo)
        sources = open_sources(Settings(), event)
        if not there:
            sources.local = None
        for tag in ("v3", "v4", "v5"):
            assert sources.commit_of(tag) is None
        assert sources.commit_of("v2.1") == head
        found = previous_tag(require_version_tag("v6"), sources.tags, sources.commit_of)
    assert found == "v2.1"
