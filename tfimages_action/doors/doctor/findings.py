"""What a run will need, asked of each part: ok, or the command that mends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.tags import parse_version_tag
from tfimages_action.doors.doctor.asking import Asked, Finding, told
from tfimages_action.doors.doctor.remotes import hub_findings, registry_findings
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import registry_of
from tfimages_action.errors import SettingsError, TfImagesError
from tfimages_action.report import words

if TYPE_CHECKING:
    from tfimages_action.adapters.engine.connection import Connection

_GIB: Final = 1024**3
_ENOUGH: Final = 10 * _GIB
_REGISTRY_S: Final = 60.0
"""For all images together; each of them has its own limit."""
_NOWHERE: Final = "registry.invalid/none"


def examine(settings: Settings, event: Event) -> Iterator[Finding]:
    """Ask all parts side by side; give what they say in a fixed order, each as soon as it is said.

    What can't be asked is itself a finding, and ends nothing.
    """
    engine = Asked("engine", _engine)
    hub = Asked("token", lambda: hub_findings(settings))
    repository, problem = _repository(event)
    registry, unnamed = _registry_of(settings, event, repository)
    catalog, broken = _catalog(settings, registry, repository)
    remote = None
    if catalog and not unnamed:
        remote = Asked(
            "registry",
            lambda: _registry(settings, event, registry, catalog),
            limit_s=_REGISTRY_S,
        )
    yield problem or _git(repository)
    yield from engine.findings()
    if broken is not None:
        yield broken
    elif catalog is not None and repository is not None:
        detail = f"{len(catalog.images)} in {settings.images_dir}/"
        yield Finding(what="images", ok=True, detail=detail)
        root = repository.root or event.workspace
        yield from told("downloads", lambda: [_downloads(root, catalog)])
    yield from [unnamed] if unnamed else remote.findings() if remote else ()
    yield from hub.findings()


def _repository(event: Event) -> tuple[GitRepository | None, Finding | None]:
    try:
        return GitRepository(event.workspace), None
    except TfImagesError as error:
        return None, Finding(what="git", ok=False, detail=error.message, cure=error.hint)


def _registry_of(
    settings: Settings, event: Event, repository: GitRepository | None
) -> tuple[str, Finding | None]:
    try:
        return registry_of(settings, event, repository.origin if repository else None), None
    except SettingsError as error:
        unnamed = Finding(what="registry", ok=False, detail=error.message, cure=error.hint)
        return _NOWHERE, unnamed


def _catalog(
    settings: Settings, registry: str, repository: GitRepository | None
) -> tuple[Catalog | None, Finding | None]:
    if repository is None:
        return None, None
    options = CatalogOptions(registry=registry, images_dir=settings.images_dir)
    try:
        return build_catalog(repository.worktree(), options), None
    except TfImagesError as error:
        where = f"{error.location}: " if error.location else ""
        detail = f"{where}{error.message}"
        return None, Finding(what="images", ok=False, detail=detail, cure=error.hint)


def _git(repository: GitRepository | None) -> Finding:
    tags = repository.tags() if repository else ()
    versions = [tag for tag in map(parse_version_tag, tags) if tag]
    if repository and repository.is_shallow:
        return Finding(
            what="git",
            ok=False,
            detail="the clone is shallow: a plan against an older tag can't be made",
            cure="git fetch --unshallow --tags (on GitHub: `fetch-depth: 0`)",
        )
    newest = f", the newest is {max(versions).text}" if versions else ""
    return Finding(
        what="git", ok=True, detail=f"{words.count(len(versions), 'version tag')}{newest}"
    )


def _engine() -> Iterator[Finding]:
    from tfimages_action.adapters.engine.connection import Connection

    connection = Connection(os.environ)
    try:
        info = connection.info
        yield Finding(what="engine", ok=True, detail=f"{info.version} on {info.platform}")
        kind = "containerd" if info.containerd_store else "classic: one platform for each image"
        yield Finding(what="image store", ok=True, detail=f"{info.storage} ({kind})")
        yield from told("buildx", lambda: [_buildx(connection)])
        yield _disk(Path(info.root), local=connection.is_local)
    finally:
        connection.close()


def _buildx(connection: Connection) -> Finding:
    from tfimages_action.adapters.engine.buildx import open_buildx
    from tfimages_action.adapters.engine.private import private_home

    with private_home(()) as home:
        buildx = open_buildx(home, engine=connection.environment)
    builder = f"{buildx.builder.name} ({buildx.builder.driver})"
    return Finding(what="buildx", ok=True, detail=f"{buildx.version}, builder {builder}")


def _disk(root: Path, *, local: bool) -> Finding:
    if not local or not root.is_dir():
        return Finding(what="disk", ok=True, detail="the engine's is out of sight here")
    free = shutil.disk_usage(root).free
    return Finding(
        what="disk",
        ok=free >= _ENOUGH,
        detail=f"{free / _GIB:.0f} GiB free in {root}",
        cure="docker buildx prune, then docker image prune",
    )


def _downloads(root: Path, catalog: Catalog) -> Finding:
    from tfimages_action.core.catalog.downloads import downloads
    from tfimages_action.core.dockerfile.parse import parse

    found = downloads(
        (image, parse((root / image.dockerfile).read_bytes(), path=image.dockerfile))
        for image in catalog.images
    )
    loose = [one for one in found if not one.pinned]
    if not loose:
        detail = f"{len(found)}, each with its checksum" if found else "none"
        return Finding(what="downloads", ok=True, detail=detail)
    named = ", ".join(one.name for one in loose)
    return Finding(
        what="downloads",
        ok=False,
        detail=f"{len(loose)} of {len(found)} have no checksum: {named}",
        cure="tfimages pin",
    )


def _registry(
    settings: Settings, event: Event, registry: str, catalog: Catalog
) -> Iterator[Finding]:
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.registry.probe import StrangersProbe
    from tfimages_action.doors.wiring.logins import credentials_for

    known = credentials_for(settings, event, registry)
    host = registry.partition("/")[0]
    username = next((one.username for one in known if one.registry == host), "")
    return registry_findings(
        registry,
        username,
        catalog,
        ours=RegistryClient(credentials=known),
        stranger=StrangersProbe(),
    )
