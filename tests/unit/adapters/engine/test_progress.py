"""buildx's raw progress, in both of its shapes, as lines for a person."""

import base64
import json
from typing import Any

import pytest

from tfimages_action.adapters.engine.progress import Progress

STARTED = "2026-11-23T20:51:18.932816223Z"
ENDED = "2026-11-23T20:51:20.187895432Z"


def text(data: str) -> str:
    return base64.b64encode(data.encode()).decode()


def vertex(digest: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"vertexes": [{"digest": digest, "name": name, **fields}]}


def output(digest: str, data: str, stream: int = 1) -> dict[str, Any]:
    return {"logs": [{"vertex": digest, "stream": stream, "data": text(data)}]}


def told(
    *statuses: dict[str, Any], indent: int | None = 2, after: str = ""
) -> tuple[Progress, list[str]]:
    lines: list[str] = []
    progress = Progress(log=lines.append)
    for status in statuses:
        for line in json.dumps(status, indent=indent).splitlines():
            progress.feed(line)
    for line in after.splitlines():
        progress.feed(line)
    progress.close()
    return progress, lines


def said(*statuses: dict[str, Any], indent: int | None = 2) -> list[str]:
    return told(*statuses, indent=indent)[1]


RUN = "[2/3] RUN make"
WHOLE = (
    vertex("a", RUN),
    vertex("a", RUN, started=STARTED),
    output("a", "one\ntw"),
    output("a", "o\n"),
    output("a", "no newline"),
    vertex("a", RUN, started=STARTED, completed=ENDED),
)


@pytest.mark.parametrize("indent", [2, None], ids=["0.13", "0.15"])
def test_both_shapes_say_the_same(indent: int | None) -> None:
    assert said(*WHOLE, indent=indent) == [
        f"#1 {RUN}",
        "#1 one",
        "#1 two",
        "#1 no newline",
        "#1 DONE 1.3s",
    ]


def test_a_failed_step_is_told_from_its_neighbours_by_its_error() -> None:
    error = 'process "/bin/sh -c make" did not complete successfully: exit code: 2'
    progress, _ = told(
        vertex("a", RUN, started=STARTED),
        vertex("b", "[other 1/1] RUN wait", started=STARTED),
        output("a", "\x1b[31mmake: *** [x] Error 1\x1b[0m\n  \n"),
        output("b", "waiting\n"),
        vertex("a", RUN, started=STARTED, completed=ENDED, error=error),
        vertex("b", "[other 1/1] RUN wait", started=STARTED, error="context canceled"),
    )
    assert progress.last_line(error) == "make: *** [x] Error 1"
    assert progress.last_line("context canceled") == "waiting"
    assert progress.last_line("") == progress.last_line("another") == ""


def test_a_brace_in_the_output_ends_nothing() -> None:
    assert said(vertex("a", RUN, started=STARTED), output("a", "}\n{\n")) == [
        f"#1 {RUN}",
        "#1 }",
        "#1 {",
    ]


def test_internal_steps_are_silent_unless_they_fail() -> None:
    name = "[internal] load metadata for docker.io/library/nothing:1"
    assert said(vertex("a", name, started=STARTED, completed=ENDED)) == []
    failed = vertex("a", name, started=STARTED, completed=ENDED, error="no such host")
    assert said(failed) == ["#1 ERROR: no such host"]


def test_a_step_ends_once() -> None:
    done = vertex("a", RUN, started=STARTED, completed=ENDED)
    assert said(done, done, done) == [f"#1 {RUN}", "#1 DONE 1.3s"]
    cached = vertex("a", RUN, started=STARTED, completed=ENDED, cached=True)
    assert said(cached, cached) == [f"#1 {RUN}", "#1 CACHED"]
    failed = vertex("a", RUN, started=STARTED, completed=ENDED, error="exit code 2")
    assert said(failed, failed) == [f"#1 {RUN}", "#1 ERROR: exit code 2"]


def test_streams_are_not_mixed_within_a_line() -> None:
    lines = said(
        vertex("a", RUN, started=STARTED),
        output("a", "out", 1),
        output("a", "err", 2),
        output("a", "put\n", 1),
        output("a", "or\n", 2),
    )
    assert lines[1:] == ["#1 output", "#1 error"]


def test_a_bar_that_redraws_itself_is_its_last_state() -> None:
    lines = said(vertex("a", RUN, started=STARTED), output("a", "1%\r50%\r100%\nnext\r\n"))
    assert lines[1:] == ["#1 100%", "#1 next"]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    raw = {"logs": [{"vertex": "a", "data": base64.b64encode(b"\xff\xfe\n").decode()}]}
    assert said(vertex("a", RUN, started=STARTED), raw)[1] == "#1 \ufffd\ufffd"


def test_warnings_are_kept_with_their_line() -> None:
    warning = {
        "warnings": [
            {"vertex": "a", "short": text("Empty continuation"), "range": [{"start": {"line": 3}}]},
            {"vertex": "a", "short": text("Legacy")},
        ]
    }
    progress, lines = told(warning, warning)
    assert list(map(str, progress.warnings)) == ["Empty continuation (line 3)", "Legacy"]
    assert lines == ["WARNING: Empty continuation (line 3)", "WARNING: Legacy"]


def test_a_check_s_rule_has_its_page() -> None:
    rule = "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/"
    check = {
        "vertex": "a",
        "level": 1,
        "short": text("StageNameCasing: Stage name 'Build' should be lowercase"),
        "detail": [text("Stage names should be lowercase")],
        "url": rule,
        "sourceInfo": {"filename": "Dockerfile"},
        "range": [{"start": {"line": 2}, "end": {"line": 2}}],
    }
    (warned,) = told({"warnings": [check]})[0].warnings
    assert (warned.line, warned.url) == (2, rule)


def test_what_follows_the_progress_is_the_error() -> None:
    progress, _ = told(*WHOLE, after="Dockerfile:6\n----\n   6 | >>> RUN x\n\nERROR: no\n")
    assert progress.error_text == ["Dockerfile:6", "----", "   6 | >>> RUN x", "ERROR: no"]
