"""What BuildKit asks of each instruction before it looks at stages: flags, counts, forms.

The rules are those of BuildKit's `frontend/dockerfile/instructions`; they hold for every
instruction of a file, also in stages that nothing needs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Final

from tfimages_action.core.dockerfile.model import Instruction, LineError
from tfimages_action.core.dockerfile.mounts import check_device, mount_source
from tfimages_action.core.dockerfile.source import parse_heredoc
from tfimages_action.core.reference import ReferenceSyntaxError, parse_reference

_TEXT: Final = "text"
_TEXTS: Final = "texts"
_SWITCH: Final = "switch"
_FLAGS: Final[Mapping[str, Mapping[str, str]]] = {
    "add": {
        "chown": _TEXT,
        "chmod": _TEXT,
        "link": _SWITCH,
        "keep-git-dir": _SWITCH,
        "checksum": _TEXT,
        "unpack": _SWITCH,
        "exclude": _TEXTS,
    },
    "copy": {
        "chown": _TEXT,
        "from": _TEXT,
        "chmod": _TEXT,
        "link": _SWITCH,
        "exclude": _TEXTS,
        "parents": _SWITCH,
    },
    "from": {"platform": _TEXT},
    "healthcheck": {
        "interval": _TEXT,
        "timeout": _TEXT,
        "start-period": _TEXT,
        "start-interval": _TEXT,
        "retries": _TEXT,
    },
    "run": {"mount": _TEXTS, "network": _TEXT, "security": _TEXT, "device": _TEXTS},
}
_NETWORKS: Final = ("", "default", "none", "host")
_SECURITIES: Final = ("", "sandbox", "insecure")
_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9\-_.]*")
_DURATION: Final = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+", re.ASCII)
_DURATION_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_LONGEST: Final = 2**63 / 1e9
_INTEGER: Final = re.compile(r"[-+]?\d{1,4000}", re.ASCII)
_INT32: Final = 2**31


def read_flags(name: str, flags: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The flags of one instruction by name and value. Raises `LineError`."""
    known = _FLAGS.get(name, {})
    read: list[tuple[str, str]] = []
    for flag in flags:
        key, equals, value = flag[2:].partition("=")
        kind = known.get(key)
        if kind is None:
            raise LineError(f"{name.upper()} knows no flag --{key}")
        if kind != _TEXTS and any(key == earlier for earlier, _ in read):
            raise LineError(f"the flag --{key} is given twice")
        if kind == _SWITCH:
            value = _switch(key, value, given=bool(equals))
        elif not equals:
            raise LineError(f"the flag --{key} has no value")
        read.append((key, value))
    return tuple(read)


def _switch(key: str, value: str, *, given: bool) -> str:
    lower = value.lower() if given else "true"
    if lower not in ("true", "false"):
        raise LineError(f"the flag --{key} is true or false, not {value!r}")
    return lower


def check(instruction: Instruction) -> None:
    """Raise `LineError` where BuildKit refuses the instruction on its own."""
    rule = _RULES.get(instruction.name)
    if rule is None:
        near = difflib.get_close_matches(instruction.name, _RULES, n=1)
        raise LineError(
            f"unknown instruction: {instruction.name.upper()}",
            hint=f"perhaps {near[0].upper()} was meant" if near else "",
        )
    rule(instruction)


def stage_name(instruction: Instruction) -> str:
    """The name that a FROM gives its stage, in lower case; empty without one."""
    words = instruction.words
    match words:
        case (_,):
            return ""
        case (_, keyword, name) if keyword.casefold() == "as":
            return _checked_stage_name(name.lower())
        case _:
            hint = "a comment can't stand behind an instruction" if "#" in words else ""
            raise LineError("FROM takes an image, or an image AS a name", hint=hint)


def _checked_stage_name(name: str) -> str:
    try:
        parse_reference(name)  # a builder looks for a named context in the stage's place
    except ReferenceSyntaxError:
        fine = False
    else:
        fine = _STAGE_NAME.fullmatch(name) is not None
    if not fine:
        hint = "it takes a letter first, then letters and numbers with single . _ or - in between"
        raise LineError(f"invalid name for a build stage: {name!r}", hint=hint)
    return name


def _anything(_: Instruction) -> None:
    """No rule."""


