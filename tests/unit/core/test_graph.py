"""The graph: order, cycles, waves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.graph import (
    CycleFoundError,
    ancestors,
    build_order,
    descendants,
    levels,
    waves,
)

DIAMOND = {"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": [], "x": []}


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """A random graph without cycles, its names in no particular order."""
    names = draw(st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=12))
    return {
        name: draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else []
        for i, name in enumerate(names)
    }


def test_levels_hold_parents_first_then_by_name() -> None:
    assert levels(DIAMOND) == (("a", "x"), ("b", "c"), ("d",))
    assert build_order(DIAMOND) == ("a", "x", "b", "c", "d")


def test_waves_count_edges_between_builds_alone() -> None:
    assert waves(DIAMOND, {"a", "d", "x"}) == (("a", "d", "x"),)
    assert waves(DIAMOND, {"a", "c", "d"}) == (("a",), ("c",), ("d",))
    assert waves(DIAMOND, ()) == ()


@pytest.mark.parametrize("start", ["a", "b", "c"])
def test_a_cycle_is_named_the_same_way_wherever_it_is_found(start: str) -> None:
    ring = {"a": ["b"], "b": ["c"], "c": ["a"]}
    turned = {start: ring[start], **ring, "z": ["a"], "y": []}
    with pytest.raises(CycleFoundError) as caught:
        levels(turned)
    assert caught.value.path == ("a", "b", "c", "a")


def test_an_image_on_itself_is_a_cycle() -> None:
    with pytest.raises(CycleFoundError) as caught:
        build_order({"a": ["a"]})
    assert caught.value.path == ("a", "a")


def test_ancestors_and_descendants() -> None:
    assert ancestors(DIAMOND, ["d"]) == {"a", "b", "c"}
    assert descendants(DIAMOND, ["a"]) == {"b", "c", "d"}
    assert descendants(DIAMOND, ["d", "x"]) == set()


@given(graphs())
def test_the_order_holds_and_does_not_depend_on_the_input_s(graph: dict[str, list[str]]) -> None:
    order = build_order(graph)
    place = {name: index for index, name in enumerate(order)}
    assert set(order) == graph.keys()
    assert all(place[parent] < place[name] for name in graph for parent in graph[name])
    assert build_order(dict(reversed(graph.items()))) == order
