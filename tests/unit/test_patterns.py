"""No pattern repeats a group possessively, at which Python before 3.11.5 goes wrong.

Debian 12 has 3.11.2: https://github.com/python/cpython/issues/106052. `(?>(...)*)` says the same
and is right everywhere; so is a possessive repeat of one character or one set.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("tfimages_action", "scripts", "benchmarks", "tests/bed", "tests/standins")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
POSSESSIVE = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+")


def refused(source: str) -> list[str]:
    return [text for text in _texts(ast.parse(source)) if POSSESSIVE.search(text)]


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield all strings but those that stand alone, as docstrings do."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=parts):
                # What is put in may be a group: it counts as one.
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else ")" for part in parts
                )
            case ast.Constant(value=str(text)) if id(node) not in alone:
                yield text


def test_no_pattern_repeats_a_group_possessively() -> None:
    found = {path: texts for path in FILES if (texts := refused(path.read_text()))}
    assert FILES
    assert found == {}


@pytest.mark.parametrize(
    "source", [r'A = r"(?:a|ab)*+c"', r'A = "(a)?+"', r'A = rf"{GROUP}++"', r'A = "(a){2,}+"']
)
def test_such_a_pattern_is_found(source: str) -> None:
    assert refused(source)


@pytest.mark.parametrize(
    "source", [r'A = r"[ab]*+\w++\)?+"', r'A = r"(?>(?:a|ab)*)+"', '"""`(...)*+` is refused."""']
)
def test_what_is_right_everywhere_is_not(source: str) -> None:
    assert not refused(source)
