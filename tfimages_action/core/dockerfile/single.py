"""The commonest Dockerfile, resolved without a graph: one stage on one image, all of it plain.

Graph and replay say the same of it at several times the work, which counts where images are many.
At the first thing beyond the plain they are left to it, so nothing is ever refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tfimages_action.core.dockerfile.model import Dockerfile
from tfimages_action.core.dockerfile.mounts import SCRATCH
from tfimages_action.core.dockerfile.replay import finds_nothing
from tfimages_action.core.dockerfile.resolution import Reference, Resolution
from tfimages_action.core.dockerfile.words import WordError, expand
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError, parse_reference


def on_one_image(
    dockerfile: Dockerfile,
    env: Mapping[str, str],
    onbuild_of: Callable[[ImageReference], Sequence[str]],
) -> Resolution | None:
    """What one stage depends on that needs its base alone; `None` where there is more to it.

    `env` expands the FROM; `onbuild_of` as in `resolve`.
    """
    if not dockerfile.plainest and not _needs_its_base_alone(dockerfile):
        return None
    stage = dockerfile.stages[0]
    unset: list[str] = []
    try:
        written = expand(stage.base, env, escape=dockerfile.escape, unset=unset)
        image = parse_reference(written)
    except (WordError, ReferenceSyntaxError):
        return None
    if written == SCRATCH or unset or onbuild_of(image):
        return None
    base = Reference(image=image, written=written, line=stage.line)
    return Resolution(
        references=(base,),
        onbuild=() if dockerfile.plainest else stage.onbuild,
        unset=(),
        declared=dockerfile.declared,
        base=base,
    )


def _needs_its_base_alone(dockerfile: Dockerfile) -> bool:
    stage, *others = dockerfile.stages
    if others or stage.sources or stage.platform or dockerfile.uses:
        return False
    return finds_nothing(stage.instructions)
