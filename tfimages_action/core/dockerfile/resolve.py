"""From a parsed Dockerfile and its build args to the images that it depends on.

    dockerfile = parse(data, path=path)                 # depends on the bytes alone: cache it
    found = resolve(dockerfile, args={"VERSION": "1"}, platform="linux/arm64", path=path)
    for reference in found.references: ...

What counts is what a builder would ask a registry for: a FROM that is no earlier stage and not
`scratch`, a `COPY --from=` or `RUN --mount=from=` that is no stage, and only in stages that the
target needs. Held against BuildKit 0.34; where 0.12 and 0.34 differ, 0.34 is followed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from tfimages_action.core.dockerfile.model import DeclaredArg, Dockerfile, LineError
from tfimages_action.core.dockerfile.mounts import SCRATCH
from tfimages_action.core.dockerfile.parse import located
from tfimages_action.core.dockerfile.platforms import (
    PlatformError,
    builder_platform,
    platform_args,
)
from tfimages_action.core.dockerfile.replay import Doubt, replay
from tfimages_action.core.dockerfile.resolution import (
    Reference,
    Resolution,
    Unresolved,
    UnsetArg,
)
from tfimages_action.core.dockerfile.single import on_one_image
from tfimages_action.core.dockerfile.stages import Node, NoImageError, StageGraph, check_order
from tfimages_action.core.dockerfile.words import WordError, expand
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError, parse_reference
from tfimages_action.errors import DockerfileError, Location

DEFAULT_PLATFORM: Final = "linux/amd64"
_NO_CONTEXTS: Final = frozenset((SCRATCH, "context"))
"""Names of stages that BuildKit looks up among no named contexts."""


class UnresolvedError(DockerfileError):
    """A needed reference depends on args that nothing sets."""

    def __init__(
        self, unresolved: Unresolved, message: str, *, path: str, offered: Collection[str]
    ) -> None:
        """`offered`: the args that have a value, for a Dockerfile that declares them."""
        names = ", ".join(unresolved.args)
        hint = f"give {names} a default before the first FROM, or a value in image.yaml (args:)"
        if undeclared := [name for name in unresolved.args if name in offered]:
            lines = " and ".join(f"`ARG {name}`" for name in undeclared)
            hint = f"write {lines} before the first FROM: only then does the file get its value"
        super().__init__(
            message,
            hint=hint,
            location=Location(path=path, line=unresolved.line),
        )
        self.unresolved = (unresolved,)


def no_triggers(_: ImageReference) -> Sequence[str]:
    """No parent has ONBUILD triggers."""
    return ()


def resolve(
    dockerfile: Dockerfile,
    *,
    args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: str = DEFAULT_PLATFORM,
    build_platform: str | None = None,
    contexts: Collection[str] = (),
    onbuild_of: Callable[[ImageReference], Sequence[str]] = no_triggers,
    path: str = "Dockerfile",
) -> Resolution:
    """Find what the target depends on.

    `args` are the build args (undeclared ones do nothing), `target` a stage's name (`None`: the
    last stage), `build_platform` the builder's own (`None`: as `platform`), `contexts` the names
    of named contexts, which replace stages and images; `onbuild_of` gives the triggers of an
    image (`Resolution.onbuild` of a parent in the repository). `path` is for locations only.
    Raises `DockerfileError` where BuildKit would refuse to build the target; `UnresolvedError`
    where that is because an arg is not set.
    """
    try:
        env = _global_args(
            dockerfile.args,
            tuple(args.items()) if args else (),
            (platform, build_platform or platform, target or dockerfile.stages[-1].name),
            dockerfile.escape,
        )
        if not contexts and (target is None or target == dockerfile.stages[-1].name):
            found = on_one_image(dockerfile, env, onbuild_of)
            if found is not None:
                return found
        resolver = _Resolver(
            dockerfile, args=args or {}, env=env, target=target, contexts=frozenset(contexts)
        )
        return resolver.resolution(onbuild_of, path)
    except NoImageError as error:
        if not error.unset:
            raise located(error, path) from None
        unresolved = Unresolved(written=error.written, line=error.line or 1, args=error.unset)
        raise UnresolvedError(unresolved, error.message, path=path, offered=args or ()) from None
    except LineError as error:
        raise located(error, path) from None


@lru_cache(maxsize=256)
def _global_args(
    declared: tuple[DeclaredArg, ...],
    given: tuple[tuple[str, str], ...],
    building: tuple[str, str, str],
    escape: str,
) -> Mapping[str, str]:
    """What FROMs are expanded with: the builder's own args, and those before the first FROM.

    `building`: platform, the builder's own, target. The images of one repository mostly share
    what they declare and are given.
    """
    args = dict(given)
    try:
        env = platform_args(
            builder_platform(building[0]), builder_platform(building[1]), building[2]
        )
    except PlatformError as error:
        raise LineError(str(error)) from None
    for name in args.keys() & env.keys():
        env[name] = args[name]
    for arg in declared:
        if arg.stage is not None:
            break
        if arg.name in args:
            env[arg.name] = args[arg.name]
        elif arg.default is not None:
            try:
                env[arg.name] = expand(arg.default, env, escape=escape)
            except WordError as error:
                raise LineError(f"ARG {arg.name}: {error}", arg.line) from None
    return env


class _Resolver:
    def __init__(
        self,
        dockerfile: Dockerfile,
        *,
        args: Mapping[str, str],
        env: Mapping[str, str],
        target: str | None,
        contexts: frozenset[str],
    ) -> None:
        self._dockerfile = dockerfile
        self._args = args
        self.env = env
        self._contexts = frozenset(map(_familiar, contexts))
        self._graph = StageGraph(dockerfile, self.env, self._contexts - _NO_CONTEXTS)
        self._target = self._graph.target(target)

    def resolution(
        self, onbuild_of: Callable[[ImageReference], Sequence[str]], path: str
    ) -> Resolution:
        images: dict[Node, ImageReference] = {}
        while True:
            needed = self._graph.needed(self._target)
            self._read_images(images)
            if not self._pull_triggers(needed, images, onbuild_of):
                break
        check_order(needed)
        doubts = replay(needed, self._args, self.env, self._dockerfile.escape)
        seen = set(needed)
        stages = self._graph.nodes[: len(self._dockerfile.stages)]
        wanted = {index for index, node in enumerate(stages) if node in seen}
        return Resolution(
            references=self._references(needed, images),
            onbuild=self._onbuild(),
            base=self._base(images),
            unset=self._unset(needed, wanted),
            problems=tuple([_problem(doubt, path) for doubt in doubts]),
            declared=frozenset(
                [a.name for a in self._dockerfile.args if a.stage is None or a.stage in wanted]
            ),
        )

    def _read_images(self, images: dict[Node, ImageReference]) -> None:
        """Each image that a node stands on, needed or not: BuildKit reads all names."""
        for node in self._graph.nodes:
            if node.base or node.base_name == SCRATCH or node in images:
                continue
            try:
                image = parse_reference(node.base_name)
            except ReferenceSyntaxError as error:
                raise NoImageError(node, str(error)) from None
            images[node] = image

    def _pull_triggers(
        self,
        needed: Iterable[Node],
        images: Mapping[Node, ImageReference],
        onbuild_of: Callable[[ImageReference], Sequence[str]],
    ) -> bool:
        more = False
        for node in needed:
            if node.triggered:
                continue
            node.triggered = True
            if node.base:
                triggers: Sequence[str] = node.base.stage.onbuild if node.base.stage else ()
            else:  # those of an image that is only copied from, too: nothing runs, but they name
                triggers = onbuild_of(images[node]) if self._is_asked_for(node, images) else ()
            if not triggers:
                continue
            _refuse_endless(node, images)
            if self._graph.trigger(node, triggers):
                more = True
        return more

    def _references(
        self, needed: Iterable[Node], images: Mapping[Node, ImageReference]
    ) -> tuple[Reference, ...]:
        found = [
            _reference_of(node, images[node]) for node in needed if self._is_asked_for(node, images)
        ]
        found.sort(key=_line)
        return tuple(found)

    def _base(self, images: Mapping[Node, ImageReference]) -> Reference | None:
        node = self._target
        while node.base:
            node = node.base
        return _reference_of(node, images[node]) if self._is_asked_for(node, images) else None

    def _onbuild(self) -> tuple[str, ...]:
        target = self._target
        return target.stage.onbuild if target.stage and not target.replaced else ()

    def _is_asked_for(self, node: Node, images: Mapping[Node, ImageReference]) -> bool:
        if node not in images or node.replaced:
            return False
        return not self._contexts or _familiar(str(images[node])) not in self._contexts

    def _unset(self, needed: Iterable[Node], wanted: Collection[int]) -> tuple[UnsetArg, ...]:
        found = {(node.line, name) for node in needed if node.unset for name in node.unset}
        if self._dockerfile.uses:
            found.update(self._unset_in_stages(wanted))
        return tuple(UnsetArg(name=name, line=line) for line, name in sorted(found))

    def _unset_in_stages(self, wanted: Collection[int]) -> Iterator[tuple[int, str]]:
        starts = [stage.line for stage in self._dockerfile.stages]
        for arg in self._dockerfile.args:
            if arg.stage not in wanted or arg.default is not None or arg.stage is None:
                continue
            if arg.name in self._args or arg.name in self.env:
                continue
            stage = self._dockerfile.stages[arg.stage]
            if any(i.name == "env" and arg.name in i.words[::2] for i in stage.instructions):
                continue
            end = starts[arg.stage + 1] if arg.stage + 1 < len(starts) else None
            for use in self._dockerfile.uses:
                if use.name == arg.name and arg.line < use.line and (not end or use.line < end):
                    yield use.line, use.name


_line: Final = operator.attrgetter("line")


def _refuse_endless(node: Node, images: Mapping[Node, ImageReference]) -> None:
    """Raise `LineError` where an image's triggers lead to that image again, without end."""
    image, cause = images.get(node), node.cause
    while image and cause:
        if images.get(cause) == image:
            raise LineError(
                f"the ONBUILD triggers of {image} take from {image} itself",
                node.line,
                hint="BuildKit never ends on this: name an image without such triggers there",
            )
        cause = cause.cause


def _reference_of(node: Node, image: ImageReference) -> Reference:
    return Reference(image=image, written=node.base_name, line=node.line, platform=node.platform)


def _problem(doubt: Doubt, path: str) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message=f"{doubt.message} (BuildKit refuses it unless the base image sets what is missing)",
        location=Location(path=path, line=doubt.line),
    )


def _familiar(name: str) -> str:
    """The short form by which named contexts are looked up: no default registry, no `latest`."""
    short = name.removeprefix("docker.io/").removeprefix("library/")
    return short.removesuffix(":latest")
