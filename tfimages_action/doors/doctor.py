"""What a run will need, asked of each part: ok, or the command that mends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfimages_action.adapters.git import GitRepository
from tfimages_action.core.catalog import Catalog, Kind
from tfimages_action.core.catalog_builder import CatalogOptions, build_catalog
from tfimages_action.core.tags import parse_version_tag
from tfimages_action.core.work import Visibility
from tfimages_action.doors.event import Event
from tfimages_action.doors.planning import registry_of
from tfimages_action.doors.settings import Settings
from tfimages_action.errors import TfImagesError

_GIB: Final = 1024**3
_ENOUGH: Final = 10 * _GIB
_MANY_TAGS: Final = 500
_MANY_FLISTS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the examination. `cure` is a command, or what else to do."""

    what: str
    ok: bool
    detail: str
    cure: str = ""


Findings = Iterator[Finding]


def examine(settings: Settings, event: Event) -> Findings:
    """Ask part after part; what can't be asked is itself a finding, and ends nothing."""
    repository = GitRepository(event.workspace)
    registry = registry_of(settings, event, repository.origin)
    options = CatalogOptions(registry=registry, images_dir=settings.images_dir)
    yield from _asked("git", lambda: _git(repository))
    yield from _asked("engine", _engine)
    yield from _asked("disk", _disk)
    try:
        catalog = build_catalog(repository.worktree(), options)
    except TfImagesError as error:
        yield Finding(what="images", ok=False, detail=error.message, cure=error.hint)
        return
    count = len(catalog.images)
    yield Finding(what="images", ok=True, detail=f"{count} in {settings.images_dir}/")
    yield from _asked("downloads", lambda: _downloads(event.workspace, catalog))
    yield from _asked("registry", lambda: _registry(settings, event, registry, catalog))
    yield from _asked("flists", lambda: _flists(settings))


def _asked(what: str, ask: Callable[[], Findings]) -> Findings:
    try:
        yield from ask()
    except TfImagesError as error:
        yield Finding(what=what, ok=False, detail=error.message, cure=error.hint)


def _git(repository: GitRepository) -> Findings:
    versions = [tag for tag in map(parse_version_tag, repository.tags()) if tag]
    if repository.is_shallow:
        yield Finding(
            what="git",
            ok=False,
            detail="the clone is shallow: a plan against an older tag can't be made",
            cure="git fetch --unshallow --tags (on GitHub: `fetch-depth: 0`)",
        )
    else:
        newest = f", the newest is {max(versions).text}" if versions else ""
        yield Finding(what="git", ok=True, detail=f"{len(versions)} version tags{newest}")


def _engine() -> Findings:
    from tfimages_action.adapters.engine.buildx import open_buildx
    from tfimages_action.adapters.engine.connection import Connection
    from tfimages_action.adapters.engine.private import private_home

    connection = Connection(os.environ)
    try:
        info = connection.info
        yield Finding(what="engine", ok=True, detail=f"{info.version} on {info.platform}")
        kind = "containerd" if info.containerd_store else "classic: one platform for each image"
        yield Finding(what="image store", ok=True, detail=f"{info.storage} ({kind})")
        with private_home(()) as home:
            buildx = open_buildx(home, engine=connection.environment)
        builder = f"{buildx.builder.name} ({buildx.builder.driver})"
        yield Finding(what="buildx", ok=True, detail=f"{buildx.version}, builder {builder}")
    finally:
        connection.close()


def _disk() -> Findings:
    from tfimages_action.adapters.engine.connection import Connection

    connection = Connection(os.environ)
    root = Path(connection.info.root)
    local = connection.is_local
    connection.close()
    if not local or not root.is_dir():
        yield Finding(what="disk", ok=True, detail="the engine's is out of sight here")
        return
    free = shutil.disk_usage(root).free
    yield Finding(
        what="disk",
        ok=free >= _ENOUGH,
        detail=f"{free / _GIB:.0f} GiB free in {root}",
        cure="docker buildx prune, then docker image prune",
    )


def _downloads(workspace: Path, catalog: Catalog) -> Findings:
    from tfimages_action.core.dockerfile.parse import parse
    from tfimages_action.core.downloads import downloads

    found = downloads(
        (image, parse((workspace / image.dockerfile).read_bytes(), path=image.dockerfile))
        for image in catalog.images
    )
    loose = [one for one in found if not one.pinned]
    named = f": {', '.join(one.name for one in loose)}" if loose else ""
    yield Finding(
        what="downloads",
        ok=not loose,
        detail=f"{len(loose)} of {len(found)} have no checksum{named}",
        cure="tfimages pin",
    )


def _registry(settings: Settings, event: Event, registry: str, catalog: Catalog) -> Findings:
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.registry.probe import StrangersProbe
    from tfimages_action.core.denial import settings_page
    from tfimages_action.doors.services import credentials_for

    known = credentials_for(settings, event, registry)
    host = registry.partition("/")[0]
    login = next((one.username for one in known if one.registry == host), "")
    client, stranger = RegistryClient(credentials=known), StrangersProbe()
    images = [image for image in catalog.images if image.kind is Kind.CONTAINER]
    repositories = {image.reference.name: image.reference for image in images}
    tags = {name: len(client.tags(reference)) for name, reference in repositories.items()}
    who = f"as {login}" if login else "without a login"
    yield Finding(what="registry", ok=True, detail=f"{registry} answers, {who}")
    total, most = sum(tags.values()), max(tags, key=lambda name: tags[name], default="")
    yield Finding(
        what="tags",
        ok=max(tags.values(), default=0) < _MANY_TAGS,
        detail=f"{total} in {len(tags)} repositories" + (f", most in {most}" if total else ""),
        cure=f"delete old ones in {most}; nothing but the moving tag is needed to plan",
    )
    for image in images:
        seen = stranger.visibility(image.reference)
        if seen is Visibility.ABSENT or not tags[image.reference.name]:
            continue
        yield Finding(
            what="visibility",
            ok=seen is Visibility.PUBLIC,
            detail=f"{image.reference} is {seen}",
            cure=f"make it public: {settings_page(image.reference)}",
        )


def _flists(settings: Settings) -> Findings:
    if settings.local:
        made = [path for path in Path(settings.flist_dir).glob("*.flist") if not path.is_symlink()]
        yield Finding(what="flists", ok=True, detail=f"{len(made)} in {settings.flist_dir}")
        return
    if not settings.hub_token:
        yield Finding(
            what="token",
            ok=False,
            detail=f"none for {settings.hub_url}",
            cure='export TFHUB_TOKEN=... (the Hub\'s page, "Generate API Token"), or use --local',
        )
        return
    from tfimages_action.doors.hub_actions import sign_in

    hub = sign_in(settings)
    yield Finding(what="token", ok=True, detail=f"{settings.hub_url} knows it as {hub.user}")
    listed = hub.listing(hub.user) or ()
    yield Finding(
        what="flists",
        ok=len(listed) < _MANY_FLISTS,
        detail=f"{len(listed)} of {hub.user}",
        cure="publish with --prune-flists",
    )
