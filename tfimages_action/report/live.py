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

from tfimages_action.core.run.events import (
    Event,
    ImageEnded,
    LogLine,
    Notice,
    Retrying,
    StageEnded,
    StageStarted,
)
from tfimages_action.core.run.report import ImageRun, Outcome, Stage
from tfimages_action.report import words

_TAIL: Final = 20
_BAR: Final = 12
_BAR_COLUMN: Final = 3
_COUNT: Final = 5
"""In place of a bar: `5/12`."""
_STAGE: Final = max(map(len, Stage))
_WIDE: Final = 80
_LEAST_NAME: Final = 12
_LEAST_STEP: Final = 10
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
        """The running images as they stand now, a line each; nothing is wider than the terminal."""
        rows, now = list(self._rows.items()), self._clock()
        times = [words.duration(now - row.since) for _, row in rows]
        columns = _widths(self._console.width, [image for image, _ in rows], times)
        table = Table.grid(padding=(0, 1, 0, 0))
        for width in columns:
            table.add_column(width=width, no_wrap=True, overflow="ellipsis")
        for (image, row), time_ in zip(rows, times, strict=True):
            cells = (
                Text(_shortened(image, columns[0]), style="bold"),
                Text(row.stage, style="cyan"),
                Text(time_, style="dim", justify="right"),
                _bar(row, columns[3]) if len(columns) > _BAR_COLUMN else Text(),
                Text(row.step, style="dim"),
            )
            table.add_row(*cells[: len(columns)])
        return table

    def _line(self, image: str, text: str) -> None:
        row = self._rows.get(image)
        if row is None:
            return
        row.tail.append(text)
        row.step = _NUMBER.sub("", text).strip()
        if found := _STEP.match(row.step):
            # The bar tells how far it is: the words that follow get the room.
            row.done, row.of = int(found["done"]), int(found["all"])
            row.step = row.step[found.end() :].strip()

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
        self._console.print(line, soft_wrap=True)
        if run.outcome is not Outcome.FAILED:
            return
        for text in row.tail if row else ():
            self._console.print(Text(f"  │ {text}", style="dim"), soft_wrap=True)
        if run.failure:
            cure = f"\n    -> {run.failure.hint}" if run.failure.hint else ""
            told = self._mask(f"    {run.failure.told}{cure}")
            self._console.print(Text(told), soft_wrap=True)


def _widths(room: int, images: list[str], times: list[str]) -> tuple[int, ...]:
    """Widths of name, stage, time, bar and step; where it is narrow the last of them are left out.

    A long name must not take the room of what is said about it.
    """
    name = min(max(map(len, images), default=0), max(_LEAST_NAME, room // 3))
    fixed = (name, _STAGE, max(map(len, times), default=0))
    left = room - sum(fixed) - len(fixed)
    bar = _BAR if room >= _WIDE else _COUNT
    if left < bar:
        return fixed
    left -= bar + 1
    return (*fixed, bar, left) if left >= _LEAST_STEP else (*fixed, bar)


def _bar(row: _Row, width: int) -> RenderableType:
    if not row.of:
        return Text()
    if width < _BAR:
        return Text(f"{row.done}/{row.of}", style="dim")
    return ProgressBar(total=row.of, completed=row.done, width=width)


def _shortened(name: str, width: int) -> str:
    """Both ends tell: the folder before, the tag behind."""
    if len(name) <= width:
        return name
    tail = (width - 1) // 2
    return f"{name[: width - 1 - tail]}…{name[len(name) - tail :]}"
