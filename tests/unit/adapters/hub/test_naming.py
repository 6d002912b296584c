"""Names are refused while nothing is built yet."""

from __future__ import annotations

import pytest

from tfimages_action.adapters.hub.naming import check_names
from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.flist_name import FlistNameError
from tfimages_action.core.reference import ImageReference


def image(reference: str, flist: str | None = None, kind: Kind = Kind.CONTAINER) -> Image:
    parsed = ImageReference.parse(reference)
    return Image(
        name=reference.partition("/")[2],
        reference=parsed,
        flist=flist or flist_name.of_image(str(parsed)),
        kind=kind,
        folder="x",
        dockerfile="x/Dockerfile",
        context="x",
    )


def test_what_the_hub_calls_the_same() -> None:
    with pytest.raises(FlistNameError, match="one overwriting the other"):
        check_names([image("ghcr.io/a/b:1"), image("ghcr.io/a-b:1")])


def test_a_release_of_one_is_no_stable_name_of_another() -> None:
    pair = [image("ghcr.io/o/a:1"), image("ghcr.io/o/a:1-v2")]
    check_names(pair)
    with pytest.raises(FlistNameError, match=r"ghcr\.io-o-a-1-v2\.flist"):
        check_names(pair, "v2")


def test_a_name_given_by_hand_can_collide_too() -> None:
    with pytest.raises(FlistNameError):
        check_names([image("ghcr.io/o/a:1", "x.flist"), image("ghcr.io/o/b:1", "x.flist")])


def test_a_name_that_fits_alone_but_not_with_its_content() -> None:
    repository = "ghcr.io/" + "a" * 220
    short = image(f"{repository}:1")
    assert len(short.flist.encode()) <= 242
    with pytest.raises(FlistNameError, match="242"):
        check_names([short])


def test_variants_and_vms_of_one_folder() -> None:
    check_names(
        [image("ghcr.io/o/u:24.04"), image("ghcr.io/o/u:22.04"), image("ghcr.io/o/u", "u.flist")]
    )
    check_names([image("ghcr.io/o/noble", "noble.flist", Kind.VM)], "v1")
