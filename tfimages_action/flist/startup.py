"""`/.startup.toml`, as the Hub writes it from an image's configuration.

The rules and the very bytes were seen on the Hub; the bytes matter, because an flist tells of a
file's content no more than its block keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.run.work import ImageConfig
from tfimages_action.flist.batches import MakeBlock, key_only
from tfimages_action.flist.entries import BLOCK_SIZE, STARTUP_PATH, Entry, EntryType

_ESCAPES: Final = {
    "\n": "\\n", "\r": "\\r", "\\": "\\\\", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"',
}  # fmt: skip
_BARE: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
_FIRST_PRINTABLE: Final = 0x20


@dataclass(frozen=True, slots=True, kw_only=True)
class StartConfig:
    """What of an image's configuration decides how it starts; `None` where it says nothing."""

    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    """`NAME=value` each."""
    working_dir: str = ""

    @classmethod
    def of(cls, config: Mapping[str, object]) -> StartConfig:
        """From the `Config` of `docker inspect`, or the `config` of an OCI image."""
        return cls(
            entrypoint=_words(config.get("Entrypoint")),
            cmd=_words(config.get("Cmd")),
            env=_words(config.get("Env")) or (),
            working_dir=str(config.get("WorkingDir") or ""),
        )

    @classmethod
    def of_image(cls, config: ImageConfig) -> StartConfig:
        """From what the engine's adapter says of an image."""
        return cls(
            entrypoint=config.entrypoint,
            cmd=config.cmd,
            env=config.env,
            working_dir=config.workdir,
        )

    @property
    def drops_command(self) -> bool:
        """The Hub forgets CMD where ENTRYPOINT has two elements or more."""
        return bool(self.cmd) and len(self.entrypoint or ()) > 1


def command_line(config: StartConfig) -> tuple[str, tuple[str, ...] | None]:
    """The program that ZOS will start, and its arguments (`None`: the file has none)."""
    if config.entrypoint:
        program, *rest = config.entrypoint
        return program, tuple(rest) if rest else config.cmd
    if config.cmd:
        program, *rest = config.cmd
        return program, tuple(rest)
    return "/bin/sh", ()


def startup_toml(config: StartConfig) -> bytes:
    """The file's content."""
    program, arguments = command_line(config)
    if arguments is None:
        args = "#args = null  # To use: uncomment and replace null with value"
    else:
        args = f"args = [{', '.join(map(_quoted, arguments))}]"
    environment = dict(entry.partition("=")[::2] for entry in config.env)
    lines = [
        "[startup]", "",
        "[startup.entry]", 'name = "core.system"', "",
        "[startup.entry.args]", f"name = {_quoted(program)}", args,
        f"dir = {_quoted(config.working_dir or '/')}", "",
        "[startup.entry.args.env]",
        *(f"{_key(name)} = {_quoted(value)}" for name, value in environment.items()),
    ]  # fmt: skip
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def startup_entry(config: StartConfig, make_block: MakeBlock = key_only, mtime: int = 0) -> Entry:
    """The file's entry, with its blocks made."""
    content = startup_toml(config)
    parts = [content[at : at + BLOCK_SIZE] for at in range(0, len(content), BLOCK_SIZE)]
    return Entry(
        path=STARTUP_PATH,
        type=EntryType.FILE,
        mode=0o644,
        size=len(content),
        mtime=mtime,
        blocks=tuple(make_block(part) for part in parts),
    )


def _words(value: object) -> tuple[str, ...] | None:
    return tuple(map(str, value)) if isinstance(value, Sequence) and value != "" else None


def _key(name: str) -> str:
    return name if _BARE.issuperset(name) else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or _printable(c) for c in text) + '"'


def _printable(character: str) -> str:
    return json.dumps(character)[1:-1] if ord(character) < _FIRST_PRINTABLE else character
