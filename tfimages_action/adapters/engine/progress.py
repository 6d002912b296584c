"""Decodes what `buildx --progress=rawjson` writes into lines for a person.

BuildKit's stream of solve statuses: vertexes (steps), logs and warnings, with bytes in base64
(github.com/moby/buildkit client/graph.go). buildx writes each as JSON over several lines until
0.14 and as one line from 0.15; an error follows as plain text.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

_INTERNAL: Final = "[internal]"
_OPENING: Final = "{"
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(slots=True)
class _Vertex:
    number: int
    name: str
    shown: bool
    done: bool = False
    error: str = ""
    said: str = ""
    """The last line of its output that is not blank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What BuildKit found questionable in a Dockerfile: by its own checks since version 0.14."""

    text: str
    line: int | None = None
    url: str = ""
    """The page of the check's rule."""

    def __str__(self) -> str:
        return self.text + (f" (line {self.line})" if self.line else "")


@dataclass(slots=True)
class Progress:
    """Feed it the lines of standard error; it logs, and keeps warnings and the error's text."""

    log: Callable[[str], None]
    warnings: list[Warned] = field(default_factory=list)
    error_text: list[str] = field(default_factory=list)
    _buffer: list[str] = field(default_factory=list)
    _vertexes: dict[str, _Vertex] = field(default_factory=dict)
    _partial: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def feed(self, line: str) -> None:
        """Take one line, without its newline."""
        if not self._buffer and not line.startswith(_OPENING):
            if line.strip():
                self.error_text.append(line)
            return
        self._buffer.append(line)
        # Only a line that closes a brace at the left margin can end an object.
        if not (line.startswith("}") or (len(self._buffer) == 1 and line.endswith("}"))):
            return
        try:
            status = json.loads("\n".join(self._buffer))
        except ValueError:
            return
        self._buffer.clear()
        if isinstance(status, dict):
            self._status(status)

    def close(self) -> None:
        """Log what came without a newline at its end."""
        for digest, _ in tuple(self._partial):
            self._flush(digest)

    def last_line(self, error: str) -> str:
        """The last line that the step which failed with this error wrote; empty for none."""
        said = (one.said for one in self._vertexes.values() if one.error == error)
        return next(said, "") if error else ""

    def _flush(self, digest: str) -> None:
        for key in [key for key in self._partial if key[0] == digest]:
            self._wrote(self._vertexes.get(digest), self._partial.pop(key))

    def _status(self, status: Mapping[str, Any]) -> None:
        for vertex in status.get("vertexes") or ():
            self._vertex(vertex)
        for entry in status.get("logs") or ():
            self._output(entry)
        for warning in status.get("warnings") or ():
            warned = _warning(warning)
            # The same for each platform, and again when its step runs.
            if warned not in self.warnings:
                self.warnings.append(warned)
                self.log(f"WARNING: {warned}")

    def _vertex(self, seen: Mapping[str, Any]) -> None:
        digest, name = str(seen.get("digest")), str(seen.get("name", ""))
        if not seen.get("started") and not seen.get("cached") and not seen.get("error"):
            return
        vertex = self._vertexes.get(digest)
        if vertex is None:
            vertex = _Vertex(
                number=len(self._vertexes) + 1, name=name, shown=not name.startswith(_INTERNAL)
            )
            self._vertexes[digest] = vertex
            self._say(vertex, name.encode())
        if vertex.done:
            return
        if seen.get("error") or seen.get("cached") or seen.get("completed"):
            self._flush(digest)
        if seen.get("error"):
            vertex.done, vertex.shown = True, True
            vertex.error = str(seen["error"])
            self._say(vertex, f"ERROR: {vertex.error}".encode())
        elif seen.get("cached"):
            vertex.done = True
            self._say(vertex, b"CACHED")
        elif seen.get("completed"):
            vertex.done = True
            self._say(vertex, f"DONE {_seconds(seen):.1f}s".encode())

    def _output(self, entry: Mapping[str, Any]) -> None:
        key = str(entry.get("vertex")), int(entry.get("stream", 1))
        data = self._partial.pop(key, b"") + base64.b64decode(entry.get("data") or "")
        *lines, rest = data.split(b"\n")
        vertex = self._vertexes.get(key[0])
        for line in lines:
            self._wrote(vertex, line)
        if rest:
            self._partial[key] = rest

    def _wrote(self, vertex: _Vertex | None, line: bytes) -> None:
        text = _COLOUR.sub("", self._say(vertex, line)).strip()
        if vertex is not None and text:
            vertex.said = text

    def _say(self, vertex: _Vertex | None, line: bytes) -> str:
        text = line.decode(errors="replace").rstrip("\r")
        # A progress bar redraws its line: its last state says it all.
        text = text.rpartition("\r")[2]
        if vertex is None:
            self.log(text)
        elif vertex.shown:
            self.log(f"#{vertex.number} {text}")
        return text


def _warning(warning: Mapping[str, Any]) -> Warned:
    text = base64.b64decode(warning.get("short") or "").decode(errors="replace").strip()
    lines = [part.get("start", {}).get("line") for part in warning.get("range") or ()]
    return Warned(
        text=text,
        line=int(lines[0]) if lines and lines[0] else None,
        url=str(warning.get("url") or ""),
    )


def _seconds(vertex: Mapping[str, Any]) -> float:
    try:
        started, completed = _moment(vertex["started"]), _moment(vertex["completed"])
    except (KeyError, ValueError):
        return 0.0
    return max(0.0, (completed - started).total_seconds())


def _moment(text: str) -> datetime:
    # Nanoseconds, which datetime does not read before Python 3.12 in every form.
    head, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{(fraction + '000000')[:6]}+00:00")
