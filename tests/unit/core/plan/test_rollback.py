"""What planning takes for published where the names were rolled back."""

from datetime import UTC, datetime

from tests.bed.revisions import catalog_of
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.rollback import Rollback, with_rollbacks
from tfimages_action.core.published.record import Record
from tfimages_action.core.tags import require_version_tag

V1, V2, V3 = map(require_version_tag, ("v1", "v2", "v3"))
SERVED = Record(digest="sha256:" + "1" * 64, created=datetime(2026, 1, 1, tzinfo=UTC))
RELEASED = Record(digest="sha256:" + "2" * 64)
KNOWN = Knowledge(
    current=catalog_of({"images/a/Dockerfile": "FROM alpine\n"}, name="v2"),
    previous=None,
    records={"a": SERVED, "vm": SERVED},
    promotable={"a": RELEASED, "other": RELEASED},
)
ROLLBACKS = {
    "a": Rollback(since=V2, serves="v1", released=RELEASED),
    "vm": Rollback(since=V2),
}


def test_what_was_released_is_taken_for_published_and_for_nothing_to_promote() -> None:
    for version in (None, V1, V2):
        found = with_rollbacks(KNOWN, ROLLBACKS, version)
        assert found.records == {"a": RELEASED, "vm": SERVED}
        assert found.promotable == {"other": RELEASED}
        assert found.rolled_back == {"a": "v2", "vm": "v2"}
        assert found.remarks["a"] == (
            "its moving names were rolled back from v2 to v1 and stay there"
        )


def test_a_greater_release_finds_all_as_it_was() -> None:
    found = with_rollbacks(KNOWN, ROLLBACKS, V3)
    assert (found.records, found.promotable) == (KNOWN.records, KNOWN.promotable)
    assert found.rolled_back == {}
    assert found.remarks["vm"] == (
        "its moving names were rolled back from v2, and this release moves them on"
    )
