"""Nothing that goes out carries a secret: every line passes here first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote

_MASK: Final = "***"
_SHORTEST: Final = 4
"""A shorter secret would turn half of every line into asterisks, and protects nothing."""


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Make a function that replaces each secret, also as encoded for JSON, URLs and base64."""
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    ordered = sorted(forms, key=len, reverse=True)

    def mask(text: str) -> str:
        for form in ordered:
            text = text.replace(form, _MASK)
        return text

    return mask


def _forms(secret: str) -> set[str]:
    lines = {line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST}
    return {
        secret,
        *lines,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    }
