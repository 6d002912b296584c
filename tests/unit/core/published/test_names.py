"""Names in the registry and on the Hub."""

from dataclasses import replace

import pytest

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import names
from tfimages_action.core.published.names import BranchPush, Refresh, Release
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tags import require_version_tag

DIGEST = "sha256:" + "0123456789abcdef" * 4
FINGERPRINT = "v1:sha256:" + "fedcba9876543210" * 4


def image(reference: str = "ghcr.io/o/hero:latest", *, flist: str = "", vm: bool = False) -> Image:
    parsed = ImageReference.parse(reference)
    return Image(
        name="hero",
        reference=parsed,
        flist=flist or str(parsed).replace("/", "-").replace(":", "-") + ".flist",
        kind=Kind.VM if vm else Kind.CONTAINER,
        folder="fullvm/hero",
        dockerfile="images/hero/Dockerfile",
        context="images/hero",
        fingerprint=FINGERPRINT,
    )


def release(tag: str) -> Release:
    return Release(version=require_version_tag(tag))


@pytest.mark.parametrize(
    ("reference", "tag", "content", "own"),
    [
        ("ghcr.io/o/hero:latest", "v28", "0123456789ab", "v28"),
        ("ghcr.io/o/ubuntu:24.04", "v28", "24.04-0123456789ab", "24.04-v28"),
        ("ghcr.io/o/hero:latest", "v1.2.3+b5", "0123456789ab", "v1.2.3_b5"),
    ],
)
def test_a_release_names_one_digest_thrice(
    reference: str, tag: str, content: str, own: str
) -> None:
    first, second = names.own_references(image(reference), release(tag), DIGEST)
    assert (first.tag, first.digest) == (content, DIGEST)
    assert (second.tag, second.digest) == (own, None)


def test_a_branch_push_has_names_of_its_own() -> None:
    push = BranchPush(branch="feature/größer #1", commit="a1b2c3d4e5f6")
    assert str(names.occasion_reference(image("r.io/x:24.04"), push)) == (
        "r.io/x:24.04-feature-gr-er-1-a1b2c3d"
    )
    long = BranchPush(branch="x" * 200, commit="a1b2c3d4e5f6")
    tag = names.occasion_reference(image("r.io/x:24.04"), long).tag
    assert tag is not None
    assert len(tag) == 128
    assert tag.startswith("24.04-xxx")
    assert tag.endswith("x-a1b2c3d")


def test_only_what_may_be_promoted_is_pushed_under_its_fingerprint() -> None:
    branch = BranchPush(branch="topic", commit="a" * 40)
    assert names.pushed_as(image(), branch).tag == "topic-aaaaaaa"
    assert names.pushed_as(image(), replace(branch, trunk=True)).tag == "fp-fedcba987654"
    assert names.pushed_as(image(), release("v1")).tag == "fp-fedcba987654"


def test_flist_names_follow_the_references() -> None:
    forward, stays = names.Move(forward=True), names.Move(forward=False)
    hero, v28 = image(), release("v28")
    assert names.content_flist(hero, DIGEST) == "ghcr.io-o-hero-0123456789ab.flist"
    assert names.flist_links(hero, v28, forward) == (
        "ghcr.io-o-hero-v28.flist",
        "ghcr.io-o-hero-latest.flist",
    )
    assert names.flist_links(image("ghcr.io/o/ubuntu:24.04"), v28, stays) == (
        "ghcr.io-o-ubuntu-24.04-v28.flist",
    )
    assert names.flist_links(image(flist="mine.flist"), v28, forward) == (
        "mine-v28.flist",
        "mine.flist",
    )


def test_a_vm_is_named_by_its_folder() -> None:
    vm = image(flist="fullvm-hero.flist", vm=True)
    assert names.content_flist(vm, DIGEST) == "fullvm-hero-0123456789ab.flist"
    assert names.occasion_flist(vm, release("v28")) == "fullvm-hero-v28.flist"


def test_releases_are_told_from_everything_else_in_a_repository() -> None:
    tags = [
        "latest", "v9", "v10", "v10a", "v1.2.3_b5", "24.04", "24.04-v11", "3.21",
        "123456789012", "12345678901a", "0123456789ab", "fp-123456789012", "main-1234567",
    ]  # fmt: skip
    moving = frozenset({"latest", "24.04", "3.21"})
    found = names.releases(image("r.io/x:latest"), tags, moving=moving)
    assert [(version.text, str(ref)) for version, ref in found] == [
        ("v10a", "r.io/x:v10a"),
        ("v10", "r.io/x:v10"),
        ("v9", "r.io/x:v9"),
        ("v1.2.3+b5", "r.io/x:v1.2.3_b5"),
    ]
    variant = names.releases(image("r.io/x:24.04"), tags, moving=moving)
    assert [str(ref) for _, ref in variant] == ["r.io/x:24.04-v11"]


@pytest.mark.parametrize(
    ("tag", "published", "forward"),
    [
        ("v2.0", None, True),
        ("v2.0", "v1.2.5", True),
        ("v2.0", "v2.0", True),
        ("v28a", "v28", True),
        ("v1.2.5", "v2.0", False),
        ("v28", "v28a", False),
        ("v2.0.0-rc.1", "v1.2.5", False),
        ("v2.0.0-rc.1", None, False),
    ],
)
def test_moving_names_only_move_forward(tag: str, published: str | None, forward: bool) -> None:
    before = require_version_tag(published) if published else None
    move = names.move_of(release(tag), before, "24.04")
    assert move.forward is forward
    if not forward:
        assert tag in move.reason
        assert "24.04" in move.reason


def test_a_branch_push_moves_nothing() -> None:
    assert not names.move_of(BranchPush(branch="main", commit="a" * 40, trunk=True), None).forward


def test_a_rollback_s_marks_are_found_and_are_no_releases() -> None:
    latest, variant = image("r.io/x:latest"), image("r.io/x:22.10")
    v3 = require_version_tag("v3+b1")
    mark = names.rolled_back_reference(variant, v3)
    assert mark.tag == "22.10-rolled-back-from-v3_b1"
    tags = [mark.tag, "rolled-back-from-v9", "22.10-v3", "rolled-back-from-my-mistakes", "v2"]
    assert names.rollback_marks(variant, tags) == (v3,)
    assert names.rollback_marks(latest, tags) == (require_version_tag("v9"),)
    moving = frozenset({"latest", "22.10"})
    assert [str(ref) for _, ref in names.releases(latest, tags, moving=moving)] == ["r.io/x:v2"]


def test_a_full_vm_s_marks_are_flists() -> None:
    vm = image(flist="hero.flist", vm=True)
    mark = names.rolled_back_flist(vm, require_version_tag("v3"))
    assert mark == "hero-rolled-back-from-v3.flist"
    there = [mark, "hero-v1.flist", "hero-v3.flist", "hero.flist", "hero-0123456789ab.flist"]
    assert names.rollback_flist_marks(vm, there) == (require_version_tag("v3"),)
    assert names.release_flists(vm, there) == ("hero-v3.flist", "hero-v1.flist")


@pytest.mark.parametrize(("tag", "forward"), [("v3", False), ("v2", False), ("v3a", True)])
def test_what_was_rolled_back_only_a_greater_release_moves_on(tag: str, forward: bool) -> None:
    since = require_version_tag("v3")
    for occasion in (release(tag), Refresh(version=require_version_tag(tag), switch=True)):
        move = names.move_of(occasion, None, rolled_back=since)
        assert move.forward is forward
        assert forward or "rolled back from v3 on purpose" in move.reason
