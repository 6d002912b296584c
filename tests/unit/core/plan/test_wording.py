"""Words for people: short where the whole helps nobody."""

import pytest

from tests.bed.revisions import catalog_of
from tfimages_action.core.catalog.fingerprint import Difference
from tfimages_action.core.plan import wording
from tfimages_action.core.published.record import Record
from tfimages_action.errors import ConfigError, Location

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("name", ["v28", "main", "deadbeef", COMMIT[:39], "HEAD"])
def test_a_name_stays_whole(name: str) -> None:
    assert wording.revision(name) == name


@pytest.mark.parametrize("commit", [COMMIT, COMMIT + "0" * 24])
def test_a_commit_has_twelve_digits(commit: str) -> None:
    assert wording.revision(commit) == "0123456789ab"
    assert wording.files(Difference(changed=("a",)), commit) == "changed a since 0123456789ab"


@pytest.mark.parametrize(
    ("version", "current", "said"),
    [
        ("v26", "v28", "is of v26, an earlier run did not finish"),
        ("v28", "v28", "is of v28, an earlier run did not finish"),
        ("v28a", "v28", "is of v28a, which is newer"),
        ("v30", "v28", "is of v30, which is newer"),
        ("v26", COMMIT, "is of v26, not of what 0123456789ab has"),
        (None, "v28", "is another one, an earlier run did not finish"),
    ],
)
def test_an_earlier_run_is_blamed_for_what_it_can_have_left_alone(
    version: str | None, current: str, said: str
) -> None:
    record = Record(digest="sha256:0", version=version)
    assert wording.stale(record, current) == f"published image {said}"


def test_what_is_not_published_bears_the_name_that_it_has_outside() -> None:
    files = {
        "images/box/Dockerfile": "FROM scratch\n",
        "images/fullvm/tiny/Dockerfile": "FROM scratch\n",
        "images/fullvm/tiny/image.yaml": "kind: vm",
    }
    said = {image.name: wording.nothing_published(image) for image in catalog_of(files).images}
    assert said["box"].startswith("nothing is published as ghcr.io/owner/box:latest,")
    assert said["fullvm/tiny"].startswith("nothing is published as tiny.flist,")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a b/ü🙂", "a b/ü🙂"), ("a\n::b", "a\\n::b"), ("\x1b[2J", "\\x1b[2J"), ("\udcff", "\\xff")],
)
def test_what_a_terminal_would_obey_is_written_out(name: str, shown: str) -> None:
    assert wording.files(Difference(added=(name,)), "v1") == f"added {shown} since v1"
    assert wording.definition(Difference(definition=(name,)), "v1") == f"{shown} since v1"
    error = ConfigError("wrong", location=Location(path=name, line=3))
    assert error.render() == f"{shown}:3: wrong"
