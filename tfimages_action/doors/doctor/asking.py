"""Parts that are asked side by side, each for a limited time; what it says are findings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from tfimages_action.errors import TfImagesError

LIMIT_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of an examination. `cure` is a command, or what else to do."""

    what: str
    ok: bool
    detail: str
    cure: str = ""


Ask = Callable[[], Iterable[Finding]]


class Asked:
    """A part that is being asked since this was made."""

    def __init__(self, what: str, ask: Ask, *, limit_s: float = LIMIT_S) -> None:
        self._what = what
        self._limit_s = limit_s
        self._end = time.monotonic() + limit_s
        self._answer: SimpleQueue[tuple[Finding, ...]] = SimpleQueue()
        # A daemon: whoever never answers must not keep the process from ending.
        threading.Thread(target=lambda: self._answer.put(told(what, ask)), daemon=True).start()

    def findings(self) -> tuple[Finding, ...]:
        """Wait for what it says; nothing in time is a finding too."""
        try:
            return self._answer.get(timeout=max(0.0, self._end - time.monotonic()))
        except Empty:
            return (
                Finding(
                    what=self._what,
                    ok=False,
                    detail=f"no answer within {self._limit_s:.0f} s",
                    cure="look at the network between here and there: a proxy, a firewall",
                ),
            )


def told(what: str, ask: Ask) -> tuple[Finding, ...]:
    """Collect what a part says; what can't be asked is itself a finding, and ends nothing."""
    found: list[Finding] = []
    try:
        found.extend(ask())
    except TfImagesError as error:
        found.append(Finding(what=what, ok=False, detail=error.message, cure=error.hint))
    except Exception as error:  # noqa: BLE001 - an examination goes on, whatever a part does
        detail = f"{type(error).__name__}: {error}"
        found.append(Finding(what=what, ok=False, detail=detail, cure="please report this"))
    return tuple(found)
