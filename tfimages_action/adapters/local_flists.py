"""Flists without a Hub: the pipeline's `Converter` on a folder.

DIR/ghcr.io-o-ubuntu-24.04-<digest12>.flist    content name, written whole or not at all
DIR/ghcr.io-o-ubuntu-24.04.flist               stable name: a link to a proved content name
DIR/store/                                     the blocks of all of them (flist/store.py)
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import IO, Protocol, assert_never

from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan.rollback import Rollback
from tfimages_action.core.published import names
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer, Unreadable
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import BuiltArchive, FlistSource, ImageConfig, Log, Published
from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.compare import compare
from tfimages_action.flist.difference import difference
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.reader import FlistFile, read_flist
from tfimages_action.flist.source import SourceTree, read_tree
from tfimages_action.flist.startup import StartConfig
from tfimages_action.flist.store import BlockStore
from tfimages_action.flist.stream import ByteStream, open_archive
from tfimages_action.flist.writer import Conversion, build_flist


class Exports(Protocol):
    """Reads an image through the engine (as `pipeline.ports.ImageSource` has it)."""

    def config(self, source: Published, *, log: Log, stop: threading.Event) -> ImageConfig:
        """What the image starts."""

    def export(
        self, source: Published, *, log: Log, stop: threading.Event
    ) -> AbstractContextManager[IO[bytes]]:
        """The merged file system as one tar stream."""


class LocalFlists:
    """Converts into a folder, proves what it wrote by reading it, and switches links there."""

    def __init__(self, directory: Path, exports: Exports | None, *, made_at: int = 0) -> None:
        """`exports` is not needed by whoever only asks what is there, or switches."""
        self._directory = directory
        self._exports = exports
        self._made_at = made_at
        is_new = not directory.exists()
        self._store = BlockStore(directory / "store")
        if is_new:
            _keep_out_of_git(directory)
        self._trees: dict[str, SourceTree] = {}

    def convert(
        self, image: Image, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Write the content's flist; blocks that are stored already cost no second write."""
        digest = source.digest
        name = flist_name.check(names.content_flist(image, digest))
        recorded = {"fingerprint": image.fingerprint, "digest": digest}
        conversion = Conversion(made_at=self._made_at, metadata=tuple(recorded.items()))
        config = self._config(source, log=log, stop=stop)
        with self._stream(source, log=log, stop=stop) as stream:
            built = build_flist(
                _Stoppable(stream, stop), self._store, config=config, conversion=conversion
            )
        path = self._directory / name
        self._write(path, built.raw)
        self._trees[digest] = built.source
        log(f"{name}: {len(built.entries)} entries, {built.written_bytes} new bytes")
        return Flist(name=name, address=path.absolute().as_uri(), md5=md5(built.raw).hexdigest())  # noqa: S324 - the Hub's own checksum, no secret

    def verify(
        self, image: Image, source: FlistSource, flist: Flist, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Read the file back and hold it against the image. Raises `StageError`."""
        tree = self._trees.pop(source.digest, None)
        if tree is None:
            with self._stream(source, log=log, stop=stop) as stream:
                tree = read_tree(_Stoppable(stream, stop))
        file = read_flist(self._directory / flist_name.check(flist.name))
        verdict = compare(tree, file, self._config(source, log=log, stop=stop))
        for warning in verdict.warnings:
            log(f"warning: {warning}")
        lost = [e.path for e in file.entries if not all(map(self._store.holds, e.blocks))]
        if lost:
            raise StageError(
                f"{flist.name}: the store lacks blocks of {len(lost)} files, {lost[0]} for one",
                hint="convert the image again: what is missing is written anew",
            )
        if not verdict.equal:
            raise StageError(f"{flist.name} is not {image.name}:\n{verdict.describe()}")
        log(f"{flist.name} is proved: {verdict.compared} entries")
        root = merkle_root(file.entries)
        return replace(
            flist,
            entries=len(file.entries),
            merkle_root=root,
            verified=True,
            changes=self._changes(image, file),
        )

    def _changes(self, image: Image, now: FlistFile) -> tuple[str, ...]:
        """What weighs most of what changes for the stable name; only for the report."""
        try:
            before = read_flist(self._directory / image.flist)
        except FlistError:  # most often: there is none yet
            return ()
        return difference(before.entries, now.entries).largest()

    def switch(
        self,
        image: Image,
        flist: Flist,
        names: Sequence[str],
        *,
        log: Log,
        stop: threading.Event,  # noqa: ARG002 - the port's; a link takes no time
    ) -> Flist:
        """Make the names links to a proved flist, each by one rename.

        Only what is proved gets a name; so whatever bears one already was proved then, and may
        get another (a rollback) with no look at the image.
        """
        content = self._content(flist_name.check(flist.name))
        if not flist.verified and content not in self._named():
            raise StageError(
                f"{flist.name} of {image.name} is not proved: no name is given to it",
                hint="convert the image again",
            )
        for name in names:
            path = self._directory / flist_name.check(name)
            if name != content and not _leads_to(path, content):
                self._link(path, content)
                log(f"{name} -> {content}")
        stable = (self._directory / names[-1]).absolute().as_uri() if names else None
        address = (self._directory / content).absolute().as_uri()
        return replace(flist, name=content, address=address, stable_address=stable)

    # -- what is there, for the plan -------------------------------------------------------------

    def states(self, digests: Mapping[str, str], images: Iterable[Image]) -> dict[str, FlistState]:
        """The state of each image whose digest is given, by its name."""
        return {
            image.name: self._state(image, digests[image.name])
            for image in images
            if image.name in digests
        }

    def records(self, images: Iterable[Image]) -> dict[str, RecordAnswer]:
        """What each full VM's flist was made from, as its metadata says, by the image's name."""
        return {image.name: self._record(image) for image in images}

    def rollbacks(self, images: Iterable[Image]) -> dict[str, Rollback]:
        """The rollbacks of full VMs in force: the stable name leads to what its mark leads to."""
        there = [path.name for path in self._directory.glob("*.flist")]
        found = {image.name: self._rollback(image, there) for image in images}
        return {name: rollback for name, rollback in found.items() if rollback}

    def _rollback(self, image: Image, there: list[str]) -> Rollback | None:
        stable = self._directory / image.flist
        for since in names.rollback_flist_marks(image, there):
            mark = self._directory / names.rolled_back_flist(image, since)
            if not (mark.is_symlink() and _leads_to(stable, os.readlink(mark))):  # noqa: PTH115
                continue
            releases = (
                self._record(replace(image, flist=flist))
                for flist in names.release_flists(image, there)
            )
            released = (
                one
                for one in releases
                if isinstance(one, Record) and one.fingerprint == image.fingerprint
            )
            return Rollback(since=since, released=next(released, None))
        return None

    def _state(self, image: Image, digest: str) -> FlistState:
        content = names.content_flist(image, digest)
        if not (self._directory / content).is_file():
            return FlistState.ABSENT
        stable = self._directory / image.flist
        return FlistState.READY if _leads_to(stable, content) else FlistState.UNLINKED

    def _record(self, image: Image) -> RecordAnswer:
        path = self._directory / image.flist
        if not path.exists():
            return None
        try:
            known = dict(read_flist(path).metadata)
        except FlistError as error:
            return Unreadable(cause=error.message)
        fingerprint = known.get("fingerprint")
        return Record(
            digest=str(known.get("digest", "")),
            fingerprint=fingerprint if isinstance(fingerprint, str) else None,
        )

    def _content(self, name: str) -> str:
        path = self._directory / name
        if not path.is_file():
            raise StageError(f"there is no flist {path}")
        return os.readlink(path) if path.is_symlink() else name  # noqa: PTH115 - as it stands

    def _named(self) -> set[str]:
        """Every flist that a name leads to."""
        links = (path for path in self._directory.glob("*.flist") if path.is_symlink())
        return {os.readlink(path) for path in links}  # noqa: PTH115 - as it stands

    @property
    def _images(self) -> Exports:
        assert self._exports is not None  # noqa: S101 - whoever converts or proves gives them
        return self._exports

    def _config(
        self, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> StartConfig | None:
        if isinstance(source, BuiltArchive):
            return None
        return StartConfig.of_image(self._images.config(source, log=log, stop=stop))

    def _stream(
        self, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> AbstractContextManager[ByteStream]:
        match source:
            case Published():
                return self._images.export(source, log=log, stop=stop)
            case BuiltArchive():
                return open_archive(source.path)
            case _:
                assert_never(source)

    def _write(self, path: Path, raw: bytes) -> None:
        beside = _beside(path)
        try:
            beside.write_bytes(raw)
            beside.replace(path)
        except OSError as error:
            raise FlistError(f"{path} can't be written: {error}") from error

    def _link(self, path: Path, target: str) -> None:
        beside = _beside(path)
        try:
            beside.symlink_to(target)
            beside.replace(path)
        except OSError as error:
            raise FlistError(f"{path} can't be switched: {error}") from error


class _Stoppable:
    """A stream that ends in an error once the run is told to stop."""

    def __init__(self, stream: ByteStream, stop: threading.Event) -> None:
        self._stream = stream
        self._stop = stop

    def read(self, size: int = -1, /) -> bytes:
        if self._stop.is_set():
            raise StageError("the conversion was stopped")
        return self._stream.read(size)


def _keep_out_of_git(directory: Path) -> None:
    """It is made in the repository itself: `git add --all` would commit gigabytes of blocks."""
    try:
        (directory / ".gitignore").write_text("*\n")
    except OSError as error:
        raise FlistError(f"{directory} can't be written: {error}") from error


def _leads_to(path: Path, target: str) -> bool:
    return path.is_symlink() and os.readlink(path) == target  # noqa: PTH115 - as it stands


def _beside(path: Path) -> Path:
    """A name in the same folder that nobody reads: a rename from it is atomic."""
    return path.with_name(f".{uuid.uuid4().hex}")
