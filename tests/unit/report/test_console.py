"""The live log keeps each image's lines together and takes no orders from them."""

from tests.unit.report.samples import image_run, report, step
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.events import (
    Event,
    ImageEnded,
    LogLine,
    Notice,
    Retrying,
    StageStarted,
)
from tfimages_action.core.run.report import Failure, Outcome, Stage
from tfimages_action.errors import Location
from tfimages_action.report import commands
from tfimages_action.report.console import Console


def shown(*events: Event, on_github: bool = True, verbose: bool = True) -> list[str]:
    lines: list[str] = []
    console = Console(lines.append, on_github=on_github, verbose=verbose)
    for event in events:
        console(event)
    return lines


def said(image: str, text: str) -> LogLine:
    return LogLine(image=image, stage=Stage.BUILD, text=text)


def test_lines_of_two_images_never_interleave() -> None:
    lines = shown(
        said("a", "a1"), said("b", "b1"), said("a", "a2"),
        ImageEnded(run=image_run("b", Outcome.PUBLISHED)),
        ImageEnded(run=image_run("a", Outcome.PUBLISHED)),
    )  # fmt: skip
    assert [line for line in lines if line.startswith("│")] == ["│ b1", "│ a1", "│ a2"]
    assert [line.startswith("::group::") for line in lines].count(True) == 2
    assert lines.count("::endgroup::") == 2


def test_a_build_gives_the_runner_no_orders() -> None:
    evil = ["::add-mask::x", "   ::set-output name=a::b", "text ##[error]gotcha"]
    lines = shown(*(said("a", text) for text in evil), ImageEnded(run=image_run("a")))
    for line in lines[1:-1]:
        assert not line.strip().startswith("::")
        assert "##[" not in line


def test_a_group_opens_with_the_reason() -> None:
    lines = shown(said("a", "x"), ImageEnded(run=image_run("a", Outcome.FAILED)))
    assert lines[0] == f"::group::a failed in 0.0 s: {step('a').reason.detail}"


def test_a_quiet_console_shows_the_lines_of_failures_alone() -> None:
    events = (said("a", "x"), ImageEnded(run=image_run("a", Outcome.PUBLISHED)))
    assert shown(*events, verbose=False, on_github=False) == []
    events = (said("a", "x"), ImageEnded(run=image_run("a", Outcome.FAILED)))
    assert "│ x" in shown(*events, verbose=False, on_github=False)


def test_progress_is_said_at_once() -> None:
    lines = shown(
        StageStarted(image="a", stage=Stage.BUILD, slot="build-1", at_s=61.0),
        Retrying(image="a", stage=Stage.PUSH, attempt=1, cause="502", delay_s=2.0),
        Notice(text="little disk is left"),
    )
    assert lines == ["[  1:01] a: build ...", "a: push again in 2.0 s: 502", "little disk is left"]


def test_annotations_are_escaped_whole_and_placed() -> None:
    problem = Problem(
        severity=Severity.ERROR, message="50% broken\nsecond line", hint="mend it",
        location=Location(path="images/a,b:c/Dockerfile", line=3),
    )  # fmt: skip
    assert commands.annotation(problem) == (
        "::error file=images/a%2Cb%3Ac/Dockerfile,line=3::50%25 broken%0Asecond line%0Amend it"
    )


def test_what_a_build_found_questionable_stands_on_its_line_once() -> None:
    problem = Problem(
        severity=Severity.WARNING,
        message="StageNameCasing: Stage name 'Build' should be lowercase",
        location=Location(path="images/base/Dockerfile", line=2),
    )
    # Two variants of one folder share their Dockerfile.
    runs = [image_run(name, problems=(problem,)) for name in ("base:1", "base:2")]
    (annotation,) = commands.annotations_of(report(*runs))
    assert annotation == f"::warning file=images/base/Dockerfile,line=2::{problem.message}"


def test_a_failure_is_annotated_where_its_cause_is() -> None:
    failure = Failure(
        stage=Stage.BUILD,
        message="`RUN x` failed",
        location=Location(path="images/base/Dockerfile", line=4),
    )
    run = image_run("base", Outcome.FAILED, failure=failure)
    (annotation,) = commands.annotations_of(report(run))
    assert annotation == (
        "::error file=images/base/Dockerfile,line=4::base: build failed: `RUN x` failed"
    )


def test_step_debug_shows_each_line_at_once_and_the_groups_all_the_same() -> None:
    lines: list[str] = []
    console = Console(lines.append, on_github=True, debug=True)
    console(said("a", "50% done\rnext"))
    assert lines == ["::debug::a build: 50%25 done%0Dnext"]
    console(ImageEnded(run=image_run("a", Outcome.PUBLISHED)))
    assert lines[1].startswith("::group::a published")
    assert not any(line.startswith("::debug::") for line in shown(said("a", "x")))
