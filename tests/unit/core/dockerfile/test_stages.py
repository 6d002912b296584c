"""Which stages count: random graphs against a plain definition of the rules."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolve import resolve
from tfimages_action.errors import DockerfileError

NAMES = ("one", "two", "three", "image", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    base: str
    name: str
    copies: tuple[str, ...]

    def lines(self) -> list[str]:
        opening = f"FROM {self.base}" + (f" AS {self.name}" if self.name else "")
        return [opening, *[f"COPY --from={copy} / /" for copy in self.copies]]


drawn_stages = st.lists(
    st.builds(
        Drawn,
        base=st.sampled_from(("scratch", *NAMES)),
        name=st.sampled_from(("", *NAMES[:3])),
        copies=st.lists(st.sampled_from(("0", "1", "ONE", *NAMES)), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=5,
)


class RefusedError(Exception):
    pass


def _last(stages: list[Drawn], name: str) -> int | None:
    return max((i for i, stage in enumerate(stages) if stage.name == name.lower()), default=None)


def _copied(stages: list[Drawn], index: int) -> list[int | str]:
    """What a stage copies from: stages by index, images by name."""
    found: list[int | str] = []
    for copy in stages[index].copies:
        source = int(copy) if copy.isdigit() else _last(stages, copy)
        found.append(copy if source is None else source)
    return found


def _images(stages: list[Drawn], index: int) -> set[str]:
    base = _last(stages[:index], stages[index].base)
    found = set() if base is None else _images(stages, base)
    if base is None and stages[index].base != "scratch":
        found.add(stages[index].base)
    for source in _copied(stages, index):
        if isinstance(source, str):
            found.add(source)
        elif source >= index:
            raise RefusedError("a stage that comes later")
        else:
            found |= _images(stages, source)
    return found


def _circles(stages: list[Drawn]) -> bool:
    near = {i: {s for s in _copied(stages, i) if isinstance(s, int)} for i in range(len(stages))}
    for _ in stages:
        near = {i: sources.union(*(near[s] for s in sources)) for i, sources in near.items()}
    return any(i in sources for i, sources in near.items())


def _plainly(stages: list[Drawn]) -> set[str] | None:
    """The images of the last stage, or nothing where BuildKit refuses."""
    if _circles(stages) or any("ONE" in _copied(stages, i) for i in range(len(stages))):
        return None
    try:
        return _images(stages, len(stages) - 1)
    except RefusedError:
        return None


def _has_low_numbers(stages: list[Drawn]) -> bool:
    """Numbers past the stages are nameless sources: a matter of its own."""
    return all(int(c) < len(stages) for s in stages for c in s.copies if c.isdigit())


@given(drawn_stages.filter(_has_low_numbers))
def test_a_random_graph_needs_what_the_rules_say(stages: list[Drawn]) -> None:
    dockerfile = parse("\n".join(line for stage in stages for line in stage.lines()).encode())
    try:
        found = {reference.written for reference in resolve(dockerfile).references}
    except DockerfileError:
        assert _plainly(stages) is None
    else:
        assert found == _plainly(stages)


@given(drawn_stages.filter(_has_low_numbers), st.data())
def test_each_target_is_the_last_stage_of_its_own_file(
    stages: list[Drawn], data: st.DataObject
) -> None:
    text = "\n".join(line for stage in stages for line in stage.lines())
    names = [stage.name for stage in stages if stage.name]
    if not names:
        return
    target = data.draw(st.sampled_from(names))
    appended = parse(f"{text}\nFROM {target}".encode())
    try:
        found = resolve(parse(text.encode()), target=target).images
    except DockerfileError:
        with pytest.raises(DockerfileError):
            resolve(appended)
    else:
        assert resolve(appended).images == found


def test_a_target_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DockerfileError, match="nosuch") as raised:
        resolve(parse(b"FROM a AS here"), target="nosuch")
    assert "here" in raised.value.hint


def test_a_named_context_replaces_a_stage() -> None:
    data = b"FROM a AS zinit\nADD https://x/y /\nFROM b\nCOPY --from=zinit / /\n"
    found = resolve(parse(data), contexts={"zinit"})
    assert [reference.written for reference in found.references] == ["b"]


def test_a_named_context_replaces_an_image() -> None:
    found = resolve(parse(b"FROM a\nCOPY --from=tools / /\n"), contexts={"tools"})
    assert [reference.written for reference in found.references] == ["a"]


def test_a_target_that_a_named_context_replaces_leaves_no_triggers() -> None:
    dockerfile = parse(b"FROM a AS b\nONBUILD RUN x")
    assert resolve(dockerfile).onbuild == ("RUN x",)
    assert resolve(dockerfile, contexts={"b:latest"}).onbuild == ()


@pytest.mark.parametrize("name", ["scratch", "context"])
def test_no_named_context_replaces_a_stage_of_these_names(name: str) -> None:
    found = resolve(parse(f"FROM a AS {name}\nFROM {name}".encode()), contexts={name})
    assert [reference.written for reference in found.references] == ["a"]


def test_a_named_context_may_replace_an_image_called_context() -> None:
    found = resolve(parse(b"FROM a\nCOPY --from=context / /"), contexts={"context"})
    assert [reference.written for reference in found.references] == ["a"]
