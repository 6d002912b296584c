"""Typed access to the fields of a JSON answer; what isn't there or is of another type is an error.

The Hub's answers are built by hand in many places, so nothing is taken for granted.
"""

from __future__ import annotations

import json
from typing import Self

from tfimages_action.adapters.hub.errors import HubGarbledError
from tfimages_action.adapters.hub.transport import Answer


class Fields:
    """A JSON object, read field by field."""

    def __init__(self, value: object, *, answer: Answer, where: str = "") -> None:
        self._answer = answer
        self._where = where
        if not isinstance(value, dict):
            raise self._garbled("is no object")
        self._value = value

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The answer's body. Raises `HubGarbledError` when it is no JSON object."""
        return cls(decode(answer), answer=answer)

    def raw(self) -> dict[str, object]:
        return dict(self._value)

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def text(self, name: str) -> str:
        value = self._value.get(name)
        if not isinstance(value, str):
            raise self._garbled(f"has no text {name!r}")
        return value

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def number(self, name: str) -> int:
        value = self._value.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._garbled(f"has no number {name!r}")
        return value

    def number_or_none(self, name: str) -> int | None:
        return self.number(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        value = self._value.get(name)
        if not isinstance(value, bool):
            raise self._garbled(f"has no true or false {name!r}")
        return value

    def within(self, name: str) -> Fields:
        return Fields(self._value.get(name), answer=self._answer, where=f"{self._where}{name}.")

    def items(self, name: str) -> tuple[Fields, ...]:
        value = self._value.get(name)
        if not isinstance(value, list):
            raise self._garbled(f"has no list {name!r}")
        return tuple(Fields(item, answer=self._answer, where=f"{name}[].") for item in value)

    def _garbled(self, what: str) -> HubGarbledError:
        return garbled(self._answer, f"{self._where or 'it '}{what}")


def decode(answer: Answer) -> object:
    """The body as JSON. Raises `HubGarbledError`."""
    try:
        value: object = json.loads(answer.body)
    except ValueError:
        raise garbled(answer, "it is no JSON") from None
    return value


def objects(answer: Answer) -> tuple[Fields, ...]:
    """The body as a list of objects."""
    value = decode(answer)
    if not isinstance(value, list):
        raise garbled(answer, "it is no list")
    return tuple(Fields(item, answer=answer) for item in value)


def garbled(answer: Answer, what: str) -> HubGarbledError:
    said = answer.text()[:200]
    return HubGarbledError(
        f"the Hub's answer can't be read: {what}", status=answer.status, said=said
    )
