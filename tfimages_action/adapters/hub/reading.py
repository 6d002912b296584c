"""Everything that the Hub shows to anybody: listings, one flist's facts, and the flist itself."""

from __future__ import annotations

import hashlib
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Final

from tfimages_action.adapters.hub import fields, replies
from tfimages_action.adapters.hub.answers import Dump, EntryType, Light, Listed
from tfimages_action.adapters.hub.errors import HubNotFoundError, HubUnknownError
from tfimages_action.adapters.hub.fields import Fields
from tfimages_action.adapters.hub.transport import Answer, Transport
from tfimages_action.core import flist_name

_API: Final = ("api", "flist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file as it came: its md5 and sha256 (hex), and size in bytes."""

    md5: str
    sha256: str
    size: int


class HubReader:
    """The public half of the Hub's API. Names may be given with or without `.flist`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def url(self) -> str:
        return self._transport.url

    def address(self, user: str, name: str) -> str:
        """Where ZOS fetches an flist."""
        return self._transport.address((user, flist_name.with_suffix(name)))

    def all_listings(self) -> dict[str, tuple[Listed, ...]]:
        """Every user's listing at once."""
        listing = Fields.of(self._get(("api", "fileslist"), "listing all users"))
        return {
            user: tuple(Listed.read(item) for item in listing.items(user)) for user in listing.raw()
        }

    def listing(self, user: str) -> tuple[Listed, ...] | None:
        """What a user has; `None` for a user without a folder."""
        answer = self._find((*_API, user), f"listing {user}")
        return None if answer is None else tuple(map(Listed.read, fields.objects(answer)))

    def tag_listing(self, user: str, tag: str) -> tuple[Listed, ...] | None:
        """What is gathered under a tag; `None` where there is no such tag."""
        answer = self._find((*_API, user, "tags", tag), f"listing {user}'s tag {tag}")
        return None if answer is None else tuple(map(Listed.read, fields.objects(answer)))

    def light(self, user: str, name: str) -> Light | None:
        """What stands under a name now; `None` only when the Hub says that nothing does."""
        answer = self._find((*_API, user, name, "light"), f"looking at {user}/{name}")
        return None if answer is None else Light.read(Fields.of(answer), answer.hub_time)

    def dump(self, user: str, name: str) -> Dump | None:
        """The flist's paths and counts; `None` where it is absent, a dead link or unreadable."""
        answer = self._find((*_API, user, name), f"listing the content of {user}/{name}")
        return None if answer is None else Dump.read(Fields.of(answer))

    def metadata(self, user: str, name: str) -> dict[str, object] | None:
        """Its metadata: `backend`, `readme`, and whatever an upload's fields said."""
        answer = self._find((*_API, user, name, "metadata"), f"reading {user}/{name}'s metadata")
        return None if answer is None else Fields.of(answer).raw()

    def readlink(self, user: str, name: str) -> str | None:
        """A link's target: `x.flist`, `../user/x.flist`, or `user/tags/v1` for a tag's link.

        `None` for what is no link, and for what is absent.
        """
        light = self.light(user, name)
        if light is not None and light.type is not EntryType.TAGLINK:
            return light.target
        answer = self._find((*_API, user, name, "taglink"), f"reading the tag link {user}/{name}")
        return None if answer is None else Fields.of(answer).text("target")

    def md5(self, user: str, name: str) -> str | None:
        """The md5 of the flist's file, as the Hub counts it."""
        answer = self._find((user, f"{flist_name.with_suffix(name)}.md5"), f"md5 of {user}/{name}")
        return None if answer is None else answer.text().strip()

    def download(
        self, user: str, name: str, into: IO[bytes], *, tag: str | None = None
    ) -> Downloaded:
        """Fetch an flist's file. Raises `HubNotFoundError`, or `HubUnknownError` when cut."""
        name = flist_name.with_suffix(name)
        parts = (user, name) if tag is None else (user, "tags", tag, name)
        answer = self._get(parts, f"downloading {user}/{name}")
        if not answer.body:
            raise HubUnknownError(f"downloading {user}/{name}: an empty file came")
        into.write(answer.body)
        md5 = hashlib.md5(answer.body, usedforsecurity=False).hexdigest()
        sha256 = hashlib.sha256(answer.body).hexdigest()
        return Downloaded(md5=md5, sha256=sha256, size=len(answer.body))

    def heeding(self, stop: threading.Event) -> AbstractContextManager[None]:
        """Every call of this thread ends with `HubStoppedError` once `stop` is set."""
        return self._transport.heeding(stop)

    def _get(self, parts: tuple[str, ...], doing: str) -> Answer:
        answer = self._transport.call("GET", parts)
        if answer.status != HTTPStatus.OK:
            raise replies.failure(answer, doing)
        return answer

    def _find(self, parts: tuple[str, ...], doing: str) -> Answer | None:
        """Only a 404 means absent; whatever else goes wrong is an error."""
        try:
            return self._get(parts, doing)
        except HubNotFoundError:
            return None
