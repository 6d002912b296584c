"""What BuildKit checks when it goes through the instructions of the needed stages.

Nothing here changes a reference; it finds what BuildKit refuses.
The environment of an image from outside is not known: where it may decide, the finding is a
doubt, not an error.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from tfimages_action.core.dockerfile.model import Instruction, LineError
from tfimages_action.core.dockerfile.mounts import SCRATCH, read_mount
from tfimages_action.core.dockerfile.source import parse_heredoc
from tfimages_action.core.dockerfile.stages import Node
from tfimages_action.core.dockerfile.values import (
    check_copy_source,
    check_mode,
    check_port,
    check_signal,
    is_remote,
    names_owner,
)
from tfimages_action.core.dockerfile.words import Lexer, WordError, expand

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PLAIN_PATH: Final = re.compile(r"(?!github\.com/)[\w./*?+,=@-]+", re.ASCII)
_PLAIN_TEXT: Final = re.compile(r"""[^$'"\\`\ufeff]+|"[^$"\\`\ufeff]*\"""")
_TAKES_PATHS: Final = frozenset(("add", "copy", "volume", "workdir"))
_PLAIN_PORT: Final = re.compile(r"[\w/:.-]+", re.ASCII)
_NOT_IN_ENV: Final = ("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE")


class Doubt(NamedTuple):
    """What BuildKit refuses if the base image's environment is empty."""

    line: int
    message: str


class _Environment:
    """What later instructions see of a stage; `known`: nothing of it comes from outside."""

    __slots__ = ("known", "values", "workdir")

    def __init__(self, values: dict[str, str], workdir: str, *, known: bool) -> None:
        self.values = values
        self.workdir = workdir
        self.known = known


class _DoubtError(LineError):
    """Refused, unless the base image has a working directory."""


def replay(
    needed: Sequence[Node], args: Mapping[str, str], global_args: Mapping[str, str], escape: str
) -> list[Doubt]:
    """Go through the needed stages in order. Raises `LineError` at what is surely refused."""
    doubts: list[Doubt] = []
    environments: dict[Node, _Environment] = {}
    for node in needed:
        if not node.stage:
            continue
        environment = _inherited(node, environments)
        environments[node] = environment
        if not node.replaced:
            _Replay(environment, args, global_args, escape=escape, doubts=doubts).run(node)
    return doubts


def _inherited(node: Node, environments: Mapping[Node, _Environment]) -> _Environment:
    if node.replaced or not node.base:
        known = node.base_name == SCRATCH and not node.replaced
        return _Environment({"PATH": _PATH}, "/", known=known)
    base = environments[node.base]
    return _Environment(dict(base.values), base.workdir, known=base.known)


def finds_nothing(instructions: Iterable[Instruction]) -> bool:
    """Whether `replay` surely finds nothing: each is right by itself, and none has variables."""
    return all(map(_is_right, instructions))


def _is_right(instruction: Instruction) -> bool:
    name = instruction.name
    if instruction.flags:
        return False
    if name == "run" or name not in _STEPS:
        return True
    if name == "expose":
        return all(map(_is_port, instruction.words))
    plain = _PLAIN_PATH if name in _TAKES_PATHS else _PLAIN_TEXT
    return name != "stopsignal" and all(map(plain.fullmatch, instruction.words))


@lru_cache(maxsize=1024)
def _is_port(word: str) -> bool:
    try:
        check_port(word)
    except LineError:
        return False
    return _PLAIN_PORT.fullmatch(word) is not None


@lru_cache(maxsize=8192)
def _is_inert(name: str, words: tuple[str, ...], flags: tuple[tuple[str, str], ...]) -> bool:
    """Whether an instruction changes nothing for later ones, and can not be refused."""
    if flags:
        return False
    match name:
        case "run":
            return True
        case "copy" | "add" | "label" | "user":
            return all(map(_PLAIN_PATH.fullmatch, words))
        case _:
            return False


class _Replay:
    """One stage."""

    def __init__(
        self,
        environment: _Environment,
        args: Mapping[str, str],
        global_args: Mapping[str, str],
        *,
        escape: str,
        doubts: list[Doubt],
    ) -> None:
        self._environment = environment
        self._env = environment.values
        self._args = args
        self._global_args = global_args
        self._escape = escape
        self._doubts = doubts
        self._unset: list[str] = []

    def run(self, node: Node) -> None:
        for instruction in node.instructions:
            step = _STEPS.get(instruction.name)
            if step is None or _is_inert(instruction.name, instruction.words, instruction.flags):
                continue
            self._unset.clear()
            try:
                step(self, instruction)
            except (LineError, WordError) as error:
                self._refuse(instruction, error)

    def _refuse(self, instruction: Instruction, error: LineError | WordError) -> None:
        message = f"{instruction.name.upper()}: {error}"
        may_be_set = isinstance(error, _DoubtError) or bool(self._unset)
        if self._environment.known or not may_be_set:
            raise LineError(message, instruction.line) from None
        self._doubts.append(Doubt(instruction.line, message))

    def _expand(self, word: str) -> str:
        return expand(word, self._env, escape=self._escape, unset=self._unset)

    def arg(self, instruction: Instruction) -> None:
        for word in instruction.words:
            name, equals, default = word.partition("=")
            if name in self._args:
                value: str | None = self._args[name]
            elif equals:
                value = self._expand(default)
            else:
                value = self._global_args.get(name)
            if value is not None and name not in _NOT_IN_ENV:
                self._env[name] = value

    def env(self, instruction: Instruction) -> None:
        words = list(map(self._expand, instruction.words))
        self._env.update(zip(words[::2], words[1::2], strict=True))

    def each_word(self, instruction: Instruction) -> None:
        for word in instruction.words:
            self._expand(word)

    def volume(self, instruction: Instruction) -> None:
        if not all(self._expand(word.strip()) for word in instruction.words):
            raise LineError("a volume without a name")

    def workdir(self, instruction: Instruction) -> None:
        path = self._expand(instruction.words[0])
        self._environment.workdir = posixpath.normpath(
            posixpath.join(self._environment.workdir, path)
        )

    def stop_signal(self, instruction: Instruction) -> None:
        check_signal(self._expand(instruction.words[0]))

    def expose(self, instruction: Instruction) -> None:
        for word in sorted(instruction.words):
            if _PLAIN_PORT.fullmatch(word):
                check_port(word)
                continue
            lexer = Lexer(word, self._env, escape=self._escape)
            try:
                ports = lexer.words()
            finally:
                self._unset += lexer.unset
            for port in ports:
                check_port(port)

    def copy(self, instruction: Instruction) -> None:
        adds = instruction.name == "add"
        chown = chmod = checksum = ""
        if instruction.flags:
            chown, chmod, checksum = (
                self._expand(instruction.flag(name)) for name in ("chown", "chmod", "checksum")
            )
        paths = self._copied_paths(instruction)
        if chown and instruction.flag("link") == "true" and names_owner(chown):
            raise LineError(f"--chown={chown}: with --link owners are numbers")
        check_mode(chmod)
        if checksum and not (len(paths) == 1 and is_remote(paths[0])):
            raise LineError("--checksum is for one source, by HTTP or git")
        for path in paths:
            check_copy_source(path, adds=adds, checksum=checksum)

    def _copied_paths(self, instruction: Instruction) -> list[str]:
        paths: list[str] = []
        heredocs = {heredoc.name: heredoc for heredoc in instruction.heredocs}
        for word in instruction.words[:-1]:
            announced = parse_heredoc(word) if "<<" in word else None
            if announced is None:
                paths.append(self._expand(word))
            elif announced.expand and announced.name in heredocs:
                self._inline(heredocs[announced.name].content)
        self._expand(instruction.words[-1])
        return paths

    def _inline(self, content: str) -> None:
        lexer = Lexer(content, self._env, no_quotes=True)
        try:
            lexer.word()
        finally:
            self._unset += lexer.unset

    def run_mounts(self, instruction: Instruction) -> None:
        for text in instruction.flag_values("mount"):
            mount = read_mount(text, self._expand)
            if mount["type"] in ("bind", "cache", "tmpfs"):
                self._check_target(mount.get("target", ""))

    def _check_target(self, target: str) -> None:
        if target == "/":
            raise LineError("a mount can't have the target /")
        if target.startswith("/"):
            return
        if posixpath.normpath(posixpath.join(self._environment.workdir, target)) == "/":
            raise _DoubtError("a mount has no target")


_STEPS: Final[Mapping[str, Callable[[_Replay, Instruction], None]]] = {
    "add": _Replay.copy,
    "arg": _Replay.arg,
    "copy": _Replay.copy,
    "env": _Replay.env,
    "expose": _Replay.expose,
    "label": _Replay.each_word,
    "run": _Replay.run_mounts,
    "stopsignal": _Replay.stop_signal,
    "user": _Replay.each_word,
    "volume": _Replay.volume,
    "workdir": _Replay.workdir,
}
