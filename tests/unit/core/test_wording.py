"""Words for people: short where the whole helps nobody."""

import pytest

from tfimages_action.core import wording
from tfimages_action.core.fingerprint import Difference

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("name", ["v28", "main", "deadbeef", COMMIT[:39], "HEAD"])
def test_a_name_stays_whole(name: str) -> None:
    assert wording.revision(name) == name


@pytest.mark.parametrize("commit", [COMMIT, COMMIT + "0" * 24])
def test_a_commit_has_twelve_digits(commit: str) -> None:
    assert wording.revision(commit) == "0123456789ab"
    assert wording.files(Difference(changed=("a",)), commit) == "changed a since 0123456789ab"
