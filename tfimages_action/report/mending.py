"""What mends a missing permission, as YAML to paste."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tfimages_action.report import markdown

_NAMED: Final = re.compile(r"(?:permissions: |and `)([a-z-]+): (read|write)\b")
_ALWAYS: Final = {"contents": "read"}
"""Naming one permission takes all others away, and every job reads the repository."""


def permissions_yaml(texts: Iterable[str]) -> str:
    """A block for the job, of every permission that the texts name; empty where they name none."""
    found = {name: level for text in texts for name, level in _NAMED.findall(text)}
    if not found:
        return ""
    lines = [f"      {name}: {level}" for name, level in sorted({**_ALWAYS, **found}.items())]
    yaml = ["jobs:", "  publish:  # your job's name", "    permissions:", *lines]
    said = "**Give the job its permissions**, beside those it has, in the workflow's file:"
    return f"{said}\n\n{markdown.block(yaml, 'yaml')}"
