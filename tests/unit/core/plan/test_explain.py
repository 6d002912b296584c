"""The tree of one image: for every kind of reason what a person can act on, and the way there."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from tests.bed.revisions import catalog_of
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.explain import Explanation, explain
from tfimages_action.core.plan.knowledge import Force, Knowledge
from tfimages_action.core.plan.model import Plan, ReasonKind
from tfimages_action.core.plan.selection import Selection
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer
from tfimages_action.errors import SettingsError

DIGEST = "sha256:" + "0123456789ab" * 5 + "0123"
SHORT = "sha256:0123456789ab"
OLD = {
    "images/images.yaml": "args: {ZINIT: 1}",
    "images/base/Dockerfile": "FROM alpine:3\nARG ZINIT\n",
    "images/mid/Dockerfile": "FROM ghcr.io/owner/base\n",
    "images/leaf/Dockerfile": "FROM ghcr.io/owner/mid\n",
}
V1 = catalog_of(OLD, name="v1")
SAME = catalog_of(OLD, name="v2")
EDITED = catalog_of({**OLD, "images/base/x": "1"}, name="v2")
FORCE = Force(label="v2a", detail="the trailing letter of v2a rebuilds all")


def record(catalog: Catalog, name: str, **more: object) -> Record:
    image = catalog.find(name)
    assert image is not None
    made = Record(digest=DIGEST, fingerprint=image.fingerprint, version=catalog.revision)
    return replace(made, **more)  # type: ignore[arg-type]


def published(catalog: Catalog) -> dict[str, RecordAnswer]:
    return {image.name: record(catalog, image.name) for image in catalog.images}


def plan(
    current: Catalog,
    records: Mapping[str, RecordAnswer] | None = None,
    previous: Catalog | None = V1,
    **more: object,
) -> Plan:
    return decide(Knowledge(current=current, previous=previous, records=records or {}, **more))  # type: ignore[arg-type]


def tree(made: Plan, name: str) -> list[str]:
    return list(drawn(explain(made, name)))


def drawn(one: Explanation, depth: int = 0) -> Iterator[str]:
    text = f"{one.name}: {one.text}" if one.text else one.name
    yield "  " * depth + text
    for below in one.below:
        yield from drawn(below, depth + 1)


UP_TO_DATE = f"already published as {SHORT} at v1"
FOREIGN = Record(digest=DIGEST)
KINDS: dict[ReasonKind, tuple[Plan, str, list[str]]] = {
    ReasonKind.FORCED: (
        plan(SAME, force=FORCE),
        "mid",
        ["mid: build: forced", "  the trailing letter of v2a rebuilds all"],
    ),
    ReasonKind.FIRST: (
        plan(V1, previous=None),
        "mid",
        ["mid: build: first", "  there is no previous version to compare with"],
    ),
    ReasonKind.NEW: (
        plan(catalog_of({**OLD, "images/more/Dockerfile": "FROM alpine\n"}, name="v2")),
        "more",
        ["more: build: new", "  not there at v1"],
    ),
    ReasonKind.FILES: (plan(EDITED), "base", ["base: build: files", "  added x since v1"]),
    ReasonKind.DEFINITION: (
        plan(catalog_of({**OLD, "images/images.yaml": "args: {ZINIT: 2}"}, name="v2")),
        "base",
        ["base: build: definition", "  arg ZINIT 1 -> 2 since v1"],
    ),
    ReasonKind.PARENT: (
        plan(EDITED),
        "leaf",
        [
            "leaf: build: parent",
            "  mid: build: parent",
            "    base: build: files",
            "      added x since v1",
        ],
    ),
    ReasonKind.UNFINISHED: (
        plan(SAME, {**published(V1), "mid": record(V1, "mid", fingerprint="v1:sha256:other")}),
        "mid",
        ["mid: build: unfinished", "  published image is of v1, an earlier run did not finish"],
    ),
    ReasonKind.ADOPTED: (
        plan(SAME, {"mid": FOREIGN}, baselines={"mid": V1}),
        "mid",
        [
            "mid: skip: adopted",
            f"  published as {SHORT} without a fingerprint; nothing differs since v1",
        ],
    ),
    ReasonKind.PROMOTED: (
        plan(EDITED, published(V1), promotable={"mid": record(EDITED, "mid")}),
        "mid",
        [
            "mid: convert: promoted",
            f"  built and checked before as {SHORT}",
            "  files of base changed",
        ],
    ),
    ReasonKind.BASE_MOVED: (
        plan(SAME, published(V1), moved_bases={"base": "alpine:3 moved from a to b"}),
        "mid",
        ["mid: build: base-moved", "  base: build: base-moved", "    alpine:3 moved from a to b"],
    ),
    ReasonKind.FLIST: (
        plan(SAME, published(V1), flists={"mid": FlistState.ABSENT}),
        "mid",
        ["mid: convert: flist", "  the published image has no flist"],
    ),
    ReasonKind.NOT_SELECTED: (
        plan(EDITED, selection=Selection(only=("mid",))),
        "leaf",
        ["leaf: skip: not-selected", "  not selected, though to build", "  files of base changed"],
    ),
    ReasonKind.UP_TO_DATE: (
        plan(SAME),
        "mid",
        ["mid: skip: up-to-date", "  nothing differs since v1"],
    ),
}


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_kind_says_what_a_person_can_act_on(kind: ReasonKind) -> None:
    made, name, expected = KINDS[kind]
    assert tree(made, name) == expected


def test_the_way_leads_through_what_is_published_already() -> None:
    """base and mid are done; leaf is still to be built, and what changed is not forgotten."""
    made = plan(EDITED, {**published(EDITED), "leaf": record(V1, "leaf")})
    assert tree(made, "leaf") == [
        "leaf: build: parent",
        "  mid: skip: up-to-date",
        f"    already published as {SHORT} at v2",
        "    base: skip: up-to-date",
        f"      already published as {SHORT} at v2",
        "      added x since v1",
    ]
    assert tree(made, "mid") == [
        "mid: skip: up-to-date",
        f"  already published as {SHORT} at v2",
    ]


def test_every_file_is_named_however_many_and_whatever_its_name() -> None:
    before = {**OLD, "images/base/old; name": "1", "images/base/kept": "1"}
    after = {
        **OLD,
        "images/images.yaml": "args: {ZINIT: 2}",
        "images/base/kept": "2",
        **{f"images/base/new{number}; more": "1" for number in range(5)},
    }
    made = plan(catalog_of(after, name="v2"), previous=catalog_of(before, name="v1"))
    assert tree(made, "base") == [
        "base: build: files",
        "  since v1",
        "    arg ZINIT 1 -> 2",
        "    changed kept",
        *(f"    added new{number}; more" for number in range(5)),
        "    removed old; name",
    ]
    assert "and 2 more" in next(s.reason.detail for s in made.steps if s.image.name == "base")


def test_beside_its_own_files_the_parents_that_differ_are_named() -> None:
    after = {
        **OLD,
        "images/base/x": "1",
        "images/other/Dockerfile": "FROM alpine\n",
        "images/mid/Dockerfile": "FROM ghcr.io/owner/other\nCOPY --from=ghcr.io/owner/base / /\n",
        "images/leaf/y": "1",
        "images/leaf/Dockerfile": "FROM ghcr.io/owner/other\n",
    }
    made = plan(catalog_of(after, name="v2"))
    assert tree(made, "leaf") == [
        "leaf: build: files",
        "  since v1",
        "    no longer built on mid",
        "    built on other, new here or changed",
        "    changed Dockerfile",
        "    added y",
    ]


def test_of_a_diamond_one_way_is_told() -> None:
    wide = {
        **OLD,
        "images/a/Dockerfile": "FROM ghcr.io/owner/base\n",
        "images/b/Dockerfile": "FROM ghcr.io/owner/base\n",
        "images/tip/Dockerfile": "FROM ghcr.io/owner/b\nCOPY --from=ghcr.io/owner/a / /\n",
    }
    made = plan(
        catalog_of({**wide, "images/base/x": "1"}, name="v2"),
        previous=catalog_of(wide, name="v1"),
    )
    assert tree(made, "tip") == [
        "tip: build: parent",
        "  a: build: parent",
        "    base: build: files",
        "      added x since v1",
    ]


def test_what_is_not_selected_says_which_files_it_lacks() -> None:
    made = plan(
        catalog_of({**OLD, "images/base/x": "1", "images/other/Dockerfile": "FROM alpine\n"}),
        selection=Selection(only=("other",)),
    )
    assert tree(made, "base") == [
        "base: skip: not-selected",
        "  not selected, though to build",
        "  added x since v1",
    ]


def test_what_a_rollback_makes_of_it_stands_beside_the_cause() -> None:
    made = plan(EDITED, published(V1), remarks={"mid": "it was rolled back"})
    assert tree(made, "mid") == [
        "mid: build: parent",
        "  it was rolled back",
        "  base: build: files",
        "    added x since v1",
    ]


def test_what_a_killed_refresh_left_is_told_on_the_way() -> None:
    left = {name: replace(record(V1, name), digest="sha256:9") for name in ("base", "mid")}
    made = plan(SAME, published(V1), moved_bases={"base": "alpine:3 moved"}, left_behind=left)
    assert tree(made, "mid") == [
        "mid: convert: base-moved",
        "  built and checked before as sha256:9",
        "  base: convert: base-moved",
        "    built and checked before as sha256:9",
        "    alpine:3 moved",
    ]


def test_a_name_that_the_plan_does_not_know() -> None:
    with pytest.raises(SettingsError, match="no image 'x'"):
        explain(plan(EDITED), "x")


def test_a_retired_image() -> None:
    made = plan(catalog_of({"images/a/Dockerfile": "FROM x\n"}, name="v2"))
    with pytest.raises(SettingsError, match="leaf is retired: v1 has it, v2 does not") as caught:
        explain(made, "leaf")
    assert "stays where it is" in caught.value.hint


VARIANTS = {
    "images/deb-base/Dockerfile": "ARG PARENT=x\nFROM ${PARENT}\n",
    "images/deb-base/image.yaml": (
        "variants: [{name: 'ubuntu:24.04', args: {PARENT: 'u:1'}}, "
        "{name: 'ubuntu:22.04', args: {PARENT: 'u:2'}}]"
    ),
    "images/nomad/client/Dockerfile": "FROM alpine\n",
}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ubuntu:2404", "perhaps 'ubuntu:24.04' was meant"),
        ("Ubuntu:24.04", "perhaps 'ubuntu:24.04' was meant"),
        ("ghcr.io/owner/ubuntu:24.04", "perhaps 'ubuntu:24.04' was meant"),
        ("ghcr.io/owner/nomad/clients:latest", "perhaps 'nomad/client' was meant"),
        ("deb-base", "the folder makes ubuntu:22.04, ubuntu:24.04;"),
        ("images/deb-base/", "the folder makes ubuntu:22.04, ubuntu:24.04;"),
        ("client", "the folder makes nomad/client;"),
        ("", "`tfimages graph` lists them all"),
        ("/", "`tfimages graph` lists them all"),
        ("else", "`tfimages graph` lists them all"),
    ],
)
def test_what_was_probably_meant(name: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        explain(plan(catalog_of(VARIANTS, name="v2")), name)
    assert caught.value.hint.startswith(hint)


def test_a_variant_is_explained_by_its_name() -> None:
    after = {
        **VARIANTS,
        "images/deb-base/image.yaml": VARIANTS["images/deb-base/image.yaml"].replace("u:1", "u:3"),
    }
    made = plan(catalog_of(after, name="v2"), previous=catalog_of(VARIANTS, name="v1"))
    assert tree(made, "ubuntu:24.04") == [
        "ubuntu:24.04: build: definition",
        "  since v1",
        "    arg PARENT u:1 -> u:3",
        "    external docker.io/library/u:1 -> docker.io/library/u:3",
    ]
    assert tree(made, "ubuntu:22.04")[0] == "ubuntu:22.04: skip: up-to-date"
