"""The live log: a line when a stage begins or ends, and all of an image's lines together.

Images run side by side, so their lines are kept until the image has ended and then written as one
group: lines of two images never interleave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import assert_never

from tfimages_action.core.run.events import (
    Event,
    ImageEnded,
    LogLine,
    Notice,
    Retrying,
    StageEnded,
    StageStarted,
)
from tfimages_action.core.run.report import ImageRun, Outcome
from tfimages_action.report import commands, orders, words

Write = Callable[[str], None]
"""Takes one line without its newline; masks secrets before it goes anywhere."""


class Console:
    """Shows a run's events as plain lines; on GitHub with groups."""

    def __init__(
        self, write: Write, *, on_github: bool, verbose: bool = True, debug: bool = False
    ) -> None:
        """`verbose` off: an image's own lines are written only where it failed.

        `debug`: each line also at once, as it comes, for whoever watches a run that hangs.
        """
        self._write = write
        self._on_github = on_github
        self._verbose = verbose
        self._debug = debug
        self._lines: defaultdict[str, list[str]] = defaultdict(list)

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(image=image, stage=stage, at_s=at):
                self._write(f"{_clock(at)} {image}: {stage} ...")
                self._lines[image].append(f"-- {stage}")
            case StageEnded(image=image, run=run, message=message):
                took = words.duration(run.ended_s - run.started_s)
                how = "done" if run.ok else f"FAILED: {message}"
                self._write(f"{_clock(run.ended_s)} {image}: {run.stage} {how} ({took})")
            case LogLine(image=image, stage=stage, text=text):
                self._lines[image].append(text)
                if self._debug:
                    self._write(commands.debug(f"{image} {stage}: {text}"))
            case Retrying(image=image, stage=stage, cause=cause, delay_s=delay):
                again = f"{stage} again in {words.duration(delay)}: {cause}"
                self._lines[image].append(again)
                self._write(f"{image}: {again}")
            case ImageEnded(run=run):
                self._show(run)
            case Notice(text=text):
                self._write(text)
            case _:
                assert_never(event)

    def _show(self, run: ImageRun) -> None:
        image = run.step.image.name
        lines = self._lines.pop(image, [])
        failed = run.outcome is Outcome.FAILED
        # What is left as it is has its line in the plan, and nothing to tell.
        told = failed or (self._verbose and run.outcome is not Outcome.SKIPPED)
        if not lines or not told:
            return
        seconds = sum(stage.ended_s - stage.started_s for stage in run.stages)
        title = f"{image} {run.outcome} in {words.duration(seconds)}: {run.step.reason.detail}"
        self._write(commands.group(title) if self._on_github else f"== {title}")
        for line in lines:
            self._write(orders.harmless(line))
        if self._on_github:
            self._write(commands.end_group())


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"[{minutes:3}:{rest:02}]"
