"""Values of a document that is certainly right, without pydantic: its import costs 0.2 s of CPU.

It takes what is plain and decides no refusal: whatever it doubts goes to validate.py, which says
what is wrong, or that it is right after all. Both read the same annotations of values.py.
"""

from __future__ import annotations

import dataclasses
import enum
import re
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

from tfimages_action.core.config.document import Value
from tfimages_action.core.config.limits import Limit

_T = TypeVar("_T")
_Reader = Callable[[Value], Any]
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
_BOOLEANS: Final = {"true": True, "false": False}


class DoubtError(Exception):
    """Not plainly right; it may be wrong."""


def build(kind: type[_T], value: Value) -> _T:
    """Read a mapping into a dataclass of values.py. Raises `DoubtError`."""
    annotation: Any = kind
    made: _T = _reader(annotation)(value)
    return made


@cache
def _reader(annotation: Any) -> _Reader:  # noqa: ANN401 - any annotation of values.py
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _limited(_reader(inner[0]), inner[1:])
    if origin in {types.UnionType, typing.Union}:
        return _reader(next(one for one in inner if one is not types.NoneType))
    if origin in {tuple, Mapping}:
        return _list(_reader(inner[0])) if origin is tuple else _mapping(_reader(inner[1]))
    if dataclasses.is_dataclass(annotation):
        return _dataclass(annotation)
    if issubclass(annotation, enum.Enum):
        return _word({str(one.value): one for one in annotation}.get)
    return _word(_SCALARS[annotation])


_SCALARS: Final[dict[Any, Callable[[str], Any]]] = {
    str: lambda text: text,
    bool: _BOOLEANS.get,
    int: lambda text: int(text) if _WHOLE.fullmatch(text) else None,
    float: lambda text: float(text) if _NUMBER.fullmatch(text) else None,
}


def _word(convert: Callable[[str], Any]) -> _Reader:
    def read(value: Value) -> object:
        made = convert(value) if isinstance(value, str) else None
        if made is None:
            raise DoubtError
        return made

    return read


def _list(read_item: _Reader) -> _Reader:
    def read(value: Value) -> object:
        if not isinstance(value, list):
            raise DoubtError
        return tuple(map(read_item, value))

    return read


def _mapping(read_item: _Reader) -> _Reader:
    def read(value: Value) -> object:
        if not isinstance(value, dict):
            raise DoubtError
        return {key: read_item(item) for key, item in value.items()}

    return read


def _dataclass(kind: Any) -> _Reader:  # noqa: ANN401 - the type of a dataclass
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = dataclasses.fields(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields}
    missing = dataclasses.MISSING
    required = {f.name for f in fields if f.default is missing and f.default_factory is missing}

    def read(value: Value) -> object:
        if not isinstance(value, dict) or not required <= value.keys() <= readers.keys():
            raise DoubtError
        return kind(**{key: readers[key](item) for key, item in value.items()})

    return read


def _limited(read_value: _Reader, limits: tuple[object, ...]) -> _Reader:
    def read(value: Value) -> object:
        made = read_value(value)
        if not all(isinstance(limit, Limit) and limit.holds(made) for limit in limits):
            raise DoubtError
        return made

    return read
