from __future__ import annotations

from collections.abc import Callable

import pytest

from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolve import UnresolvedError, resolve
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import DockerfileError, Location


def test_references_carry_what_was_written_and_their_lines() -> None:
    data = b"ARG V=3\nFROM alpine:$V AS a\nRUN --mount=from=busybox,target=/b \\\n  true\n"
    found = resolve(parse(data)).references
    assert [(str(one.image), one.written, one.line) for one in found] == [
        ("docker.io/library/alpine:3", "alpine:3", 2),
        ("docker.io/library/busybox:latest", "busybox", 3),
    ]


def test_build_args_platform_and_target_change_the_graph() -> None:
    dockerfile = parse(b"ARG B=a\nFROM $B AS one\nFROM base-${TARGETARCH}\n")
    args = {"B": "b", "NOT_DECLARED": "x"}
    assert [str(i) for i in resolve(dockerfile, args=args, target="ONE").images] == [
        "docker.io/library/b:latest"
    ]
    assert [str(i) for i in resolve(dockerfile, platform="linux/arm64").images] == [
        "docker.io/library/base-arm64:latest"
    ]


def test_triggers_of_a_parent_count_for_its_child() -> None:
    asked: list[ImageReference] = []

    def onbuild_of(reference: ImageReference) -> tuple[str, ...]:
        asked.append(reference)
        return ("COPY --from=tools /a /b", "RUN true") if reference.tag == "1" else ()

    found = resolve(parse(b"FROM parent:1"), onbuild_of=onbuild_of)
    assert [one.written for one in found.references] == ["parent:1", "tools"]
    assert {str(one) for one in asked} == {
        "docker.io/library/parent:1",
        "docker.io/library/tools:latest",
    }


@pytest.mark.parametrize("data", [b"FROM p", b"FROM p AS x\nFROM x"])
def test_a_trigger_may_take_from_its_own_stage(data: bytes) -> None:
    found = resolve(parse(data), onbuild_of=lambda _: ("COPY --from=0 /a /b",))
    assert [one.written for one in found.references] == ["p"]


def test_a_trigger_may_need_a_stage_that_nothing_else_needs() -> None:
    # BuildKit pulls `c` for this, though it never asks for its config.
    data = b"FROM a\nCOPY --from=c / /\nFROM b AS t\nONBUILD COPY --from=0 / /\nFROM t\n"
    assert [one.written for one in resolve(parse(data)).references] == ["a", "c", "b"]


def test_a_trigger_takes_from_no_later_stage() -> None:
    with pytest.raises(DockerfileError, match="comes later"):
        resolve(
            parse(b"FROM p AS x\nFROM a\nCOPY --from=x / /"),
            onbuild_of=_triggers(p=("COPY --from=1 /a /b",)),
        )


def test_triggers_of_an_image_that_is_only_copied_from_name_images_too() -> None:
    found = resolve(
        parse(b"FROM a\nCOPY --from=p / /\nRUN --mount=from=q,target=/q x"),
        onbuild_of=_triggers(p=("COPY --from=b / /",), b=("RUN --mount=from=c,target=/c x",)),
    )
    assert [one.written for one in found.references] == ["a", "p", "b", "c", "q"]


@pytest.mark.parametrize("data", [b"FROM p", b"FROM a\nCOPY --from=p / /"])
def test_triggers_that_lead_back_to_their_image_are_refused(data: bytes) -> None:
    triggers = _triggers(p=("COPY --from=q / /",), q=("COPY --from=docker.io/library/p / /",))
    with pytest.raises(DockerfileError, match=r"triggers of .*/p:latest take from .*/p:"):
        resolve(parse(data), onbuild_of=triggers)


def test_a_named_context_in_place_of_an_image_leaves_no_triggers() -> None:
    triggers = _triggers(p=("COPY --from=tools / /",))
    assert resolve(parse(b"FROM p"), contexts={"p"}, onbuild_of=triggers).references == ()


def _triggers(**triggers: tuple[str, ...]) -> Callable[[ImageReference], tuple[str, ...]]:
    """By the short name of the image that leaves them."""
    return lambda image: triggers.get(image.repository.removeprefix("library/"), ())


def test_the_triggers_of_an_image_are_those_of_its_target() -> None:
    data = b"FROM a AS one\nONBUILD RUN x\nFROM b\nONBUILD COPY --from=c <<E /\nfrom x\nE\n"
    assert resolve(parse(data)).onbuild == ("COPY --from=c <<E /\nfrom x\nE",)
    assert resolve(parse(data), target="one").onbuild == ("RUN x",)


