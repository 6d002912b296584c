"""Whoever shows a run while it goes on: plain lines, or a view that is redrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tfimages_action.core.run.events import Listener
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.masking import masker
from tfimages_action.report.console import Console


@contextmanager
def watching(
    event: Event, settings: Settings, *, live: bool, write: Callable[[str], None]
) -> Iterator[Listener]:
    """Listen to a run; `live` needs a terminal, `write` takes lines and masks them."""
    if not live:
        # GitHub folds the groups; at home the log of an image is of use where it failed.
        yield Console(
            write,
            on_github=event.on_github,
            verbose=event.on_github,
            debug=event.debug and event.on_github,
        )
        return
    from rich.console import Console as Terminal

    from tfimages_action.doors.inputs.home_words import at_home
    from tfimages_action.report.live import LiveView

    mask = masker(settings.secrets)
    with LiveView(Terminal(highlight=False), mask=lambda text: at_home(mask(text))) as view:
        yield view
