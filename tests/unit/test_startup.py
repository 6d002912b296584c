"""What `tfimages plan` loads before it looks at anything: each module is a wait for everybody."""

import os
import subprocess
import sys
from pathlib import Path

import pygit2
import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    # Libraries: for records, files of configuration, tables, engines.
    "annotated_types", "cramjam", "docker", "dockerfile", "github", "pydantic", "requests", "rich",
    "urllib3", "yaml",
    # Our own: other modes, other commands, the inside of runs.
    "tfimages_action.adapters.engine", "tfimages_action.adapters.github",
    "tfimages_action.adapters.hub", "tfimages_action.adapters.local_flists",
    "tfimages_action.adapters.registry", "tfimages_action.adapters.smoke",
    "tfimages_action.core.config.read", "tfimages_action.core.published.flist_record",
    "tfimages_action.core.published.names", "tfimages_action.core.plan.preview",
    "tfimages_action.core.plan.refresh", "tfimages_action.core.plan.rollback",
    "tfimages_action.core.run.report", "tfimages_action.core.run.work",
    "tfimages_action.doors.planning.estimating", "tfimages_action.doors.planning.knowledge",
    "tfimages_action.doors.publishing.run", "tfimages_action.doors.planning.readers",
    "tfimages_action.doors.planning.refreshing", "tfimages_action.doors.planning.rollbacks",
    "tfimages_action.flist",
    "tfimages_action.pipeline", "tfimages_action.process", "tfimages_action.report",
)  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    repo = pygit2.init_repository(tmp_path / "repo")
    for name in ("a", "b"):
        place = tmp_path / "repo" / "images" / name / "Dockerfile"
        place.parent.mkdir(parents=True)
        place.write_text("FROM debian:13\nRUN true\n")
    repo.index.add_all()
    me = pygit2.Signature("a", "a@b", 0)
    first = repo.create_commit("HEAD", me, me, "", repo.index.write_tree(), [])
    for tag in ("v1", "v2"):
        repo.references.create(f"refs/tags/{tag}", first)
    return tmp_path / "repo"


def in_a_process(code: str, *arguments: str, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_plan_loads_nothing_that_it_does_not_need(repository: Path) -> None:
    code = (
        "import sys; from tfimages_action.doors import terminal\n"
        "assert terminal.run(sys.argv[1:]) == 0\n"
        "print('loaded:', *sys.modules)"
    )
    plan = ("plan", "--repo", str(repository), "--registry", "ghcr.io/me", "--json")
    said = in_a_process(code, *plan, GITHUB_ACTIONS="")
    loaded = set(said.rpartition("loaded: ")[2].split())
    assert {"tfimages_action.doors.planning.planner", "pygit2"} <= loaded
    assert sorted(loaded & {*HEAVY}) == []


def test_each_module_that_a_plan_leaves_out_is_still_called_so() -> None:
    code = (
        "import importlib.util, sys\n"
        "print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name) is None])"
    )
    assert in_a_process(code, *HEAVY).split() == []


def test_git_is_loaded_without_the_machines_certificates() -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "from tfimages_action.adapters.git.libgit2 import pygit2\n"
        "print(pygit2.settings.ssl_cert_file, dict(os.environ) == before)"
    )
    for given in ({}, {"SSL_CERT_FILE": "/etc/passwd"}):
        assert in_a_process(code, **given).split() == ["None", "True"]
