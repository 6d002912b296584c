"""A YAML document as plain values that remember the line they stand on.

Scalars stay text exactly as written, so `VERSION: 1.10` is not 1.1, a variant called `no` is not
False and a mode `0644` is not 420; only an empty value (`null`, `~`) is None. What a scalar means
is up to whoever knows the field's type.

Imported only where there is a file to read: PyYAML costs 40 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from tfimages_action.errors import ConfigError, Location

_NULL: Final = "tag:yaml.org,2002:null"
_MERGE: Final = "tag:yaml.org,2002:merge"
_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ["null", "bool", "int", "float", "str", "timestamp", "value", "map", "seq"]
)
_MAX_DEPTH: Final = 20
"""Our deepest key has six levels; aliases could nest without end."""

Path = tuple[str | int, ...]
Value: TypeAlias = str | list["Value"] | dict[str, "Value"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file: its values, and the line (from 1) of every key and list item."""

    path: str
    value: dict[str, Value]
    lines: dict[Path, int] = field(default_factory=dict)

    def location(self, path: Path = ()) -> Location:
        """The place of a key, or of the nearest thing around it that has one."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return Location(path=self.path, line=self.lines[path[:length]])
        return Location(path=self.path, line=1)


def parse(path: str, data: bytes) -> Document:
    """Parse the file's bytes; an empty file is an empty mapping. Raises `ConfigError`."""
    root = _compose(path, data)
    if root is None or root.tag == _NULL:
        return Document(path=path, value={})
    reader = _Reader(path)
    if not isinstance(root, MappingNode):
        raise reader.error("`key: value` lines are wanted here", root)
    return Document(path=path, value=reader.mapping(root, ()), lines=reader.lines)


def _compose(path: str, data: bytes) -> Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root: Node | None = yaml.compose(data.decode("utf-8-sig"), Loader=loader)
    except UnicodeDecodeError as error:
        raise ConfigError("this is not UTF-8 text", location=Location(path=path)) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(
            f"this is not YAML: {error.problem or error.context}",
            hint="look at that line and the one above it: brackets, quotes, indentation",
            location=Location(path=path, line=line),
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"this is not YAML: {error}", location=Location(path=path)) from error
    return root


class _Reader:
    """Turns YAML nodes into values; keeps the lines, refuses what YAML would let pass."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines: dict[Path, int] = {}

    def convert(self, node: Node, at: Path) -> Value:
        """The node's value; `at` is its path from the root."""
        self.lines.setdefault(at, node.start_mark.line + 1)
        if node.tag not in _TAGS:
            raise self.error(f"the YAML tag {node.tag} is not allowed", node)
        if len(at) > _MAX_DEPTH:
            raise self.error("nested too deep (an anchor that contains itself?)", node)
        match node:
            case MappingNode():
                return self.mapping(node, at)
            case SequenceNode():
                return [self.convert(item, (*at, i)) for i, item in enumerate(node.value)]
            case _:
                if "\0" in node.value:
                    raise self.error("a text can't hold the character NUL", node)
                return None if node.tag == _NULL else str(node.value)

    def mapping(self, node: MappingNode, at: Path) -> dict[str, Value]:
        """The mapping's own keys, over what `<<` merges into it."""
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self.error("a key must be a word", key)
            if key.tag == _MERGE:
                merged |= self._merge(value, at)
                continue
            if key.value in own:
                raise self.error(f"the key `{key.value}` stands here twice", key)
            self.lines[(*at, key.value)] = key.start_mark.line + 1
            own[key.value] = self.convert(value, (*at, key.value))
        return merged | own

    def _merge(self, value: Node, at: Path) -> dict[str, Value]:
        """`<<: *anchor` or `<<: [*one, *two]`; the earlier one wins, as YAML has it."""
        sources = value.value if isinstance(value, SequenceNode) else [value]
        result: dict[str, Value] = {}
        for source in reversed(sources):
            if not isinstance(source, MappingNode) or len(at) > _MAX_DEPTH:
                raise self.error("`<<` takes a mapping", source)
            result |= self.mapping(source, (*at, "<<"))
        return result

    def error(self, message: str, node: Node) -> ConfigError:
        """A refusal that names the node's line."""
        return ConfigError(
            message, location=Location(path=self.path, line=node.start_mark.line + 1)
        )