def test_an_error_has_its_place() -> None:
    with pytest.raises(DockerfileError) as raised:
        parse(b"FROM a\n\nFOO\n", path="images/a/Dockerfile")
    assert raised.value.location == Location(path="images/a/Dockerfile", line=3)


@pytest.mark.parametrize("base", ["$V", "img:$V", "${V}/x"])
def test_an_arg_that_nothing_sets_is_named(base: str) -> None:
    with pytest.raises(UnresolvedError) as raised:
        resolve(parse(f"ARG V\nFROM {base}".encode()), path="a/Dockerfile")
    (unresolved,) = raised.value.unresolved
    assert (unresolved.written, unresolved.line, unresolved.args) == (base, 2, ("V",))
    assert raised.value.location == Location(path="a/Dockerfile", line=2)
    assert "give V a default" in raised.value.hint


@pytest.mark.parametrize("above", ["", "FROM a\nARG REGISTRY\n"])
def test_an_arg_that_has_a_value_is_only_to_be_asked_for(above: str) -> None:
    dockerfile = parse(f"{above}FROM ${{REGISTRY}}/base".encode())
    with pytest.raises(UnresolvedError) as raised:
        resolve(dockerfile, args={"REGISTRY": "ghcr.io/you"})
    assert "write `ARG REGISTRY` before the first FROM" in raised.value.hint
    assert raised.value.message == "${REGISTRY}/base names no image: '/base' is no image name"


def test_an_arg_without_value_is_told_where_it_is_used() -> None:
    data = (
        b"ARG G\nFROM a$G\nARG A\nARG B=1\nARG C\nARG TARGETARCH\n"
        b"# $A\nRUN curl $A \\\n  $B ${A} $TARGETARCH ${A:-x} \\$A\nENV C=1\nRUN echo $C\n"
        b"FROM b\nRUN echo $A\n"
    )
    dockerfile = parse(data)
    target = parse(data.replace(b"FROM b\n", b"FROM b\nCOPY --from=0 / /\n"))
    assert resolve(dockerfile).unset == ()
    found = [(one.name, one.line) for one in resolve(target).unset]
    assert found == [("G", 2), ("A", 8), ("A", 9)]
    assert [one.name for one in resolve(target, args={"A": "x"}).unset] == ["G"]


def test_only_args_of_needed_stages_are_declared() -> None:
    dockerfile = parse(b"ARG G\nFROM a AS x\nARG X=1\nFROM b\nARG Y\n")
    assert dockerfile.declared == {"G", "X", "Y"}
    assert resolve(dockerfile).declared == {"G", "Y"}
    assert [(a.name, a.default, a.line, a.stage) for a in dockerfile.args] == [
        ("G", None, 1, None),
        ("X", "1", 3, 0),
        ("Y", None, 5, 1),
    ]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux/amd64", "linux amd64  linux/amd64"),
        ("linux/arm64/v8", "linux arm64  linux/arm64"),
        ("linux/arm", "linux arm v7 linux/arm/v7"),
        ("linux/arm/v6", "linux arm v6 linux/arm/v6"),
        ("x86_64", "linux amd64  linux/amd64"),
    ],
)
def test_platform_args(platform: str, expected: str) -> None:
    names = ("TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETPLATFORM")
    written = "/".join(f"${{{name}:-none}}" for name in names)
    (reference,) = resolve(parse(f"FROM x/{written}".encode()), platform=platform).references
    assert reference.written == "x/" + "/".join(part or "none" for part in expected.split(" "))


def test_the_builders_platform_is_its_own() -> None:
    dockerfile = parse(b"FROM --platform=$BUILDPLATFORM a-$BUILDARCH-$TARGETARCH")
    (reference,) = resolve(
        dockerfile, platform="linux/arm64", build_platform="linux/amd64"
    ).references
    assert (reference.written, reference.platform) == ("a-amd64-arm64", "linux/amd64")


def test_the_base_follows_the_stages_of_the_file() -> None:
    found = resolve(parse(b"FROM a AS x\nFROM x AS y\nCOPY --from=b / /\nFROM y"))
    assert found.base is not None
    assert found.base.written == "a"
    assert resolve(parse(b"FROM scratch")).base is None
    assert resolve(parse(b"FROM a"), contexts={"a"}).base is None
