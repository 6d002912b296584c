"""BuildKit itself leaves out of a build what we say that it does."""

from pathlib import Path

import pytest

from tests.bed.engine import Engine
from tfimages_action.core.catalog.dockerignore import IgnorePatternError, docker_ignore

PATHS = (
    ".env", ".git/config", "Dockerfile", "README.md", "a", "a b", "build/out.log", "docs/a.md",
    "docs/deep/b.md", "docs/keep/c.md", "lib/x.py", "lib/x.pyc", "lib/sub/y.pyc", "out.log", "x[1]",
    "secret/.env", "ünï/x", "é",
)  # fmt: skip


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    for path in PATHS:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(path)
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    return root


@pytest.mark.parametrize(
    "rules",
    [
        "**.pyc\n**.log",
        "**/.env\n!.env",
        "*\n!docs\ndocs/*\n!docs/keep",
        "docs/deep/b.md\n!docs",
        "[^a-lx]*\n**/[!a].md",
        "a\\ b\nx\\[1\\]",
        "\ufeff# comment\r\n/docs/\r\n  lib/**/y*  \r\n! lib/sub\r\n",
        "**\n!**/*.md",
        "./docs/../lib\n//a\n.\n..",
        "ünï\n?",
        "docs/**/b.md\n**/sub/**",
        "# nothing",
    ],
)
def test_the_same_stays_out(engine: Engine, context: Path, rules: str) -> None:
    # (The ignore file stands beside the Dockerfile: it is no part of what is compared.)
    (context / ".dockerignore").write_bytes(rules.encode())
    out = context.parent / "out"
    engine.docker("buildx", "build", "-q", "-o", f"type=local,dest={out}", str(context))
    there = {place.relative_to(out).as_posix() for place in out.rglob("*") if place.is_file()}
    excludes = docker_ignore(rules)
    expected = {path for path in PATHS if excludes is None or not excludes(path)}
    assert there - {".dockerignore"} == expected


@pytest.mark.parametrize("rules", ["a\n[", "x\\", "[b-a]*", "!"])
def test_the_same_is_refused(engine: Engine, context: Path, rules: str) -> None:
    (context / ".dockerignore").write_text(rules)
    command = ["buildx", "build", "-q", "-o", "type=local,dest=nowhere", str(context)]
    assert engine.docker(*command, check=False).returncode != 0
    with pytest.raises(IgnorePatternError):
        docker_ignore(rules)
