"""The Hub's folder: a directory per user with real flist files, symlinks and tag directories.

Replacement is as little atomic as on the real one: the old file goes first, a `.uncompressed`
stands beside it, and the new one grows before the eyes of its readers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from pathlib import Path

from tests.standins.hub.names import SUFFIX, suffixed

_TAG = ".tag-"


class Absent(Exception):  # noqa: N818 - the Hub's own word for it travels as the message
    """404: the message is the Hub's."""


class Conflict(Exception):  # noqa: N818
    """401 in the Hub's other meaning."""


class Storage:
    def __init__(self, root: Path, *, window_s: float = 0.2, skew_s: int = 0) -> None:
        self.root = root
        self._window_s = window_s
        self.skew_s = skew_s
        self._committing = threading.Lock()
        root.mkdir(parents=True, exist_ok=True)

    def folder(self, user: str) -> Path:
        return self.root / user

    def users(self) -> list[str]:
        return sorted(p.name for p in self.root.iterdir() if p.is_dir() and p.name[0] != ".")

    def path(self, user: str, name: str) -> Path:
        """Where a name stands, given with or without `.flist`, whether or not it exists."""
        exact = self.folder(user) / name
        return exact if os.path.lexists(exact) else self.folder(user) / suffixed(name)

    def existing(self, user: str, name: str, *, what: str = "user") -> Path:
        if not self.folder(user).is_dir():
            raise Absent(f"{what} not found")
        path = self.path(user, name)
        if not os.path.lexists(path):
            raise Absent("source not found")
        return path

    def tag_folder(self, user: str, tag: str) -> Path:
        return self.folder(user) / f"{_TAG}{tag}"

    # -- reading ---------------------------------------------------------------------------

    def light(self, user: str, name: str) -> dict[str, object]:
        path = self.existing(user, name)
        there = path.exists()
        stat = path.stat() if there else path.lstat()
        facts: dict[str, object] = {
            "name": path.name,
            "size": stat.st_size if there else 0,
            "updated": int(stat.st_mtime) + self.skew_s,
            "type": "regular",
            "md5": _md5(path) if path.is_file() else None,
        }
        if path.is_symlink():
            facts["type"] = "taglink" if path.is_dir() else "symlink"
            facts["linktime"] = int(path.lstat().st_mtime) + self.skew_s
            facts["target"] = str(path.readlink())
        return facts

    def listing(self, user: str) -> list[dict[str, object]]:
        folder = self.folder(user)
        if not folder.is_dir():
            raise Absent("user not found")
        return [_line(path, self.skew_s) for path in sorted(folder.iterdir())]

    def tag_listing(self, user: str, tag: str) -> list[dict[str, object]]:
        folder = self.tag_folder(user, tag)
        if not folder.is_dir():
            raise Absent("tag not found")
        return [_line(path, self.skew_s) for path in sorted(folder.iterdir())]

    def all_names(self) -> list[str]:
        return [f"{u}/{p.name}" for u in self.users() for p in sorted(self.folder(u).iterdir())]

    def taglink(self, user: str, name: str) -> str:
        path = self.existing(user, name)
        if not path.is_symlink():
            raise Absent("source not found")
        return _clean(str(path.readlink()))

    # -- changing --------------------------------------------------------------------------

    def commit(self, user: str, name: str, content: bytes) -> None:
        """Write a file as the Hub does: away, growing, there.

        One at a time: the Hub has no such lock, and yet its files were whole whenever looked at.
        """
        with self._committing:
            self._write(user, name, content)

    def _write(self, user: str, name: str, content: bytes) -> None:
        folder = self.folder(user)
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.unlink(missing_ok=True)
        beside = folder / f"{name}.uncompressed"
        beside.write_bytes(content)
        time.sleep(self._window_s / 2)
        half = len(content) // 2
        with path.open("wb", buffering=0) as file:
            file.write(content[:half])
            time.sleep(self._window_s / 2)
            file.write(content[half:])
        beside.unlink()

    def store_through(self, user: str, name: str, content: bytes) -> None:
        """`upload-flist` writes through a link, into whatever it leads to."""
        self.folder(user).mkdir(exist_ok=True)
        (self.folder(user) / name).write_bytes(content)

    def link(self, user: str, source: str, name: str, *, into: str | None = None) -> None:
        """`into`: whose folder the process happened to stand in."""
        real = self.existing(user, source)
        self._symlink(self.folder(into or user) / suffixed(name), real.name)

    def crosslink(self, user: str, name: str, repository: str, source: str) -> None:
        real = self.existing(repository, source, what="source repository")
        self._symlink(self.folder(user) / suffixed(name), f"../{repository}/{real.name}")

    def tag(self, user: str, tag: str, name: str, repository: str, source: str) -> None:
        real = self.existing(repository, source, what="source repository")
        folder = self.tag_folder(user, tag)
        folder.mkdir(exist_ok=True)
        link = folder / suffixed(name)
        link.unlink(missing_ok=True)
        link.symlink_to(f"../../{repository}/{real.name}")

    def untag(self, user: str, tag: str, name: str, repository: str, source: str) -> None:
        self.existing(repository, source, what="source repository")
        link = self.tag_folder(user, tag) / suffixed(name)
        if not link.is_symlink():
            raise Absent("target not found on this tag")
        link.unlink()
        if not any(link.parent.iterdir()):
            link.parent.rmdir()

    def crosstag(self, user: str, name: str, repository: str, tag: str) -> None:
        if name.endswith(SUFFIX):
            raise Conflict("tag symlink cannot ends with .flist")
        if not self.tag_folder(repository, tag).is_dir():
            raise Absent("source tag not found")
        if os.path.lexists(self.folder(user) / suffixed(name)):
            raise Conflict("there is a .flist file with the same name existing already")
        link = self.folder(user) / name
        link.unlink(missing_ok=True)
        link.symlink_to(f"../{repository}/{_TAG}{tag}")

    def rename(self, user: str, source: str, name: str) -> None:
        path = self.existing(user, source)
        path.rename(path.with_name(suffixed(name)))

    def promote(self, repository: str, source: str, user: str, name: str) -> tuple[str, str]:
        path = self.existing(repository, source)
        self.folder(user).mkdir(exist_ok=True)
        copy = self.folder(user) / suffixed(name)
        copy.unlink(missing_ok=True)  # onto itself: gone before it is read, as on the real one
        shutil.copyfile(path, copy)
        return path.name, copy.name

    def delete(self, user: str, name: str) -> None:
        self.existing(user, name).unlink()

    def _symlink(self, link: Path, target: str) -> None:
        if os.path.lexists(link) and not link.is_symlink():
            raise Conflict("link destination is already a file")
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _clean(target: str) -> str:
    return target.replace("../", "").replace(f"/{_TAG}", "/tags/")


def _line(path: Path, skew_s: int) -> dict[str, object]:
    if path.is_dir() and not path.is_symlink():
        return {
            "name": path.name.removeprefix(_TAG),
            "size": "0 KB",
            "updated": int(path.stat().st_mtime) + skew_s,
            "type": "tag",
        }
    stat = path.stat() if path.exists() else path.lstat()
    line: dict[str, object] = {
        "name": path.name,
        "size": f"{stat.st_size / 1024:.2f} KB",
        "updated": int(stat.st_mtime) + skew_s,
        "type": "regular",
    }
    if path.is_symlink():
        line["type"] = "taglink" if path.is_dir() else "symlink"
        line["linktime"] = int(path.lstat().st_mtime) + skew_s
        line["target"] = _clean(str(path.readlink()))
    return line