def _one_word(instruction: Instruction) -> None:
    if len(instruction.words) != 1:
        raise LineError(f"{instruction.name.upper()} requires exactly one argument")


def _some_words(instruction: Instruction) -> None:
    if not instruction.words:
        raise LineError(f"{instruction.name.upper()} requires at least one argument")


def _pairs(instruction: Instruction) -> None:
    _some_words(instruction)
    if "" in instruction.words[::2]:
        raise LineError(f"{instruction.name.upper()} names can not be blank")


def _arg(instruction: Instruction) -> None:
    _some_words(instruction)
    if any(word.startswith("=") for word in instruction.words):
        raise LineError("ARG names can not be blank")


def _copies(instruction: Instruction) -> None:
    name = instruction.name.upper()
    if len(instruction.words) <= 1:
        raise LineError(f"{name} requires a source and a destination")
    if "<<" in instruction.words[-1] and parse_heredoc(instruction.words[-1]):
        raise LineError(f"{name} cannot write into a heredoc")


def _from(instruction: Instruction) -> None:
    stage_name(instruction)


def _run(instruction: Instruction) -> None:
    if not instruction.flags:
        return
    for mount in instruction.flag_values("mount"):
        mount_source(mount)
    for device in instruction.flag_values("device"):
        check_device(device)
    for key, values in (("network", _NETWORKS), ("security", _SECURITIES)):
        given = [value for name, value in instruction.flags if name == key]
        if given and (not given[0] or given[0] not in values):
            raise LineError(f"invalid {key} mode {given[0]!r}")


def _shell(instruction: Instruction) -> None:
    _some_words(instruction)
    if not instruction.json:
        raise LineError("SHELL requires the arguments to be in JSON form")


def _volume(instruction: Instruction) -> None:
    _some_words(instruction)
    if not all(word.strip() for word in instruction.words):
        raise LineError("VOLUME specified can not be an empty string")


def _onbuild(instruction: Instruction) -> None:
    _some_words(instruction)
    trigger = instruction.words[0].split(maxsplit=1)[0].upper() if instruction.words[0] else ""
    if trigger in ("ONBUILD", "FROM", "MAINTAINER"):
        raise LineError(f"{trigger} isn't allowed as an ONBUILD trigger")


def _healthcheck(instruction: Instruction) -> None:
    _some_words(instruction)
    kind, *command = instruction.words
    match kind.upper():
        case "NONE":
            if command:
                raise LineError("HEALTHCHECK NONE takes no arguments")
            return
        case "CMD":
            if not command:
                raise LineError("HEALTHCHECK CMD has no command")
        case _:
            raise LineError(f"unknown type {kind!r} in HEALTHCHECK (try CMD)")
    for key, value in instruction.flags:
        (_retries if key == "retries" else _duration)(key, value)


def _retries(key: str, value: str) -> None:
    if value and not (_INTEGER.fullmatch(value) and 0 <= int(value) < _INT32):
        raise LineError(f"--{key} is a number from 0, not {value!r}")


def _duration(key: str, value: str) -> None:
    if value.lstrip("+-") == "0" or not value:
        return
    seconds = sum(float(n) * _SECONDS[unit] for n, unit in _DURATION_PART.findall(value))
    too_short = 0 < seconds < _SECONDS["ms"] or (seconds > 0 and value.startswith("-"))
    if not _DURATION.fullmatch(value) or too_short or seconds >= _LONGEST:
        raise LineError(f"--{key} is a duration such as 30s, not {value!r}")


_RULES: Final[Mapping[str, Callable[[Instruction], None]]] = {
    "add": _copies,
    "arg": _arg,
    "cmd": _anything,
    "copy": _copies,
    "entrypoint": _anything,
    "env": _pairs,
    "expose": _some_words,
    "from": _from,
    "healthcheck": _healthcheck,
    "label": _pairs,
    "maintainer": _one_word,
    "onbuild": _onbuild,
    "run": _run,
    "shell": _shell,
    "stopsignal": _one_word,
    "user": _one_word,
    "volume": _volume,
    "workdir": _one_word,
}
IGNORES_FLAGS: Final = frozenset(("arg", "stopsignal"))
"""BuildKit reads over the flags of these."""
