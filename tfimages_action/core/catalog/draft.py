"""An image on its way into the catalog: its definition with its Dockerfile, read and resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tfimages_action.core.catalog.definition import Definition
from tfimages_action.core.catalog.discovery import Folder
from tfimages_action.core.catalog.model import NamedContext
from tfimages_action.core.dockerfile.model import Dockerfile
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.dockerfile.resolve import DEFAULT_PLATFORM, no_triggers, resolve
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tree import TreeEntry
from tfimages_action.errors import Location

Triggers = Callable[[ImageReference], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All of an image that its own folder and configuration decide."""

    definition: Definition
    dockerfile: TreeEntry
    parsed: Dockerfile
    context: str
    contexts: tuple[NamedContext, ...]
    ignore_files: Mapping[str, TreeEntry]
    """By the contexts' names (empty for the main one), where there is a .dockerignore."""

    def is_within(self, folder: Folder) -> bool:
        """Whether its ignore files lie in the folder: links may lead them elsewhere."""
        return not self.ignore_files or all(
            not folder.path or entry.path.startswith(f"{folder.path}/")
            for entry in self.ignore_files.values()
        )

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def args(self) -> dict[str, str]:
        """The args on offer that the Dockerfile declares anywhere."""
        if not self.parsed.args:
            return {}
        offered = self.definition.args
        return {name: offered[name] for name in sorted(self.parsed.declared.intersection(offered))}

    def resolve(self, onbuild_of: Triggers = no_triggers) -> Resolution:
        """What it depends on, on all of its platforms. Raises `DockerfileError`."""
        args = self.args
        contexts = tuple([context.name for context in self.contexts]) if self.contexts else ()
        found = [
            resolve(
                self.parsed,
                args=args,
                target=self.definition.target,
                platform=platform,
                contexts=contexts,
                onbuild_of=onbuild_of,
                path=self.dockerfile.path,
            )
            for platform in self.definition.platforms or (DEFAULT_PLATFORM,)
        ]
        return found[0] if len(found) == 1 else _union(found)

    def questionable(self, resolution: Resolution) -> bool:
        """Whether there may be any of the `warnings`; for most there is none."""
        return bool(resolution.problems or resolution.unset or self.definition.own_args)

    def warnings(self, resolution: Resolution) -> Iterator[Problem]:
        """What works, but is hardly meant."""
        yield from resolution.problems
        for unset in resolution.unset:
            yield Problem(
                severity=Severity.WARNING,
                message=f"nothing sets the ARG {unset.name} that this FROM uses",
                hint="give it a default before the first FROM, or a value in image.yaml (args:)",
                location=Location(path=self.dockerfile.path, line=unset.line),
            )
        for name, location in self.definition.own_args:
            if name not in self.parsed.declared:
                yield Problem(
                    severity=Severity.WARNING,
                    message=f"{self.dockerfile.path} declares no ARG {name}: it has no effect",
                    hint="declare it in the Dockerfile, or take it out here",
                    location=location,
                )


def _union(found: Sequence[Resolution]) -> Resolution:
    """Several platforms: whatever any of them needs."""
    references = {(r.line, r.written): r for one in found for r in one.references}
    return Resolution(
        references=tuple(references[key] for key in sorted(references)),
        onbuild=found[0].onbuild,
        base=found[0].base,
        unset=tuple(dict.fromkeys(unset for one in found for unset in one.unset)),
        declared=frozenset().union(*(one.declared for one in found)),
        problems=tuple(dict.fromkeys(problem for one in found for problem in one.problems)),
    )
