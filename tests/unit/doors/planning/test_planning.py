"""What a plan knows of its repository."""

import pytest

from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.planning.planner import source_of


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/o/r",
        "https://github.com/o/r.git",
        "https://github.com/o/r.git/",
        "https://user:planted-t0ken@github.com/o/r.git",
        "https://x-access-token:planted-t0ken@github.com:443/o/r",
        "http://github.com/o/r",
        "ssh://git@github.com/o/r.git",
        "ssh://git@github.com:22/o/r.git",
        "git@github.com:o/r.git",
        "git@github.com:/o/r",
        "github.com:o/r.git",
    ],
)
def test_at_home_the_clone_says_where_it_came_from_and_no_login(origin: str) -> None:
    assert source_of(Event(), origin) == "https://github.com/o/r"


def test_of_another_host_its_whole_path() -> None:
    assert source_of(Event(), "git@git.example.org:a/b/c.git") == "https://git.example.org/a/b/c"


@pytest.mark.parametrize(
    "origin",
    [None, "", "/srv/git/r.git", "../r.git", "file:///srv/r.git", "./a.b/r", "localhost:r.git"],
)
def test_a_folder_is_no_page(origin: str | None) -> None:
    assert source_of(Event(), origin) == ""


def test_on_github_the_runner_says_it() -> None:
    event = Event(on_github=True, repository="o/r", server_url="https://ghe.example.org")
    assert source_of(event, "https://github.com/x/y") == "https://ghe.example.org/o/r"
