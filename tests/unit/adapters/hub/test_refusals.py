"""Everything that the Hub would do and lose something by."""

from __future__ import annotations

import pytest

from tfimages_action.adapters.hub import refusals
from tfimages_action.adapters.hub.answers import EntryType, Light, Listed
from tfimages_action.adapters.hub.errors import HubUnsafeError
from tfimages_action.core.flist_name import FlistNameError

ME = "alice.3bot"


def light(name: str, target: str | None = None, md5: str | None = "0" * 32) -> Light:
    kind = EntryType.REGULAR if target is None else EntryType.SYMLINK
    return Light(name=name, size=1, updated=1, type=kind, md5=md5, target=target)


def listed(name: str, target: str | None = None) -> Listed:
    kind = EntryType.REGULAR if target is None else EntryType.SYMLINK
    return Listed(name=name, size="1 KB", updated=1, type=kind, target=target)


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("x.flist", (ME, "x.flist")),
        ("../bob/x.flist", ("bob", "x.flist")),
        ("./x.flist", (ME, "x.flist")),
    ],
)
def test_where_a_link_leads(target: str, where: tuple[str, str]) -> None:
    assert refusals.resolve(ME, target) == where


def test_where_a_listing_says_that_it_leads() -> None:
    assert refusals.listed_target(ME, "x.flist") == (ME, "x.flist")
    assert refusals.listed_target(ME, "bob/x.flist") == ("bob", "x.flist")


def test_a_link_over_a_file_or_to_itself() -> None:
    with pytest.raises(HubUnsafeError, match="would lose it"):
        refusals.link_over(ME, "a.flist", "b.flist", light("b.flist"))
    with pytest.raises(HubUnsafeError, match="to itself"):
        refusals.link_over(ME, "b.flist", "b.flist", None)
    with pytest.raises(HubUnsafeError, match="to itself"):
        refusals.link_over(ME, f"../{ME}/b.flist", "b.flist", None)
    refusals.link_over(ME, "a.flist", "b.flist", light("b.flist", "c.flist"))
    refusals.link_over(ME, "../bob/b.flist", "b.flist", None)


def test_a_rename_over_anything() -> None:
    for there in (light("b.flist"), light("b.flist", "c.flist")):
        with pytest.raises(HubUnsafeError, match="without a word"):
            refusals.rename_over(ME, "a.flist", "b.flist", there)
    with pytest.raises(HubUnsafeError):
        refusals.rename_over(ME, "b.flist", "b.flist", None)
    refusals.rename_over(ME, "a.flist", "b.flist", None)


def test_a_promote_onto_itself_by_whatever_way() -> None:
    here = (ME, "a.flist")
    with pytest.raises(HubUnsafeError, match="onto itself"):
        refusals.promote(here, here, light("a.flist"))
    with pytest.raises(HubUnsafeError, match="onto itself"):
        refusals.promote((ME, "link.flist"), here, light("link.flist", "a.flist"))
    with pytest.raises(HubUnsafeError, match="onto itself"):
        refusals.promote(("bob", "link.flist"), here, light("link.flist", f"../{ME}/a.flist"))
    refusals.promote((ME, "a.flist"), (ME, "b.flist"), light("a.flist"))


@pytest.mark.parametrize("there", [None, light("a.flist", "gone.flist", md5=None)])
def test_a_promote_of_nothing(there: Light | None) -> None:
    with pytest.raises(HubUnsafeError, match="nothing that could be copied"):
        refusals.promote((ME, "a.flist"), (ME, "b.flist"), there)


def test_a_conversion_or_upload_onto_a_link() -> None:
    with pytest.raises(HubUnsafeError, match=r"is a link to c\.flist"):
        refusals.write_over(ME, "b.flist", light("b.flist", "c.flist"))
    refusals.write_over(ME, "b.flist", light("b.flist"))


def test_taking_away_what_a_link_leads_to() -> None:
    listing = (
        listed("a.flist"),
        listed("stable.flist", "a.flist"),
        listed("x.flist", "bob/b.flist"),
    )
    with pytest.raises(HubUnsafeError, match=r"stable\.flist is a link to a\.flist"):
        refusals.remove(ME, "a.flist", listing)
    refusals.remove(ME, "stable.flist", listing)
    refusals.remove(ME, "b.flist", listing)


def test_names_that_the_hub_would_lose() -> None:
    name = "x" * 240 + ".flist"
    with pytest.raises(FlistNameError, match="242"):
        refusals.write_over(ME, name, None)
    with pytest.raises(FlistNameError, match="242"):
        refusals.link_over(ME, "a.flist", name, None)
    with pytest.raises(FlistNameError, match="242"):
        refusals.rename_over(ME, "a.flist", name, None)
