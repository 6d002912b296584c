"""The live view: what runs now below, what has ended folded above, secrets nowhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tests.unit.report.samples import image_run
from tfimages_action.core.run.events import (
    Event,
    ImageEnded,
    LogLine,
    Notice,
    Retrying,
    StageEnded,
    StageStarted,
)
from tfimages_action.core.run.report import Failure, Outcome, Stage, StageRun
from tfimages_action.errors import Location
from tfimages_action.report.live import LiveView


class Screen:
    """A view on a terminal of its own, with a clock that is moved by hand."""

    def __init__(self, width: int = 100) -> None:
        self.now = 100.0
        self.console = Console(file=io.StringIO(), width=width, color_system=None)
        self.view = LiveView(
            self.console, mask=lambda text: text.replace("hush", "***"), clock=lambda: self.now
        )

    def show(self, *events: Event) -> None:
        for event in events:
            self.view(event)

    @property
    def running(self) -> list[str]:
        with self.console.capture() as captured:
            self.console.print(self.view.render())
        return [" ".join(line.split()) for line in captured.get().splitlines() if line.strip()]

    @property
    def kept(self) -> str:
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()


@pytest.fixture
def screen() -> Screen:
    return Screen()


def started(image: str, stage: Stage = Stage.BUILD) -> StageStarted:
    return StageStarted(image=image, stage=stage, slot="build-1", at_s=0.0)


def line(image: str, text: str) -> LogLine:
    return LogLine(image=image, stage=Stage.BUILD, text=text)


def test_a_running_image_shows_its_step_its_bar_and_its_time(screen: Screen) -> None:
    screen.show(started("base"), line("base", "#7 [stage-1 2/6] RUN apt-get hush"))
    screen.now += 42
    (row,) = screen.running
    assert row.startswith("base build 42 s ━")
    assert row.endswith("━ RUN apt-get ***")
    screen.show(started("base", Stage.CHECK))
    assert screen.running == ["base check 0.0 s"]


def test_an_image_that_ended_is_one_line(screen: Screen) -> None:
    stage = StageRun(stage=Stage.BUILD, started_s=0, ended_s=5, slot="build-1")
    screen.show(
        started("base"),
        line("base", "much"),
        StageEnded(image="base", run=stage),
        ImageEnded(run=image_run("base", stages=(stage,))),
        ImageEnded(run=image_run("idle", Outcome.SKIPPED)),
    )
    assert screen.running == []
    assert screen.kept == "✅ base published in 5.0 s\n"


def test_a_failed_image_leaves_its_log_and_the_cure(screen: Screen) -> None:
    place = Location(path="images/base/Dockerfile", line=4)
    failure = Failure(stage=Stage.BUILD, message="exit 1: hush", hint="mend it", location=place)
    screen.show(
        started("base"),
        *(line("base", f"[red]line {number}") for number in range(30)),
        Retrying(image="base", stage=Stage.BUILD, attempt=1, cause="reset", delay_s=2.0),
        ImageEnded(run=image_run("base", Outcome.FAILED, failure=failure)),
        ImageEnded(run=image_run("child", Outcome.BLOCKED, blocked_by="base")),
        Notice(text="the Hub is gone"),
    )
    assert "line 10" not in screen.kept
    assert "│ [red]line 11" in screen.kept
    assert "│ build again in 2.0 s: reset" in screen.kept
    assert "images/base/Dockerfile:4: exit 1: ***\n    -> mend it" in screen.kept
    assert "⛔ child blocked by base" in screen.kept
    assert screen.kept.endswith("the Hub is gone\n")


def test_it_is_drawn_and_gone_at_the_end(screen: Screen) -> None:
    with screen.view as view:
        view(started("base"))
    assert not screen.view._live.is_started


LONG = "a-very-long/path/to-an/image-with-a-name-that-goes-on-and-on:24.04-and-a-tag"


@pytest.mark.parametrize("width", [20, 40, 60, 79, 80, 130])
def test_a_long_name_leaves_room_for_what_is_said_of_it(width: int) -> None:
    screen = Screen(width)
    screen.show(started(LONG), started("web", Stage.CONVERT), line(LONG, "[base 5/6] RUN make all"))
    screen.now += 63
    with screen.console.capture() as captured:
        screen.console.print(screen.view.render())
    lines = captured.get().splitlines()
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)
    if width >= 40:
        assert "build" in lines[0]
        assert "1 min 03 s" in lines[0]
        assert lines[1].startswith("web ")
    if width >= 60:
        assert "RUN" in lines[0]
    assert ("5/6" in lines[0]) is (40 <= width < 80)
    assert lines[0].startswith("a-very")
