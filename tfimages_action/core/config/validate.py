"""Holds image.yaml and images.yaml against their models; every mistake has its line and cure.

Imported only where quick.py has a doubt, and for the JSON Schemas: pydantic costs 0.2 s of CPU.
"""

from __future__ import annotations

import dataclasses
import difflib
import typing
from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from tfimages_action.core.config.document import Document, Path
from tfimages_action.core.config.values import (
    ImagesYaml,
    ImageYaml,
)
from tfimages_action.errors import PAGES, ConfigError

_Config = TypeVar("_Config", ImageYaml, ImagesYaml)
_FILE_OF: Final[dict[type, str]] = {ImageYaml: "image.yaml", ImagesYaml: "images.yaml"}
_ADAPTERS: Final[dict[type, object]] = {}
_UNKNOWN_KEY: Final = {"extra_forbidden", "unexpected_keyword_argument"}


def schema_of(kind: type[_Config]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a configuration file."""
    schema = _adapter(kind).json_schema()
    _loosen_free_values(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": _FILE_OF[kind],
    }


def validate(kind: type[_Config], document: Document) -> _Config:
    """Read a document into its values. Raises `ConfigError` with the first mistake."""
    try:
        return _adapter(kind).validate_python(document.value)
    except ValidationError as error:
        raise _explain(kind, document, error.errors()) from None


def _adapter(kind: type[_Config]) -> TypeAdapter[_Config]:
    """Make the validator once per kind of file: it costs 10 ms."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return cast("TypeAdapter[_Config]", _ADAPTERS[kind])


def _explain(kind: type, document: Document, errors: Sequence[ErrorDetails]) -> ConfigError:
    """The first mistake of the file, with its line and cure, and how many more there are."""
    # A list of one wrong item is also "too short" for pydantic: that one says nothing.
    real = [one for one in errors if not (one["type"] == "too_short" and one["input"])]
    placed = sorted(
        real,
        key=lambda one: (document.location(one["loc"]).line or 0, one["type"] not in _UNKNOWN_KEY),
    )
    first = placed[0]
    loc: Path = tuple(part for part in first["loc"] if part != "[key]")
    message, hint = _describe(kind, loc, first)
    more = f" (and {len(placed) - 1} more in this file)" if len(placed) > 1 else ""
    return ConfigError(message + more, hint=hint, location=document.location(loc))


def _describe(kind: type, loc: Path, error: ErrorDetails) -> tuple[str, str]:
    name = _dotted(loc)
    if error["type"] in _UNKNOWN_KEY:
        return f"unknown key `{name}`", _suggest(kind, loc)
    if error["type"] in {"missing", "missing_keyword_only_argument"}:
        return f"`{name}` is missing", _HINT
    given = error["input"]
    if given is None:
        return f"`{name}` has no value", 'an empty text is written ""'
    if error["type"] == "too_short":
        return f"`{name}` is empty", "leave the key out, or give it at least one item"
    if error["type"] == "predicate_failed":
        form = next(_FORMS[part] for part in reversed(loc) if part in _FORMS)
        return f"`{name}`: `{given}` can't be read", f"write it like {form}"
    wanted = _WANTED.get(
        error["type"], error["msg"].removeprefix("Input should be ") + " is wanted"
    )
    return f"`{name}`: {wanted}, not {_shown(given)}", _HINT


_HINT: Final = f"{PAGES}/configuration.md has every key with its values"
_FORMS: Final[dict[str | int, str]] = {
    "size": "`200MB` or `1.5GB`",
    "platforms": "`linux/amd64` or `linux/arm/v7`",
}
_WANTED: Final = {
    "string_type": "a text is wanted here",
    "tuple_type": "a list is wanted here",
    "mapping_type": "keys with values are wanted here",
    "dict_type": "keys with values are wanted here",
    "dataclass_type": "keys with values are wanted here",
    "dataclass_exact_type": "keys with values are wanted here",
    "bool_parsing": "`true` or `false` is wanted here",
    "bool_type": "`true` or `false` is wanted here",
    "int_parsing": "a whole number is wanted here",
    "int_type": "a whole number is wanted here",
    "float_parsing": "a number is wanted here",
    "float_type": "a number is wanted here",
}


def _shown(value: object) -> str:
    match value:
        case dict():
            return "keys with values"
        case list():
            return "a list"
        case _:
            return f"`{value}`"


def _dotted(loc: Path) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _suggest(kind: type, loc: Path) -> str:
    """What was probably meant: the nearest key there, or the file that has this one."""
    key = str(loc[-1])
    for other, file in _FILE_OF.items():
        if other is not kind and len(loc) == 1 and key in _keys_at(other, ()):
            return f"`{key}` is a key of {file}"
    known = _keys_at(kind, loc[:-1])
    near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.5)
    if near:
        return f"perhaps `{near[0]}` was meant"
    return f"known here: {', '.join(known)}"


def _keys_at(kind: type, loc: Path) -> list[str]:
    """The keys that the configuration knows at a place."""
    found: type | None = kind
    for part in loc:
        if isinstance(part, str) and found is not None:
            found = _dataclass_in(typing.get_type_hints(found).get(part))
    return [item.name for item in dataclasses.fields(found)] if found else []


def _dataclass_in(annotation: object) -> type | None:
    """The dataclass inside `tuple[X, ...]`, `X | None` and the like."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return annotation
    found = (_dataclass_in(inner) for inner in typing.get_args(annotation))
    return next((inner for inner in found if inner), None)


def _loosen_free_values(node: object) -> None:
    """Let args and environment hold numbers and booleans too: they are taken as written."""
    if isinstance(node, dict):
        values = node.get("additionalProperties")
        if isinstance(values, dict) and values.get("type") == "string":
            values["type"] = ["string", "number", "boolean"]
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        _loosen_free_values(inner)
