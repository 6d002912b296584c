"""A run in a terminal, as it goes on: a line per running image, finished ones folded above.

Nothing is lost to the eye: an image that failed leaves the last lines of its log behind.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, assert_never

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tfimages_action.core.events import (
    Event,
    ImageEnded,
    LogLine,
    Notice,
    Retrying,
    StageEnded,
    StageStarted,
)
from tfimages_action.core.run import ImageRun, Outcome
from tfimages_action.report import words

_TAIL: Final = 20
_BAR: Final = 12
_REFRESH: Final = 4
# As BuildKit counts the steps of a stage: `[base 2/6] RUN ...`, or `[2/6] RUN ...`.
_STEP: Final = re.compile(r"\[(?:\S+ )*(?P<done>\d+)/(?P<all>\d+)\]")
_NUMBER: Final = re.compile(r"^#\d+ ")
_STYLE: Final = {
    Outcome.PUBLISHED: "green",
    Outcome.BUILT: "green",
    Outcome.REUSED: "cyan",
    Outcome.SKIPPED: "dim",
    Outcome.FAILED: "bold red",
    Outcome.BLOCKED: "yellow",
}


@dataclass(slots=True)
class _Row:
    stage: str
    since: float
    step: str = ""
    done: int = 0
    of: int = 0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL))


class LiveView:
    """Listens to a run; use it as a context manager around the run."""

    def __init__(
        self,
        console: Console,
        *,
        mask: Callable[[str], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`mask` takes the secrets out of every text that is shown."""
        self._console = console
        self._mask = mask
        self._clock = clock
        self._rows: dict[str, _Row] = {}
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=_REFRESH,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take what happened; only what is worth keeping is printed for good."""
        match event:
            case StageStarted(image=image, stage=stage):
                known = self._rows.get(image)
                row = _Row(stage=stage, since=self._clock())
                row.tail.extend(known.tail if known else ())
                self._rows[image] = row
            case LogLine(image=image, text=text):
                self._line(image, self._mask(text))
            case Retrying(image=image, stage=stage, cause=cause, delay_s=delay):
                again = f"{stage} again in {words.duration(delay)}: {cause}"
                self._line(image, self._mask(again))
            case StageEnded(image=image, message=message):
                if message:
                    self._line(image, self._mask(message))
            case ImageEnded(run=run):
                self._fold(run)
            case Notice(text=text):
                self._console.print(Text(self._mask(text)))
            case _:
                assert_never(event)

    def render(self) -> RenderableType:
        """The running images as they stand now."""
        table = Table.grid(padding=(0, 1))
        for column in ("image", "stage", "bar", "time"):
            table.add_column(column, no_wrap=True)
        table.add_column("step", no_wrap=True, overflow="ellipsis", ratio=1)
        now = self._clock()
        for image, row in list(self._rows.items()):
            bar = ProgressBar(total=row.of, completed=row.done, width=_BAR) if row.of else Text()
            table.add_row(
                Text(image, style="bold"),
                Text(row.stage, style="cyan"),
                bar,
                Text(words.duration(now - row.since), style="dim"),
                Text(row.step, style="dim"),
            )
        return table

    def _line(self, image: str, text: str) -> None:
        row = self._rows.get(image)
        if row is None:
            return
        row.tail.append(text)
        row.step = _NUMBER.sub("", text).strip()
        if found := _STEP.search(text):
            row.done, row.of = int(found["done"]), int(found["all"])

    def _fold(self, run: ImageRun) -> None:
        image = run.step.image.name
        row = self._rows.pop(image, None)
        if run.outcome is Outcome.SKIPPED:
            return
        seconds = sum(stage.ended_s - stage.started_s for stage in run.stages)
        line = Text(f"{words.SIGNS[run.outcome]} ")
        line.append(image, style="bold").append(f" {run.outcome}", style=_STYLE[run.outcome])
        if run.stages:
            line.append(f" in {words.duration(seconds)}", style="dim")
        if run.blocked_by:
            line.append(f" by {run.blocked_by}", style="dim")
        self._console.print(line)
        if run.outcome is not Outcome.FAILED:
            return
        for text in row.tail if row else ():
            self._console.print(Text(f"  │ {text}", style="dim"), soft_wrap=True)
        if run.failure:
            cure = f"\n    -> {run.failure.hint}" if run.failure.hint else ""
            self._console.print(Text(self._mask(f"    {run.failure.message}{cure}")))
