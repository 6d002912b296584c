"""The Hub's token: shown to nobody but the Hub."""

from __future__ import annotations

from tfimages_action.errors import SettingsError


class Token:
    """A token that no `repr`, log line or dump of the settings can show."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        value = value.strip()
        if not value:
            raise SettingsError(
                "the Hub's token is missing",
                hint='set `hub-token` (from the Hub\'s page, "Generate API Token")',
            )
        # requests would print a bad header's value in its exception: never let it come so far.
        if not value.isascii() or not value.isprintable() or " " in value:
            raise SettingsError(
                "the Hub's token holds a space or a character that no token has",
                hint="copy it again from the Hub's page, whole and on one line",
            )
        self._value = value

    def header(self) -> str:
        """The value of the `Authorization` header."""
        return f"bearer {self._value}"

    def __repr__(self) -> str:
        return "Token(***)"
