"""Limits of the values in values.py, told to quick.py and to pydantic alike.

pydantic reads them as those of `annotated_types`, which costs every start 12 ms: it is loaded when
pydantic asks. (The protocol is its `GroupedMetadata`.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final


class Limit:
    """What a value has to keep to."""

    __is_annotated_types_grouped_metadata__: Final = True

    def __init__(self, name: str, given: object, holds: Callable[[Any], bool]) -> None:
        """`name` and `given` as `annotated_types` takes them."""
        self.holds = holds
        self._name = name
        self._given = given

    def __iter__(self) -> Iterator[object]:
        import annotated_types  # noqa: PLC0415 - see above

        yield getattr(annotated_types, self._name)(self._given)


def at_least(bound: int) -> Limit:
    return Limit("Ge", bound, lambda value: value >= bound)


def above(bound: int) -> Limit:
    return Limit("Gt", bound, lambda value: value > bound)


def at_most(bound: int) -> Limit:
    return Limit("Le", bound, lambda value: value <= bound)


def not_empty() -> Limit:
    return Limit("MinLen", 1, bool)


def such_that(holds: Callable[[Any], bool]) -> Limit:
    return Limit("Predicate", holds, holds)
