"""The value of `RUN --mount=`: comma-separated `key=value`, with CSV's quotes.

https://docs.docker.com/reference/dockerfile/#run---mount
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tfimages_action.core.dockerfile.model import LineError
from tfimages_action.core.dockerfile.source import BOOLEANS

SCRATCH: Final = "scratch"
_TYPES: Final = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARING: Final = ("shared", "private", "locked")
_DECIMAL: Final = re.compile(r"\d{1,4000}", re.ASCII)
_OCTAL: Final = re.compile(r"[0-7]+")
_SIZE: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?(?:[kKmMgGtTpP][iI]?[bB]?|[bB])?", re.ASCII)
_UINT32: Final = 2**32
_ALIASES: Final = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "ro": "readonly",
    "rw": "readwrite",
}
_FREE: Final = ("from", "source", "target", "id", "env")
_SWITCHES: Final = ("readonly", "readwrite", "required")


def csv_fields(text: str) -> list[str]:
    """One line of CSV. Raises `LineError`."""
    if text.endswith("\n"):
        text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise LineError("an empty --mount or --device")
    if '"' not in text:
        return text.split(",")
    fields: list[str] = []
    position = 0
    while True:
        field, position = _csv_field(text, position)
        fields.append(field)
        if position >= len(text):
            return fields
        position += 1
        if position == len(text):
            return [*fields, ""]


def _csv_field(text: str, position: int) -> tuple[str, int]:
    if text[position] != '"':
        end = text.find(",", position)
        end = len(text) if end < 0 else end
        if '"' in text[position:end]:
            raise LineError(f"a quote within a field of {text!r}")
        return text[position:end], end
    field = ""
    position += 1
    while True:
        end = text.find('"', position)
        if end < 0:
            raise LineError(f"a quote without its end in {text!r}")
        field += text[position:end]
        position = end + 1
        if text[position : position + 1] == '"':
            field += '"'
            position += 1
        elif text[position : position + 1] in ("", ","):
            return field, position
        else:
            raise LineError(f"a quote within a field of {text!r}")


def mount_source(text: str) -> str:
    """What the mount takes from, before anything is expanded; `scratch` without `from=`."""
    if '"' not in text and "from" not in text.lower():
        if not text:
            raise LineError("an empty --mount")
        return SCRATCH
    source = ""
    for field in csv_fields(text):
        key, equals, value = field.partition("=")
        if not equals or key.lower() != "from":
            continue
        if "$" in value[:-1]:
            raise LineError(
                f"the mount's from={value} holds a variable",
                hint="BuildKit expands none there: give the image a stage of its own",
            )
        source = value
    return source or SCRATCH


def check_device(text: str) -> None:
    """Raise `LineError` where BuildKit refuses a `--device=`."""
    name = ""
    for field in csv_fields(text):
        key, equals, value = field.partition("=")
        match key.lower(), equals:
            case "required", "":
                continue
            case "required", _ if value not in BOOLEANS:
                raise LineError(f"invalid value for {key}: {value}")
            case "required", _:
                continue
            case "name", "=" if not name:
                name = value
            case _ if not name and key.lower() != "name":
                name = field
            case _:
                raise LineError(f"unexpected {field!r} in a --device")


def read_mount(text: str, expand: Callable[[str], str]) -> dict[str, str]:
    """All options of a mount by their long names, `type` always. Raises `LineError`."""
    mount = {"type": "bind"}
    for field in csv_fields(text):
        key, equals, value = field.partition("=")
        key = _ALIASES.get(key.lower(), key.lower())
        if not equals:
            if key not in _SWITCHES:
                raise LineError(f"the mount's {field!r} must be a key=value pair")
            value = "true"
        _check_option(mount, key, expand(value) if equals else value)
    _check_whole(mount)
    return mount


def _check_option(mount: dict[str, str], key: str, value: str) -> None:
    kind = mount["type"]
    fine = True
    match key:
        case "type":
            value = value.lower()
            fine = value in _TYPES
        case "readonly" | "readwrite":
            fine = value in BOOLEANS
        case "required":
            fine = kind in ("secret", "ssh") and value in BOOLEANS
        case "size":
            fine = kind == "tmpfs" and bool(_SIZE.fullmatch(value))
        case "sharing":
            value = value.lower()
            fine = value in _SHARING
        case "mode":
            fine = bool(_OCTAL.fullmatch(value)) and int(value, 8) < _UINT32
        case "uid" | "gid":
            fine = bool(_DECIMAL.fullmatch(value)) and int(value) < _UINT32
        case _:
            fine = key in _FREE
    if not fine:
        raise LineError(f"a {kind} mount can't have {key}={value}")
    mount[key] = value


def _check_whole(mount: dict[str, str]) -> None:
    kind = mount["type"]
    if kind in ("bind", "tmpfs") and not mount.keys().isdisjoint(("mode", "uid", "gid")):
        raise LineError(f"a {kind} mount can't have mode, uid or gid")
    if kind != "cache" and mount.get("sharing"):
        raise LineError(f"a {kind} mount can't have sharing")
    if kind == "ssh" and mount.get("source"):
        raise LineError("an ssh mount can't have a source")
    if kind != "secret":
        return
    if mount.get("from"):
        raise LineError("a secret mount can't have from")
    if not any(mount.get(key) for key in ("source", "target", "id")):
        raise LineError("a secret mount needs an id, a source or a target")
    if mount.get("source") and mount.get("id"):
        raise LineError("a secret mount can't have both source and id")
