"""The graph of images: build order, cycles, waves. Edges lead to parents."""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterable, Mapping

Parents = Mapping[str, Collection[str]]
"""Name -> the names that it is built from; each of them is a key too."""


class CycleFoundError(Exception):
    """Images that are built from one another; `path` begins and ends with the same name."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


def build_order(parents: Parents) -> tuple[str, ...]:
    """All names, level by level (parents first), by name within a level.

    Raises `CycleFoundError`.
    """
    return tuple(name for level in levels(parents) for name in level)


def levels(parents: Parents) -> tuple[tuple[str, ...], ...]:
    """The names by level: first those without parents, then those built from them alone, ..."""
    above = {name: set(parents[name]) for name in parents}
    children: dict[str, list[str]] = {}
    for name, names in above.items():
        for parent in names:
            children.setdefault(parent, []).append(name)
    waiting = {name: len(names) for name, names in above.items() if names}
    ready = sorted(above.keys() - waiting.keys())
    found = []
    while ready:
        found.append(tuple(ready))
        freed = []
        for name in ready:
            for child in children.get(name, ()):
                waiting[child] -= 1
                if not waiting[child]:
                    freed.append(child)
        ready = sorted(freed)
    if sum(map(len, found)) < len(above):
        raise CycleFoundError(_cycle(above))
    return tuple(found)


def waves(parents: Parents, chosen: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """The levels of the chosen names alone: only an edge between two of them counts."""
    members = set(chosen)
    return levels({name: [p for p in parents[name] if p in members] for name in members})


def ancestors(parents: Parents, names: Iterable[str]) -> frozenset[str]:
    """Everything that the names are built from, directly or not."""
    return _reach(parents, names)


def descendants(parents: Parents, names: Iterable[str]) -> frozenset[str]:
    """Everything built from the names, directly or not."""
    return _reach(_children_of(parents), names)


def _children_of(parents: Parents) -> dict[str, list[str]]:
    """The graph turned round: name -> the names built from it, sorted."""
    children: dict[str, list[str]] = {name: [] for name in parents}
    for name in sorted(parents):
        for parent in parents[name]:
            children[parent].append(name)
    return children


def _reach(edges: Parents, names: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [target for name in names for target in edges[name]]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(edges[name])
    return frozenset(seen)


def _cycle(parents: Parents) -> tuple[str, ...]:
    """A cycle, child before parent, begun at its smallest name: graphlib's start varies."""
    sorter = graphlib.TopologicalSorter({name: sorted(parents[name]) for name in sorted(parents)})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        ring = error.args[1][:-1][::-1]
        start = ring.index(min(ring))
        return (*ring[start:], *ring[:start], ring[start])
    return ()
