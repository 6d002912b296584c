"""How GitHub's runner reads what a step says: workflow commands in its log, and file commands.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MESSAGE_LIMIT: Final = 4096
_ANNOTATIONS_PER_LEVEL: Final = 10
_COMMAND = re.compile(r"^::(?P<name>[a-z-]+)(?: (?P<properties>.*?))?::(?P<text>.*)$")


class CommandFileError(ValueError):
    """The runner can't read a file command: the step fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One annotation as GitHub shows it."""

    level: str
    message: str
    title: str = ""
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a step's log came to."""

    lines: tuple[str, ...]
    """What a reader sees: commands are taken out, groups stand as `> title`."""
    annotations: tuple[Annotation, ...]
    masks: tuple[str, ...]
    """What the step asked to be masked."""


def read_log(text: str) -> Said:
    """Read a log as the runner does: commands, groups, masks, and its limits."""
    lines: list[str] = []
    annotations: list[Annotation] = []
    masks: list[str] = []
    for line in text.splitlines():
        hit = _COMMAND.match(line)
        if hit is None:
            lines.append(line)
            continue
        match hit["name"]:
            case "error" | "warning" | "notice":
                annotations.append(_annotation(hit["name"], hit["properties"], hit["text"]))
            case "add-mask":
                masks.append(_unescape(hit["text"]))
            case "group":
                lines.append(f"> {_unescape(hit['text'])}")
            case "debug" | "endgroup":
                pass
            case _:
                lines.append(line)
    return Said(lines=tuple(lines), annotations=_shown(annotations), masks=tuple(masks))


def read_pairs(text: str) -> dict[str, str]:
    """Read a file of `name=value` and `name<<DELIMITER` entries. Raises `CommandFileError`."""
    pairs: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line.strip():
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = line.partition("=")
        elif heredoc >= 0:
            name, _, delimiter = line.partition("<<")
            value = "\n".join(_until(lines, delimiter))
        else:
            raise CommandFileError(f"Invalid format {line!r}")
        if not name:
            raise CommandFileError(f"Invalid format {line!r}: no name")
        pairs[name] = value
    return pairs


def _until(lines: Iterator[str], delimiter: str) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line == delimiter:
            return found
        found.append(line)
    raise CommandFileError(f"Matching delimiter not found {delimiter!r}")


def _annotation(level: str, properties: str | None, text: str) -> Annotation:
    pairs = dict(part.partition("=")[::2] for part in (properties or "").split(",") if "=" in part)
    line = pairs.get("line", "")
    return Annotation(
        level=level,
        message=_unescape(text)[:MESSAGE_LIMIT],
        title=_unescape_property(pairs.get("title", "")),
        file=_unescape_property(pairs.get("file", "")),
        line=int(line) if line.isdigit() else None,
    )


def _shown(annotations: list[Annotation]) -> tuple[Annotation, ...]:
    seen: dict[str, int] = {}
    shown = []
    for annotation in annotations:
        seen[annotation.level] = seen.get(annotation.level, 0) + 1
        if seen[annotation.level] <= _ANNOTATIONS_PER_LEVEL:
            shown.append(annotation)
    return tuple(shown)


def _unescape(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _unescape_property(text: str) -> str:
    return _unescape(text.replace("%3A", ":").replace("%2C", ","))
