"""Twelve images in three families whose builds take five seconds each, as a repository and as bake.

Every build sleeps and then writes a layer of its own: the time is spent waiting, so that the
schedule is measured and not the machine.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from tests.bed.bases import BASE
from tests.bed.scratch import ScratchRepository

BUILD_S = 5
LAYER_MIB = 2
PARENTS = {
    f"{family}{number}": parent and f"{family}{parent}"
    for family in ("alder", "birch", "cedar")
    for number, parent in ((1, 0), (2, 1), (3, 1), (4, 2))
}
"""Each family: a root with two children, one of which has a child."""


def dockerfile(name: str, nonce: str, *, seconds: float = BUILD_S) -> str:
    parent = PARENTS[name]
    source = f"${{REGISTRY}}/{parent}" if parent else BASE
    return (
        "ARG REGISTRY\n"
        f"FROM {source}\n"
        "COPY content /content\n"
        f"RUN --network=none sleep {seconds} && : {nonce} && "
        f"head -c {LAYER_MIB * 1024 * 1024} /dev/urandom > /layer-{name}\n"
        'CMD ["/bin/sleep", "infinity"]\n'
    )


def repository(
    folder: Path, tag: str, *, seconds: float = BUILD_S, names: tuple[str, ...] = tuple(PARENTS)
) -> ScratchRepository:
    """A repository that nothing was ever built from: each Dockerfile has a nonce."""
    scratch = ScratchRepository(folder)
    nonce = secrets.token_hex(8)
    for name in names:
        scratch.write(f"images/{name}/Dockerfile", dockerfile(name, nonce, seconds=seconds))
        scratch.write(f"images/{name}/content", f"{name} {nonce}\n")
    scratch.commit(f"release {tag}", tag)
    return scratch


def bake_file(folder: Path, registry: str, prefix: str) -> Path:
    """The same set for `docker buildx bake`: parents are linked targets."""
    targets = {
        name: {
            "context": str(folder / "images" / name),
            "args": {"REGISTRY": registry},
            "contexts": {f"{registry}/{parent}": f"target:{parent}"} if parent else {},
            "tags": [f"{prefix}/{name}:bake"],
            "output": ["type=docker"],
        }
        for name, parent in PARENTS.items()
    }
    path = folder / "docker-bake.json"
    path.write_text(
        json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets})
    )
    return path
