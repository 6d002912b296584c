from __future__ import annotations

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
        return ("COPY --from=tools /a /b", "RUN true")

    found = resolve(parse(b"FROM parent:1"), onbuild_of=onbuild_of)
    assert [one.written for one in found.references] == ["parent:1", "tools"]
    assert [str(one) for one in asked] == ["docker.io/library/parent:1"]


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
