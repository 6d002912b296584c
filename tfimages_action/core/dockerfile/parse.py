"""Parse a Dockerfile: BuildKit's parser for the instructions, our own rules on top."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

from tfimages_action.core.dockerfile.instructions import (
    IGNORES_FLAGS,
    check,
    read_flags,
    stage_name,
)
from tfimages_action.core.dockerfile.model import (
    ArgUse,
    DeclaredArg,
    Dockerfile,
    Heredoc,
    Instruction,
    LineError,
    Source,
    Stage,
)
from tfimages_action.core.dockerfile.mounts import mount_source
from tfimages_action.core.dockerfile.plain import plain_instructions
from tfimages_action.core.dockerfile.platforms import PLATFORM_ARGS
from tfimages_action.core.dockerfile.skim import skim
from tfimages_action.core.dockerfile.source import (
    SPACE_CHARS,
    SourceText,
    prepare,
    reveal,
    split_command,
    strings_of_json,
    unsplittable,
    without_half_json,
)
from tfimages_action.core.dockerfile.words import BACKSLASH, WordError, expand
from tfimages_action.errors import DockerfileError, Location

_START: Final = "it begins with FROM, an image or `scratch`"
_ERROR_LINE: Final = re.compile(r"(?:dockerfile parse error )?(?:on )?line (\d+): ?(.*)", re.DOTALL)
_NO_STRINGS: Final = "arrays must be comprised of strings only"
_ONBUILD: Final = re.compile(r"^\s*ONBUILD\s*", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[\t\v\f\r ]+")


class _Command(Protocol):
    """What the wheel makes of one instruction."""

    cmd: str | None
    sub_cmd: str | None
    json: bool
    original: str | None
    start_line: int
    flags: tuple[str, ...]
    value: tuple[str, ...]


def parse(data: bytes, *, path: str = "Dockerfile") -> Dockerfile:
    """Parse the bytes of one Dockerfile.

    The result depends on `data` alone (cache it by blob id); `path`, relative to the
    repository's root, is only for the error's location. Raises `DockerfileError` where BuildKit
    would refuse the file whatever the target and the build args.
    """
    try:
        return parse_data(data)
    except LineError as error:
        raise located(error, path) from None


def located(error: LineError, path: str) -> DockerfileError:
    """The same as an error for people, with its place."""
    location = Location(path=path, line=error.line)
    return DockerfileError(error.message, hint=error.hint, location=location)


def parse_data(data: bytes) -> Dockerfile:
    """The same as `parse`; raises `LineError`."""
    if not data:
        raise LineError("the Dockerfile is empty", hint=_START)
    skimmed = skim(data)
    if skimmed is not None:
        return skimmed
    instructions, escape = plain_instructions(data), BACKSLASH
    if instructions is None:
        source = prepare(data)
        instructions, escape = read_instructions(source), source.escape
    first = next((i for i, one in enumerate(instructions) if one.name == "from"), None)
    if first is None:
        raise LineError("the Dockerfile has no FROM", hint=_START)
    for instruction in instructions[:first]:
        if instruction.name != "arg":
            raise LineError(f"{instruction.name.upper()} before the first FROM", instruction.line)
    stages = _stages(instructions[first:], escape)
    args = _args(instructions[:first], stages)
    return Dockerfile(
        stages=stages,
        args=args,
        declared=frozenset([arg.name for arg in args]),
        uses=_uses(data, args),
        escape=escape,
    )


def read_instructions(source: SourceText) -> list[Instruction]:
    """Every instruction of a file or of an ONBUILD trigger, checked. Raises `LineError`."""
    commands = _commands(source.text, source.escape)
    instructions: list[Instruction] = []
    for command in commands:
        try:
            instruction = _instruction(command, source)
            check(instruction)
        except LineError as error:
            error.line = command.start_line
            raise
        instructions.append(instruction)
    return instructions


def _commands(text: str, escape: str) -> Sequence[_Command]:
    import dockerfile as wheel  # noqa: PLC0415 - it starts Go's runtime; few files need it

    try:
        commands: Sequence[_Command] = wheel.parse_string(text)
    except UnicodeDecodeError:
        return _commands(unsplittable(text), escape)
    except wheel.GoParseError as error:
        other = without_half_json(text, escape) if _NO_STRINGS in str(error) else text
        if other == text:
            raise _parser_error(str(error)) from None
        return _commands(other, escape)
    return commands


def _parser_error(text: str) -> LineError:
    found = _ERROR_LINE.match(text)
    if not found:
        return LineError(text)
    return LineError(found.group(2) or text, int(found.group(1)) or None)


def _instruction(command: _Command, source: SourceText) -> Instruction:
    name = (command.cmd or "").lower()
    heredocs = source.heredocs.get(command.start_line, ())
    if name == "onbuild":
        return _onbuild(command, heredocs)
    words, json, flags = command.value, command.json, command.flags
    text = command.original or ""
    if heredocs or "\x01" in text:
        words = tuple([reveal(word) for word in words])
        text = reveal(text)
    if source.escape != "\\" and flags:
        _, newer_flags, rest = split_command(text, source.escape)
        flags = tuple(newer_flags)
        words = _words(name, rest) or words
    if json and strings_of_json(split_command(text, source.escape)[2]) is None:
        json = False
        words = _words(name, split_command(text, source.escape)[2])
    read = read_flags(name, flags) if flags and name not in IGNORES_FLAGS else ()
    if name == "run":
        words = ()
    return Instruction(name, command.start_line, words, read, json, heredocs)


def _words(name: str, rest: str) -> tuple[str, ...]:
    """The words of an instruction that the parser took apart by older rules."""
    match name:
        case "add" | "copy" | "volume":
            return strings_of_json(rest) or tuple(_BLANKS.split(rest))
        case "run" | "cmd" | "entrypoint" | "shell":
            return strings_of_json(rest) or (rest,)
        case "healthcheck":
            return tuple(rest.split(maxsplit=1))
        case _:
            return ()


def _onbuild(command: _Command, heredocs: tuple[Heredoc, ...]) -> Instruction:
    """The parser loses the flags and heredocs of what is triggered: keep the text instead."""
    read_flags("onbuild", command.flags)
    text = reveal(command.original or "")
    words: tuple[str, ...] = ()
    if command.sub_cmd is not None:
        trigger = _ONBUILD.sub("", text).strip(SPACE_CHARS)
        for heredoc in heredocs:
            trigger += f"\n{heredoc.content}{heredoc.name}"
        words = (trigger,)
    return Instruction("onbuild", command.start_line, words)


def _stages(instructions: list[Instruction], escape: str) -> tuple[Stage, ...]:
    starts = [i for i, one in enumerate(instructions) if one.name == "from"]
    stages: list[Stage] = []
    for start, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        opening = instructions[start]
        body = tuple(instructions[start + 1 : end])
        stages.append(
            Stage(
                base=opening.words[0],
                name=stage_name(opening),
                platform=opening.flag("platform") or None,
                line=opening.line,
                instructions=body,
                sources=tuple([s for one in body if one.flags for s in sources_of(one, escape)]),
            )
        )
    return tuple(stages)


def sources_of(instruction: Instruction, escape: str) -> list[Source]:
    """What a COPY or RUN takes from other stages and images. Raises `LineError`."""
    line = instruction.line
    if instruction.name == "run":
        mounts = instruction.flag_values("mount")
        return [Source(line, mount_source(mount), copies=False) for mount in mounts]
    name = instruction.flag("from") if instruction.name == "copy" else ""
    if not name:
        return []
    try:
        changed = expand(name, {}, escape=escape) != name
    except WordError as error:
        raise LineError(f"--from={name}: {error}", line) from None
    if changed:
        hint = "give the image a stage of its own, FROM with an ARG from before the first FROM"
        raise LineError(f"--from={name} holds a variable or a quote", line, hint=hint)
    return [Source(line, name, copies=True)]


def _args(opening: list[Instruction], stages: tuple[Stage, ...]) -> tuple[DeclaredArg, ...]:
    declared: list[tuple[int | None, Instruction]] = [(None, one) for one in opening]
    for index, stage in enumerate(stages):
        declared += [(index, one) for one in stage.instructions if one.name == "arg"]
    args: list[DeclaredArg] = []
    for owner, instruction in declared:
        for word in instruction.words:
            name, equals, default = word.partition("=")
            args.append(
                DeclaredArg(
                    name=name,
                    default=default if equals else None,
                    line=instruction.line,
                    stage=owner,
                )
            )
    return tuple(args)


def _uses(data: bytes, args: tuple[DeclaredArg, ...]) -> tuple[ArgUse, ...]:
    bare = {
        a.name for a in args if a.default is None and a.stage is not None and a.name.isidentifier()
    }
    bare -= PLATFORM_ARGS
    if not bare:
        return ()
    names = "|".join(sorted(bare, key=len, reverse=True))
    use = re.compile(rf"(?<!\\)\$(?:({names})\b|\{{({names})(?:[}}?#%/]|:\?))")
    return tuple(
        ArgUse(found.group(1) or found.group(2), number)
        for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1)
        if "$" in line and not line.lstrip().startswith("#")
        for found in use.finditer(line)
    )
