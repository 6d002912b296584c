"""What a person or a step of its own asks of the Hub: as careful as a run, without its plan.

Nothing is made in the place where it is served: it is made under a name that nothing leads to,
proved there, and renamed over the wanted name in one step.
"""

from __future__ import annotations

import hashlib
import tarfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tfimages_action.adapters.hub.answers import EntryType, Light, Statistics, Uploaded
from tfimages_action.adapters.hub.choices import Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.conversion import Conversions
from tfimages_action.adapters.hub.errors import HubBrokenPromiseError, HubUnsafeError
from tfimages_action.adapters.hub.progress import lines
from tfimages_action.adapters.hub.proof import Prover, fetch
from tfimages_action.adapters.hub.refusals import resolve
from tfimages_action.adapters.hub.switch import PREFIX
from tfimages_action.core import flist_name
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import Log, Published
from tfimages_action.errors import SettingsError, StageError
from tfimages_action.flist.compare import compare
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.source import read_tree
from tfimages_action.flist.stream import open_archive
from tfimages_action.leftovers.folders import owned_folder

_TRIES: Final = 2


class ByHand:
    """Convert, upload and link, one thing at a time."""

    def __init__(self, hub: Hub, *, log: Log, timing: Timing | None = None) -> None:
        self._hub = hub
        self._log = log
        self._timing = timing or Timing()
        self._conversions = Conversions(hub, self._timing)
        self._stop = threading.Event()

    def convert(
        self, written: str, digest: str, prover: Prover, *, name: str | None = None
    ) -> Flist:
        """Convert an image, pinned by its digest, to `name` (default: the Hub's own for it).

        The pinned reference gives an flist's name of its own: a failed conversion costs nothing.
        """
        reference = ImageReference.parse(written)
        wanted = flist_name.check(name or flist_name.of_image(written))
        pinned = f"{written}@{digest}"
        beside = flist_name.check(flist_name.of_image(pinned))

        def request() -> Statistics | Uploaded:
            return self._hub.convert(pinned, stop=self._stop)

        source = Published(digest=digest, references=(reference.with_digest(digest),))
        for left in reversed(range(_TRIES)):
            made = self._conversions.make(beside, request, log=self._log, stop=self._stop)
            flist = Flist(name=beside, address=self._address(beside), md5=made.md5 or "")
            verdict = prover.prove(flist, source, log=self._log, stop=self._stop)
            for warning in verdict.warnings:
                self._log(f"warning: {warning}")
            if not verdict.faults:
                return self._put(verdict.flist, wanted)
            if not left:
                raise StageError(
                    f"{beside} is not {written}:\n{verdict.faults}",
                    hint=f"{wanted} serves what it served before; try again later",
                )
            # It may be what an earlier try left there: only a new conversion tells.
            self._log(f"{beside} is not {written}; converting it anew")
            self._conversions.condemn(beside, verdict.flist.md5)
        raise AssertionError("an image is converted at least once")

    def upload(self, path: Path, name: str) -> Flist:
        """Upload an archive (`.tar.gz`), a folder, or a ready flist, and prove what came of it."""
        flist_name.check(name)
        if path.name.endswith(flist_name.SUFFIX):
            return self._upload_flist(path, name)
        if not path.is_dir() and not path.name.endswith(".tar.gz"):
            raise SettingsError(
                f"{path} is no archive", hint="a .tar.gz, a .flist or a folder can be uploaded"
            )
        with packed_folder(path) if path.is_dir() else _as_it_is(path) as archive:
            return self._upload_archive(archive, name)

    def link(self, source: tuple[str, str], name: str) -> Light:
        """Make `name` a link to (user, flist). An existing link is replaced in one step."""
        there = self._hub.mine(name)
        if there is not None and there.type is EntryType.REGULAR:
            self._hub.link(source[1], name)  # refused there, with the reason
        target = self._hub.light(*source)
        if target is None:
            raise HubUnsafeError(f"{'/'.join(source)} is not on the Hub: the link would be dead")
        if source == (self._hub.user, name):
            raise HubUnsafeError(f"{name} would be a link to itself, and serve nothing")
        beside = _beside()
        if source[0] == self._hub.user:
            self._hub.link(source[1], beside)
        else:
            self._hub.crosslink(beside, *source)
        self._hub.replace(beside, name)
        made = self._hub.mine(name)
        if made is None or made.target is None or resolve(self._hub.user, made.target) != source:
            raise HubBrokenPromiseError(f"the Hub did not make {name} a link to {source[1]}")
        return made

    def _upload_archive(self, archive: Path, name: str) -> Flist:
        beside = _beside()

        def request() -> Uploaded:
            with archive.open("rb") as file:
                return self._hub.upload(file, beside, progress=lines(self._log), stop=self._stop)

        self._conversions.make(beside, request, log=self._log, stop=self._stop)
        with open_archive(archive) as stream:
            tree = read_tree(stream)
        file, came = fetch(self._hub, self._hub.user, beside, self._timing, self._stop)
        verdict = compare(tree, file, None)
        if not verdict.equal:
            raise StageError(f"the Hub's flist is not {archive.name}:\n{verdict.describe()}")
        proved = Flist(
            name=beside,
            address=self._address(beside),
            md5=came.md5,
            sha256=came.sha256,
            entries=len(file.entries),
            merkle_root=merkle_root(file.entries),
            verified=True,
        )
        return self._put(proved, name)

    def _upload_flist(self, path: Path, name: str) -> Flist:
        beside = _beside()
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, _md5).hexdigest()
            file.seek(0)
            self._hub.upload_flist(file, beside, stop=self._stop)
        there = self._hub.mine(beside)
        if there is None or there.md5 != md5:
            raise HubBrokenPromiseError(f"the Hub did not keep {path.name} byte for byte")
        return self._put(Flist(name=beside, address=self._address(beside), md5=md5), name)

    def _put(self, flist: Flist, name: str) -> Flist:
        self._hub.replace(flist.name, name)
        there = self._hub.mine(name)
        if there is None or there.md5 != flist.md5:
            raise HubBrokenPromiseError(f"the Hub said that it renamed {flist.name} to {name}")
        return Flist(
            name=name,
            address=self._address(name),
            md5=flist.md5,
            sha256=flist.sha256,
            entries=flist.entries,
            merkle_root=flist.merkle_root,
            verified=flist.verified,
        )

    def _address(self, name: str) -> str:
        return self._hub.address(self._hub.user, name)


@contextmanager
def packed_folder(folder: Path) -> Iterator[Path]:
    """A folder's content as a `.tar.gz`, in the order of its paths."""
    with owned_folder("upload") as place:
        archive = place / "root.tar.gz"
        with tarfile.open(archive, "w:gz", format=tarfile.GNU_FORMAT) as tar:
            for path in sorted(folder.rglob("*")):
                tar.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
        yield archive


@contextmanager
def _as_it_is(path: Path) -> Iterator[Path]:
    yield path


def _beside() -> str:
    return f"{PREFIX}{uuid.uuid4().hex}{flist_name.SUFFIX}"


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)
