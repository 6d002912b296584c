"""Which request is which: the public half, and `me` behind a token."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from tests.standins.hub import flists
from tests.standins.hub.faults import Fault, Faults
from tests.standins.hub.multipart import Form, read_form, spool_body
from tests.standins.hub.replies import Reply, compact_error, error, html, spaced, success
from tests.standins.hub.storage import Absent, Conflict, Storage
from tests.standins.hub.tokens import Tokens
from tests.standins.hub.work import Workshop

_ME_METHODS = "OPTIONS, HEAD, POST, INFO, GET, DELETE"
_ADMINISTRATOR = "Administrator"


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: IO[bytes]
    length: int

    @property
    def parts(self) -> list[str] | None:
        """The path's parts; `None` when one of them hides a slash, which no route matches."""
        parts = [unquote(part) for part in urlsplit(self.target).path.split("/")[1:]]
        return None if any("/" in part for part in parts) else [p for p in parts if p]


class Routes:
    def __init__(
        self,
        storage: Storage,
        workshop: Workshop,
        tokens: Tokens,
        faults: Faults,
        *,
        authentication: bool = True,
        read_only: bool = False,
    ) -> None:
        self._storage = storage
        self._workshop = workshop
        self._tokens = tokens
        self._faults = faults
        self._authentication = authentication
        self._read_only = read_only
        self._chdir = threading.Lock()

    def answer(self, request: Request) -> Reply:
        parts = request.parts
        if parts is None:
            return html(404)
        try:
            if parts[:3] == ["api", "flist", "me"]:
                return self._as_user(request, parts[3:])
            return self._public(request, parts)
        except Absent as absent:
            return error(404, str(absent))
        except Conflict as conflict:
            return error(401, str(conflict))
        except (OSError, ValueError):
            return html(500)  # the Hub catches nothing there

    # -- public ----------------------------------------------------------------------------

    def _public(  # noqa: C901, PLR0911, PLR0912 - the table of the public routes
        self, request: Request, parts: list[str]
    ) -> Reply:
        if request.method not in {"GET", "HEAD", "INFO"}:
            return html(405, Allow="OPTIONS, HEAD, GET")
        match parts:
            case ["api", "flist"]:
                return spaced(self._storage.all_names())
            case ["api", "repositories"]:
                return spaced([self._repository(user) for user in self._storage.users()])
            case ["api", "fileslist"]:
                return spaced({user: self._storage.listing(user) for user in self._storage.users()})
            case ["api", "flist", user]:
                return _or_html(lambda: spaced(self._storage.listing(user)))
            case ["api", "flist", user, "tags", tag]:
                return _or_html(lambda: spaced(self._storage.tag_listing(user, tag)))
            case ["api", "flist", user, name]:
                if request.method == "INFO":
                    return spaced(self._storage.light(user, name))
                return spaced(flists.dump(self._storage.existing(user, name)))
            case ["api", "flist", user, name, "light"]:
                return spaced(self._storage.light(user, name))
            case ["api", "flist", user, name, "taglink"]:
                return spaced({"target": self._storage.taglink(user, name)})
            case ["api", "flist", user, name, "metadata"]:
                return spaced(flists.metadata(self._storage.existing(user, name)))
            case ["listen", _]:
                return compact_error(404, "job id not found")
            case ["upload" | "docker-convert"]:
                return Reply(status=302, headers={"Location": "/login-method"})
            case [user, "tags", tag, name] if name.endswith(".flist"):
                return _file(self._storage.tag_folder(user, tag) / name)
            case [user, name]:
                return self._download(user, name)
            case _:
                return html(404)

    def _repository(self, user: str) -> dict[str, object]:
        updated = int(self._storage.folder(user).stat().st_mtime)
        return {"name": user, "official": False, "updated": updated}

    def _download(self, user: str, name: str) -> Reply:  # noqa: PLR0911 - a table too
        folder = self._storage.folder(user)
        if name.endswith(".json"):
            return html(500)
        if name.endswith(".flist.md5"):
            path = folder / name.removesuffix(".md5")
            if not path.is_file():
                return html(404)
            md5 = self._storage.light(user, path.name)["md5"]
            return Reply(status=200, body=f"{md5}\n".encode(), content_type="text/plain")
        if name.endswith((".txt", ".md")):
            return self._description(user, name)
        if not name.endswith(".flist"):
            return html(404)
        replaced = not (folder / name).is_symlink()
        if replaced and self._faults.take(Fault.MISSING_DOWNLOAD):
            return html(404)
        if replaced and self._faults.take(Fault.CUT_DOWNLOAD):
            content = (folder / name).read_bytes()
            body = content[: len(content) // 2]
            return Reply(status=200, body=body, content_type="application/octet-stream")
        return _file(folder / name)

    def _description(self, user: str, name: str) -> Reply:
        stem, _, kind = name.rpartition(".")
        light = self._storage.light(user, stem)
        text = f"File: {light['name']}\nUploader: {user}\nChecksum: {light['md5']}\n"
        kind = "text/plain" if kind == "txt" else "text/html; charset=utf-8"
        return Reply(status=200, body=text.encode(), content_type=kind)

    # -- me --------------------------------------------------------------------------------

    def _as_user(self, request: Request, parts: list[str]) -> Reply:  # noqa: PLR0911
        if self._read_only or self._faults.take(Fault.READ_ONLY):
            return error_read_only()
        user: str | Reply = _ADMINISTRATOR
        if self._authentication:
            headers = request.headers
            user = self._tokens.user(headers.get("authorization"), headers.get("cookie"))
        if isinstance(user, Reply):
            return user
        match request.method:
            case "GET" | "HEAD":
                return self._get(user, parts)
            case "POST":
                return self._post(request, user, parts)
            case "DELETE":
                return self._delete(user, parts)
            case "INFO" if len(parts) == 1:
                return spaced(self._storage.light(user, parts[0]))
            case _:
                return html(405, Allow=_ME_METHODS)

    def _get(self, user: str, parts: list[str]) -> Reply:  # noqa: PLR0911
        storage = self._storage
        match parts:
            case []:
                return success({"username": user})
            case [source, "link", name]:
                return self._link(user, source, name)
            case [name, "crosslink", repository, source]:
                storage.crosslink(user, name, repository, source)
            case [tag, name, "tag", repository, source]:
                storage.tag(user, tag, name, repository, source)
            case [name, "crosstag", repository, tag]:
                storage.crosstag(user, name, repository, tag)
            case [source, "rename", name]:
                return self._rename(user, source, name)
            case ["promote", repository, source, name]:
                copied, copy = storage.promote(repository, source, user, name)
                ends = {"username": repository, "filename": copied}
                destination = {"username": user, "filename": copy}
                return success({"source": ends, "destination": destination})
            case [name]:
                return spaced(flists.dump(storage.existing(user, name)))
            case _:
                return html(404)
        return success()

    def _link(self, user: str, source: str, name: str) -> Reply:
        elsewhere = None
        if self._faults.take(Fault.MISPLACED_LINK):
            elsewhere = next(other for other in self._storage.users() if other != user)
        with self._chdir:
            self._storage.link(user, source, name, into=elsewhere)
        return success()

    def _rename(self, user: str, source: str, name: str) -> Reply:
        if not self._faults.take(Fault.RENAME_LOST):
            self._storage.rename(user, source, name)
        return success()

    def _post(self, request: Request, user: str, parts: list[str]) -> Reply:
        original = request.headers.get("x-original-name")
        match parts:
            case ["docker"]:
                with self._form(request) as form:
                    image = form.fields.get("image", "")
                return self._workshop.convert(user, image)
            case ["upload"]:
                with self._form(request) as form:
                    return self._workshop.upload(user, form, original)
            case ["upload-flist"]:
                with self._form(request) as form:
                    return self._workshop.upload_flist(user, form, original)
            case ["merge", target]:
                with spool_body(request.body, request.length) as body:
                    return self._workshop.merge(user, target, body)
            case _:
                return html(405, Allow=_ME_METHODS)

    def _form(self, request: Request) -> AbstractContextManager[Form]:
        kind = request.headers.get("content-type", "")
        return read_form(request.body, request.length, kind)

    def _delete(self, user: str, parts: list[str]) -> Reply:
        match parts:
            case [tag, name, "tag", repository, source]:
                self._storage.untag(user, tag, name, repository, source)
            case [name]:
                self._storage.delete(user, name)
            case _:
                return html(405, Allow=_ME_METHODS)
        return success()


def error_read_only() -> Reply:
    return compact_error(400, "readonly mode")


def _or_html(answer: Callable[[], Reply]) -> Reply:
    try:
        return answer()
    except Absent:
        return html(404)


def _file(path: Path) -> Reply:
    if not path.is_file():
        return html(404)
    return Reply(status=200, file=path, content_type="application/octet-stream")
