"""The stages of a Dockerfile as a graph, and which of them a target needs.

It follows BuildKit step by step (`dockerfile2llb/convert.go`), since its oddities are visible:
every source that is no stage becomes a nameless stage of its own, which `COPY --from=<number>`
can reach; a FROM sees only the stages before it, a COPY all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tfimages_action.core.dockerfile.model import Dockerfile, Instruction, LineError, Source, Stage
from tfimages_action.core.dockerfile.mounts import SCRATCH
from tfimages_action.core.dockerfile.parse import read_instructions, sources_of
from tfimages_action.core.dockerfile.platforms import PlatformError, parse_platform
from tfimages_action.core.dockerfile.source import prepare
from tfimages_action.core.dockerfile.words import WordError, expand

_NUMBER: Final = re.compile(r"[-+]?\d{1,18}", re.ASCII)


class Node:
    """A stage, or an image (or `scratch`) that an instruction takes from. Grows as it is read."""

    __slots__ = (
        "base",
        "base_name",
        "cause",
        "dispatched",
        "inputs",
        "line",
        "platform",
        "replaced",
        "stage",
        "triggered",
        "triggers",
        "unset",
    )

    def __init__(self, base_name: str, line: int, stage: Stage | None = None) -> None:
        self.base_name = base_name
        self.line = line
        self.stage = stage
        self.dispatched = stage is None
        self.replaced = False
        """A named context stands in for the stage."""
        self.platform: str | None = None
        self.base: Node | None = None
        self.unset: list[str] = []
        self.triggered = False
        self.triggers: list[Instruction] = []
        self.inputs: list[tuple[Source, Node]] = []
        self.cause: Node | None = None
        """For an image that a trigger takes from: the node whose trigger it is."""

    @property
    def name(self) -> str:
        return self.stage.name if self.stage else ""

    @property
    def instructions(self) -> Iterable[Instruction]:
        """Triggers of the base image first, then its own."""
        own = self.stage.instructions if self.stage else ()
        return [*self.triggers, *own] if self.triggers else own


class StageGraph:
    """All nodes of one Dockerfile under given args."""

    def __init__(
        self, dockerfile: Dockerfile, env: Mapping[str, str], contexts: frozenset[str]
    ) -> None:
        self._escape = dockerfile.escape
        self._contexts = contexts
        self.nodes: list[Node] = []
        self._by_name: dict[str, Node] = {}
        for stage in dockerfile.stages:
            self._add(self._stage_node(stage, env))
        for node in tuple(self.nodes):
            if node.stage and node.stage.sources:
                self._connect(node, node.stage.sources)
        self._check_cycles()

    def target(self, name: str | None) -> Node:
        """The stage of that name, or the last one. Raises `LineError`."""
        if not name:
            return next(node for node in reversed(self.nodes) if node.stage)
        found = self._by_name.get(name.lower())
        if not found:
            names = ", ".join(self._by_name) or "none"
            raise LineError(f"there is no stage {name!r}", hint=f"stages with a name: {names}")
        return found

    def needed(self, target: Node) -> list[Node]:
        """The target and all that it is made from, in the file's order."""
        seen = {target}
        waiting = [target]
        while waiting:
            node = waiting.pop()
            near = [source for _, source in node.inputs]
            for other in [*near, node.base] if node.base else near:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return [node for node in self.nodes if node in seen]

    def trigger(self, node: Node, triggers: Sequence[str]) -> bool:
        """Give the stage its base's ONBUILD triggers; whether they take from other nodes."""
        instructions: list[Instruction] = []
        sources: list[Source] = []
        for text in triggers:
            try:
                instruction = self._trigger(text, node.line)
            except LineError as error:
                hint = f"it is an ONBUILD trigger of {node.base_name}: {text.splitlines()[0]}"
                raise LineError(error.message, node.line, hint=hint) from None
            instructions.append(instruction)
            sources += sources_of(instruction, self._escape)
        node.triggers += instructions
        before = len(self.nodes)
        self._connect(node, sources)
        for added in self.nodes[before:]:
            added.cause = node
        return bool(sources)

    @staticmethod
    def _trigger(text: str, line: int) -> Instruction:
        found = read_instructions(prepare(text.encode()))
        if len(found) != 1 or found[0].name == "from":
            raise LineError("an ONBUILD trigger is one instruction")
        return found[0]._replace(line=line)

    def _stage_node(self, stage: Stage, env: Mapping[str, str]) -> Node:
        node = Node("", stage.line, stage)
        node.base_name = self._expanded(stage.base, env, node)
        if not node.base_name:
            raise NoImageError(node, "nothing is left of it")
        if stage.platform:
            node.platform = self._platform(stage.platform, env, node)
        return node

    def _expanded(self, word: str, env: Mapping[str, str], node: Node) -> str:
        try:
            return expand(word, env, escape=self._escape, unset=node.unset)
        except WordError as error:
            raise LineError(f"{word}: {error}", node.line) from None

    def _platform(self, written: str, env: Mapping[str, str], node: Node) -> str:
        text = self._expanded(written, env, node)
        try:
            return str(parse_platform(text))
        except PlatformError as error:
            raise LineError(f"--platform={written}: {error}", node.line) from None

    def _add(self, node: Node) -> None:
        self.nodes.append(node)
        node.base = self._by_name.get(node.base_name)
        if node.name:
            self._by_name[node.name] = node
            if node.name in self._contexts:
                node.base = None
                node.replaced = node.dispatched = True

    def _connect(self, node: Node, sources: Sequence[Source]) -> None:
        for source in sources:
            found = self._find(source)
            if found is None:
                found = Node(source.name, source.line)
                self._add(found)
            node.inputs.append((source, found))

    def _find(self, source: Source) -> Node | None:
        if source.copies and _NUMBER.fullmatch(source.name):
            index = int(source.name)
            if not 0 <= index < len(self.nodes):
                raise LineError(f"--from={source.name}: there is no such stage", source.line)
            return self.nodes[index]
        return self._by_name.get(source.name.lower())

    def _check_cycles(self) -> None:
        done: set[Node] = set()
        for start in self.nodes:
            if start.inputs and start not in done:
                self._visit(start, done)

    @staticmethod
    def _visit(start: Node, done: set[Node]) -> None:
        path = [(start, iter(start.inputs))]
        on_path = {start}
        done.add(start)
        while path:
            node, inputs = path[-1]
            for source, other in inputs:
                if other in on_path:
                    raise LineError(f"--from={source.name} makes a circle of stages", source.line)
                if other.inputs and other not in done:
                    done.add(other)
                    on_path.add(other)
                    path.append((other, iter(other.inputs)))
                    break
            else:
                path.pop()
                on_path.discard(node)


class NoImageError(LineError):
    """What stands for an image, after expansion, is none; `unset`: args without a value in it."""

    def __init__(self, node: Node, why: str) -> None:
        self.written = node.stage.base if node.stage else node.base_name
        self.unset = tuple(dict.fromkeys(node.unset))
        super().__init__(f"{self.written} names no image: {why}", node.line)


def check_order(nodes: Iterable[Node]) -> None:
    """Raise `LineError` where a needed stage takes from one that stands below it."""
    for node in nodes:
        inputs: Iterable[tuple[Source, Node]] = () if node.dispatched else node.inputs
        node.dispatched = True  # even now: a trigger may take from the stage that it stands in
        for source, other in inputs:
            if not other.dispatched and source.name != SCRATCH:
                raise LineError(f"--from={source.name}: that stage comes later", source.line)
