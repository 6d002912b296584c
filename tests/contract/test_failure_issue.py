"""One issue while a refresh fails: opened once, kept current, closed when it passes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.standins.github import GitHubStandIn, running_github
from tests.standins.github.issues import Issue
from tests.unit.report.samples import image_run, report
from tfimages_action.core.run.report import Outcome, RunReport
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.publishing.notifying import TITLE, notify
from tfimages_action.errors import ExitCode

SETTINGS = Settings(mode="refresh", notify="issue", github_token="word")
FAILED = report(image_run("base", Outcome.FAILED), exit_code=ExitCode.FAILED, error="no disk")
PASSED = report(image_run("base", Outcome.SKIPPED))


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubStandIn]:
    with running_github(tmp_path, name="octo-org/images", token="word") as api:
        yield api


def told(api: GitHubStandIn, ended: RunReport, settings: Settings = SETTINGS) -> str:
    lines: list[str] = []
    event = Event(
        on_github=True,
        name="schedule",
        repository="octo-org/images",
        api_url=api.url,
        run_url="https://github.com/octo-org/images/actions/runs/7",
    )
    mask = lambda text: text.replace("secret-word", "***")  # noqa: E731 - one line of a test
    notify(ended, settings, event, mask=mask, write=lines.append)
    return "\n".join(lines)


def test_it_is_opened_once_and_closed(github: GitHubStandIn) -> None:
    assert "issues/1" in told(github, FAILED)
    assert "issues/1" in told(github, replace(FAILED, error="no network"))
    (issue,) = github.routes.issues.all
    assert issue.title == TITLE
    assert "no network" in issue.body
    assert "no disk" not in issue.body
    assert "actions/runs/7" in issue.body
    assert issue.state == "open"
    assert "closed" in told(github, PASSED)
    assert issue.state == "closed"
    assert len(issue.comments) == 1
    assert told(github, PASSED) == ""
    assert "issues/2" in told(github, FAILED)


def test_other_people_s_issues_are_left_alone(github: GitHubStandIn) -> None:
    theirs = Issue(number=1, title=TITLE, body="me too")
    pull = Issue(number=2, title=TITLE, body=f"<!-- tf-images: {TITLE} -->", is_pull=True)
    github.routes.issues.all = [theirs, pull]
    assert "issues/3" in told(github, FAILED)
    told(github, PASSED)
    assert theirs.state == pull.state == "open"


def test_no_secret_gets_into_it(github: GitHubStandIn) -> None:
    told(github, replace(FAILED, error="the secret-word was refused"))
    assert "secret-word" not in github.routes.issues.all[0].body


def test_inputs_that_make_no_sense_fail_the_refresh_too(github: GitHubStandIn) -> None:
    assert "issues/1" in told(github, FAILED, replace(SETTINGS, mode="auto"))


def test_a_stopped_run_says_nothing(github: GitHubStandIn) -> None:
    assert told(github, replace(FAILED, exit_code=ExitCode.TERMINATED)) == ""
    assert github.routes.issues.all == []


@pytest.mark.parametrize("settings", [
    replace(SETTINGS, notify="none"), replace(SETTINGS, mode="publish"),
])  # fmt: skip
def test_only_where_it_was_asked_for(github: GitHubStandIn, settings: Settings) -> None:
    assert told(github, FAILED, settings) == ""
    assert github.routes.issues.all == []


def test_a_refusal_is_said_not_raised(github: GitHubStandIn) -> None:
    said = told(github, FAILED, replace(SETTINGS, github_token="wrong"))
    assert "nobody was told" in said
    assert "issues: write" in said
