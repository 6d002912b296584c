"""Scratch git repositories with fixed people and times, so that commit ids repeat."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

_START: Final = 1_700_000_000
_MINUTE: Final = 60


class ScratchRepository:
    """A git repository on `main`; each commit is a minute later than the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commits = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        date = f"{_START + _MINUTE * self._commits} +0000"
        person = {"NAME": "Octo Cat", "EMAIL": "octocat@example.org", "DATE": date}
        environment = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in person.items()
        }
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "-c", "commit.gpgsign=false", *arguments],
            cwd=self.folder,
            env={**os.environ, **environment, "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def write(self, path: str, text: str, *, executable: bool = False) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if executable else 0o644)

    def copy(self, source: Path, path: str) -> None:
        """Copy a folder into the repository."""
        shutil.copytree(source, self.folder / path, symlinks=True, dirs_exist_ok=True)

    def remove(self, path: str) -> None:
        self.git("rm", "-r", "--quiet", "--", path)

    def commit(self, message: str, tag: str | None = None) -> str:
        """Commit everything that lies there; return the commit's id."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self._commits += 1
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

    def checkout(self, target: Path, tag: str, *, depth: int | None = None) -> None:
        """Check a tag out as actions/checkout does; with `depth: 1` there is that commit alone."""
        clone = ScratchRepository(target)
        clone.git("remote", "add", "origin", f"file://{self.folder}")
        if depth is None:
            clone.git("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
        else:
            wanted = f"+refs/tags/{tag}:refs/tags/{tag}"
            clone.git("fetch", "--quiet", "--no-tags", f"--depth={depth}", "origin", wanted)
        clone.git("checkout", "--quiet", "--detach", f"refs/tags/{tag}")
