"""Conversion, upload and merge: what they write, what they answer, and how they go wrong."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import IO

from tests.standins.hub import flists, names, rootfs
from tests.standins.hub.faults import Fault, Faults
from tests.standins.hub.flists import Flists, Made
from tests.standins.hub.multipart import Form
from tests.standins.hub.pull import Puller, PullError
from tests.standins.hub.replies import Reply, error, html, spaced, success
from tests.standins.hub.storage import Storage

_MAX_FILE_NAME = 255
_BUILT_IN = {"readme", "backend", "entrypoint", "environ", "port", "volume"}
_NOT_LOADED = "could not load local directory"


class Conversions:
    """Which conversions run: the first of two to end takes the image away from the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: Counter[str] = Counter()
        self._removed: dict[str, float] = {}
        self.asked: list[str] = []
        """Every image, in the order of the requests."""
        self.most_at_once: Counter[str] = Counter()
        """By image, how many conversions of it ever ran at the same time."""

    def begin(self, image: str) -> float:
        with self._lock:
            self.asked.append(image)
            self._active[image] += 1
            self.most_at_once[image] = max(self.most_at_once[image], self._active[image])
            return time.monotonic()

    def end(self, image: str, began: float) -> bool:
        """Whether the image was still there at the end."""
        with self._lock:
            self._active[image] -= 1
            there = self._removed.get(image, 0.0) < began
            self._removed[image] = time.monotonic()
            return there

    @property
    def running(self) -> int:
        with self._lock:
            return self._active.total()


class Workshop:
    """Everything that makes flists."""

    def __init__(
        self,
        storage: Storage,
        faults: Faults,
        puller: Puller,
        made: Flists,
        *,
        delay_s: float,
        closing: threading.Event,
    ) -> None:
        self._storage = storage
        self._faults = faults
        self._puller = puller
        self._flists = made
        self._closing = closing
        self.delay_s = delay_s
        self.conversions = Conversions()

    def convert(self, user: str, image: str) -> Reply:
        if not image:
            return error(400, "missing docker image name")
        began = self.conversions.begin(image)
        try:
            reply = self._convert(user, image)
            self._closing.wait(max(0.0, self.delay_s - (time.monotonic() - began)))
        finally:
            there = self.conversions.end(image, began)
        return reply if there or reply.status != 200 else _image_gone(image)

    def _convert(self, user: str, image: str) -> Reply:
        if self._faults.take(Fault.PULL_FAILED):
            return error(500, "could not pull this image")
        if self._faults.take(Fault.HTML_500):
            return html(500)
        if self._faults.take(Fault.HANG):
            self._closing.wait()
            return html(500)
        try:
            made = self._from_registry(image)
        except PullError as failed:
            return error(500, str(failed))
        return self._keep_conversion(user, names.of_image(image), made)

    def _from_registry(self, image: str) -> Made:
        with (
            tempfile.TemporaryDirectory(prefix="hub-standin-") as folder,
            tempfile.TemporaryFile() as export,
        ):
            pulled = self._puller.pull(image, Path(folder))
            rootfs.merge(pulled.layers, export, workdir=pulled.config.get("WorkingDir") or "")
            export.seek(0)
            return self._flists.from_export(export, pulled.config)

    def _keep_conversion(self, user: str, name: str, made: Made) -> Reply:
        if self._faults.take(Fault.STORAGE_DOWN):
            self._storage.commit(user, name, flists.empty().content)
            return success({"name": {}})
        if self._faults.take(Fault.PARTIAL_500):
            self._storage.commit(user, name, flists.part(made).content)
            return error(500, _NOT_LOADED)
        if self._faults.take(Fault.CUT_ARCHIVE):
            made = flists.part(made)
        self._commit(user, name, made)
        if self._faults.take(Fault.WRITTEN_500):
            return error(500, "UnixHTTPConnectionPool: Read timed out. (read timeout=60)")
        return success({"name": made.statistics})

    def _commit(self, user: str, name: str, made: Made) -> None:
        """A commit that fails is not noticed: the old file is gone by then."""
        too_long = len(f"{name}.uncompressed".encode()) > _MAX_FILE_NAME
        if too_long or self._faults.take(Fault.LOST_COMMIT):
            if not too_long:
                self._storage.path(user, name).unlink(missing_ok=True)
            return
        self._storage.commit(user, name, made.content)

    def upload(self, user: str, form: Form, original: str | None) -> Reply:
        refused = _refused_upload(form, names.ARCHIVE)
        if refused or form.file is None or form.filename is None:
            return refused or error(500, "no file found")
        wanted = Path(original).name if original else names.secure(form.filename)
        name = names.of_archive(wanted)
        metadata = {
            key.removeprefix("metadata-"): value
            for key, value in form.fields.items()
            if key.startswith("metadata-") and key.removeprefix("metadata-") not in _BUILT_IN
        }
        if self._faults.take(Fault.STORAGE_DOWN):
            self._storage.commit(user, name, flists.empty().content)
            return _uploaded(name, {}, status=1)
        made = self._flists.from_archive(form.file, metadata)
        if made is None:
            self._storage.commit(user, name, flists.empty().content)
            failed = {"function": "putdir", "message": _NOT_LOADED}
            return _uploaded(name, {}, success_=False, error_=failed, status=1)
        if self._faults.take(Fault.CUT_ARCHIVE):
            made = flists.part(made)
        self._commit(user, name, made)
        return _uploaded(name, made.statistics)

    def upload_flist(self, user: str, form: Form, original: str | None) -> Reply:
        refused = _refused_upload(form, names.SUFFIX)
        if refused or form.file is None or form.filename is None:
            return refused or error(500, "no file found")
        name = Path(original).name if original else names.secure(form.filename)
        content = form.file.read()
        made = flists.read(content)
        if made is None:
            return html(500)
        self._storage.store_through(user, names.suffixed(name), content)
        return _uploaded(name, {**made.statistics, "content": flists.content(made)})

    def merge(  # noqa: PLR0911 - as many ways to fail as the Hub has
        self, user: str, target: str, body: IO[bytes]
    ) -> Reply:
        try:
            sources = json.loads(body.read() or b"null")
        except ValueError:
            return error(500, "malformed json request")
        if not isinstance(sources, list) or not sources:
            return error(500, "no source found")
        parts: list[Made] = []
        for source in sources:
            if not isinstance(source, str):
                return html(500)
            if source.count("/") != 1:
                return error(500, "malformed source filename")
            path = self._storage.path(*source.split("/"))
            if not path.is_symlink() and not path.exists():
                return error(500, f"{source} does not exists")
            made = flists.read(path.read_bytes()) if path.exists() else None
            if made is None:
                return spaced({"status": "success"}, 500)
            parts.append(made)
        if self._storage.folder(user).is_dir():
            self._storage.commit(user, names.suffixed(target), flists.merged(parts).content)
        return success()


def _refused_upload(form: Form, suffix: str) -> Reply | None:
    if form.filename is None:
        return error(500, "no file found")
    if not form.filename:
        return error(500, "no file selected")
    return None if form.filename.endswith(suffix) else error(500, "this file is not allowed")


def _uploaded(
    name: str,
    statistics: dict[str, object],
    *,
    success_: bool = True,
    error_: object = None,
    status: int = 0,
) -> Reply:
    files = {"success": success_, "error": error_, "response": statistics, "status": status}
    return success({"name": name, "files": files})


def _image_gone(image: str) -> Reply:
    path = f"http+docker://localhost/v1.45/images/{image}?force=True&noprune=False"
    return error(500, f'404 Client Error for {path}: Not Found ("No such image: {image}")')
