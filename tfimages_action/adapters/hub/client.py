"""The owner's half of the Hub's API. Each change is read back; what would lose data is refused.

The Hub changes its working directory, process-wide, to make a link: under load 1.7 % of links
went into another user's folder. So changes are made one at a time and never believed.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import IO, Final, Self

from tfimages_action.adapters.hub import refusals, replies
from tfimages_action.adapters.hub.answers import Light, Promoted, Statistics, Uploaded
from tfimages_action.adapters.hub.errors import HubBrokenPromiseError, HubRefusedUsError
from tfimages_action.adapters.hub.fields import Fields
from tfimages_action.adapters.hub.multipart import MultipartFile, Progress
from tfimages_action.adapters.hub.reading import HubReader
from tfimages_action.adapters.hub.transport import Answer, Transport
from tfimages_action.core import flist_name

_ME: Final = ("api", "flist", "me")


class Hub(HubReader):
    """The Hub as one user of it. Made by `sign_in`."""

    def __init__(self, transport: Transport, user: str) -> None:
        super().__init__(transport)
        self.user = user
        self._turn = threading.Lock()

    @classmethod
    def sign_in(cls, transport: Transport) -> Self:
        """Ask the Hub who the token's owner is. Raises `HubRefusedUsError`.

        The transport's `active_user` must be the answer: the Hub ignores an `active-user` that it
        doesn't grant, and would work in another's folder.
        """
        answer = transport.call("GET", _ME, own=True)
        if not replies.succeeded(answer):
            raise replies.failure(answer, "asking the Hub who we are")
        user = Fields.of(answer).within("payload").text("username")
        wanted = transport.active_user
        if wanted is not None and user != wanted:
            raise HubRefusedUsError(
                f"the token works for {user} on the Hub, not for {wanted}",
                status=answer.status,
                said=user,
                hint=f"set `hub-user` to {user}, or use a token that may act for {wanted}",
            )
        return cls(transport, user)

    def mine(self, name: str) -> Light | None:
        """What stands under one of our names."""
        return self.light(self.user, name)

    def convert(self, image: str, *, stop: threading.Event | None = None) -> Statistics:
        """Have an image converted; silent until its end. Raises `HubUnknownError` and others.

        The statistics are what the Hub says, and prove nothing.
        """
        name = flist_name.of_image(image)
        refusals.write_over(self.user, name, self.mine(name))
        answer = self._transport.call(
            "POST",
            (*_ME, "docker"),
            own=True,
            form={"image": image},
            silence_s=self._transport.limits.convert_s,
            stop=stop,
        )
        payload = self._succeeded(answer, f"converting {image}").within("payload")
        return Statistics.read(payload.within("name"))

    def upload(
        self,
        archive: IO[bytes],
        name: str,
        *,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> Uploaded:
        """Upload a root file system (`.tar.gz`, seekable) to become the flist `name`."""
        refusals.write_over(self.user, name, self.mine(name))
        fields = {f"metadata-{key}": value for key, value in (metadata or {}).items()}
        stem = name.removesuffix(flist_name.SUFFIX)
        filename = uuid.uuid4().hex + ".tar.gz"
        body = MultipartFile(archive, filename=filename, fields=fields, progress=progress)
        answer = self._send("upload", body, f"{stem}.tar.gz", stop)
        return Uploaded.read(self._succeeded(answer, f"uploading {name}"))

    def upload_flist(
        self, flist: IO[bytes], name: str, *, stop: threading.Event | None = None
    ) -> Uploaded:
        """Upload a ready flist whose blocks the Hub's storage holds; stored byte for byte."""
        refusals.write_over(self.user, name, self.mine(name))
        body = MultipartFile(flist, filename=f"{uuid.uuid4().hex}{flist_name.SUFFIX}", fields={})
        answer = self._send("upload-flist", body, name, stop)
        return Uploaded.read(self._succeeded(answer, f"uploading {name}"))

    def link(self, source: str, name: str) -> None:
        """Make `name` a link to our `source`. An old link is away for a moment: see switch.py."""
        refusals.link_over(self.user, source, name, self.mine(name))
        self._change("GET", (source, "link", name), f"linking {name} to {source}")
        self._expect_target(name, (self.user, source))

    def crosslink(self, name: str, repository: str, source: str) -> None:
        """Make `name` a link to another user's flist."""
        refusals.own_folder(self, self.user)
        refusals.link_over(self.user, f"../{repository}/{source}", name, self.mine(name))
        doing = f"linking {name} to {repository}/{source}"
        self._change("GET", (name, "crosslink", repository, source), doing)
        self._expect_target(name, (repository, source))

    def tag(self, tag: str, name: str, repository: str, source: str) -> None:
        """Put `repository/source` under our tag as `name`; replaces what the tag has there."""
        refusals.own_folder(self, self.user)
        doing = f"tagging {repository}/{source} as {tag}/{name}"
        self._change("GET", (tag, name, "tag", repository, source), doing)
        listing = self.tag_listing(self.user, tag) or ()
        wanted = (repository, flist_name.with_suffix(source))
        if not any(
            entry.target and refusals.listed_target(self.user, entry.target) == wanted
            for entry in listing
            if entry.name == name
        ):
            raise HubBrokenPromiseError(f"{doing}: the Hub said yes, and the tag doesn't have it")

    def untag(self, tag: str, name: str, repository: str, source: str) -> None:
        """Take `name` out of our tag; `repository/source` must exist, says the Hub."""
        self._change("DELETE", (tag, name, "tag", repository, source), f"untagging {tag}/{name}")

    def crosstag(self, name: str, repository: str, tag: str) -> None:
        """Make `name` (without `.flist`) a link to a whole tag of any user."""
        self._change("GET", (name, "crosstag", repository, tag), f"linking {name} to tag {tag}")

    def rename(self, source: str, name: str) -> None:
        """Rename, onto nothing, an flist that none of our links leads to."""
        refusals.rename_over(self.user, source, name, self.mine(name))
        refusals.remove(self.user, source, self.listing(self.user) or ())
        self.replace(source, name)

    def replace(self, source: str, name: str) -> None:
        """Rename over whatever `name` is, in one step: the switch's way, and only the switch's."""
        flist_name.check(name)
        self._change("GET", (source, "rename", name), f"renaming {source} to {name}")

    def promote(self, repository: str, source: str, name: str) -> Promoted:
        """Copy an flist (of any user) to our `name`."""
        destination = (self.user, name)
        there = self.light(repository, source)
        refusals.promote((repository, source), destination, there)
        doing = f"promoting {repository}/{source} to {name}"
        fields = self._change("GET", ("promote", repository, source, name), doing)
        copied = self.mine(name)
        if there is None or copied is None or copied.md5 != there.md5:
            raise HubBrokenPromiseError(f"{doing}: the Hub said yes, and the copy is another")
        return _promoted(fields.within("payload"))

    def delete(self, name: str) -> None:
        """Delete an flist or a link (not its target); not one that our links lead to."""
        refusals.remove(self.user, name, self.listing(self.user) or ())
        self._change("DELETE", (name,), f"deleting {name}")

    def merge(self, name: str, sources: Sequence[str]) -> Light:
        """Merge flists (`user/name.flist`, later ones win) into our `name`."""
        refusals.own_folder(self, self.user)
        before = self.mine(name)
        refusals.write_over(self.user, name, before)
        doing = f"merging {', '.join(sources)} into {name}"
        with self._turn:
            answer = self._transport.call(
                "POST",
                (*_ME, "merge", name),
                own=True,
                json=list(sources),
                silence_s=self._transport.limits.upload_s,
            )
        self._succeeded(answer, doing)
        after = self.mine(name)
        dump = self.dump(self.user, name)
        if after is None or dump is None or not dump.statistics.credible:
            raise HubBrokenPromiseError(f"{doing}: the Hub said yes, and {name} holds nothing")
        return after

    def _expect_target(self, name: str, wanted: tuple[str, str]) -> None:
        there = self.mine(name)
        if there is None or there.target is None:
            raise HubBrokenPromiseError(
                f"the Hub said that it linked {name}, and {self.user} has no such link: "
                f"under load it puts links into other users' folders"
            )
        if refusals.resolve(self.user, there.target) != wanted:
            raise HubBrokenPromiseError(f"{name} leads to {there.target}, not to {wanted[1]}")

    def _send(
        self, kind: str, body: MultipartFile, name: str, stop: threading.Event | None
    ) -> Answer:
        # The Hub spools uploads of all users under their multipart name: that one is unique,
        # and the name to keep goes in a header.
        return self._transport.call(
            "POST",
            (*_ME, kind),
            own=True,
            body=body,
            headers={"Content-Type": body.content_type, "X-Original-Name": name.encode()},
            silence_s=self._transport.limits.upload_s,
            stop=stop,
        )

    def _change(self, method: str, parts: Sequence[str], doing: str) -> Fields:
        with self._turn:
            answer = self._transport.call(method, (*_ME, *parts), own=True)
        return self._succeeded(answer, doing)

    def _succeeded(self, answer: Answer, doing: str) -> Fields:
        if not replies.succeeded(answer):
            raise replies.failure(answer, doing)
        return Fields.of(answer)


def _promoted(payload: Fields) -> Promoted:
    ends = [payload.within("source"), payload.within("destination")]
    source, destination = [(end.text("username"), end.text("filename")) for end in ends]
    return Promoted(source=source, destination=destination)
