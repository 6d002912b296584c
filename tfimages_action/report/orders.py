"""Lines that a runner must not obey: it reads its orders from the log, whoever wrote them.

https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import Final

_OLD: Final = "##["


def harmless(line: str) -> str:
    """Make a foreign log line (a build's, a container's) one that the runner takes no order from.

    The runner obeys `::name::` at a line's beginning, blanks before it or not, and the older
    `##[name]` anywhere in a line.
    """
    return "│ " + line.replace(_OLD, "##\N{ZERO WIDTH SPACE}[")


def unobeyed(text: str) -> str:
    """Text of our own, which may quote names of files and the like: changed only where it must."""
    if "::" not in text and _OLD not in text:
        return text
    return "\n".join(harmless(line) if _is_order(line) else line for line in text.split("\n"))


def _is_order(line: str) -> bool:
    return line.lstrip().startswith("::") or _OLD in line
