"""What registry and Hub say when they are asked whether a run could work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Visibility
from tfimages_action.doors.doctor.asking import Asked, Finding, told
from tfimages_action.doors.inputs.settings import Settings

if TYPE_CHECKING:
    from tfimages_action.adapters.registry.transport import Login

_MANY_TAGS: Final = 500
_MANY_FLISTS: Final = 1000
_AT_ONCE: Final = 8
_NAMED: Final = 4


class RegistryView(Protocol):
    """What is asked of a registry as ourselves."""

    def login(self, registry: str) -> Login: ...
    def tags(self, reference: ImageReference) -> tuple[str, ...]: ...


class StrangersView(Protocol):
    """What is asked of it as nobody."""

    def visibility(self, reference: ImageReference) -> Visibility: ...


class HubView(Protocol):
    """What is asked of the Hub as the token's user."""

    @property
    def user(self) -> str: ...
    def listing(self, user: str) -> Sequence[object] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    """One image as the registry has it."""

    reference: ImageReference
    tags: int
    visibility: Visibility


def login_finding(namespace: str, login: Login, username: str) -> Finding:
    """Tell whether the registry lets us in."""
    from tfimages_action.adapters.registry.transport import Login

    host = namespace.partition("/")[0]
    cure = f"docker login {host}, or TFIMAGES_REGISTRY_USERNAME and TFIMAGES_REGISTRY_PASSWORD"
    said = {
        Login.ACCEPTED: f"{namespace} lets {username} in",
        Login.REFUSED: f"{host} refuses the login of {username}",
        Login.ANONYMOUS: f"{host} asks for a login to push, and there is none",
        Login.NOT_ASKED_FOR: f"{namespace} answers, and asks for no login",
    }
    ok = login in {Login.ACCEPTED, Login.NOT_ASKED_FOR}
    return Finding(what="registry", ok=ok, detail=said[login], cure="" if ok else cure)


def registry_findings(
    namespace: str,
    username: str,
    catalog: Catalog,
    *,
    ours: RegistryView,
    stranger: StrangersView,
) -> Iterator[Finding]:
    """The login, then every image: its tags, and whether a stranger (the Hub) may pull it."""
    from tfimages_action.adapters.registry.transport import Login

    login = ours.login(namespace.partition("/")[0])
    yield login_finding(namespace, login, username)
    if login is Login.REFUSED:
        return  # each image would say the same once more
    references = [i.reference for i in catalog.images if i.kind is Kind.CONTAINER]
    packages: list[_Package] = []

    def look(reference: ImageReference) -> Iterator[Finding]:
        tags = len(ours.tags(reference))
        seen = stranger.visibility(reference) if tags else Visibility.ABSENT
        packages.append(_Package(reference=reference, tags=tags, visibility=seen))
        yield from ()

    troubles: list[Finding] = []
    for start in range(0, len(references), _AT_ONCE):
        some = references[start : start + _AT_ONCE]
        asked = [Asked(str(one), lambda one=one: look(one)) for one in some]  # type: ignore[misc]
        troubles += [found for one in asked for found in one.findings()]
    yield from _tags(packages)
    yield from _visibility(packages)
    yield from troubles


def _tags(packages: Sequence[_Package]) -> Iterator[Finding]:
    counts = {package.reference.name: package.tags for package in packages if package.tags}
    most = max(counts, key=lambda name: counts[name], default="")
    repositories = "1 repository" if len(counts) == 1 else f"{len(counts)} repositories"
    detail = f"{sum(counts.values())} in {repositories}"
    yield Finding(
        what="tags",
        ok=not most or counts[most] < _MANY_TAGS,
        detail=f"{detail}, most in {most}: {counts[most]}" if most else detail,
        cure=f"delete old versions of {most} at its registry: planning needs its moving tag alone",
    )


def _visibility(packages: Iterable[_Package]) -> Iterator[Finding]:
    from tfimages_action.core.published.denial import settings_page

    by_kind: dict[Visibility, list[ImageReference]] = {}
    for package in sorted(packages, key=lambda one: str(one.reference)):
        by_kind.setdefault(package.visibility, []).append(package.reference)
    for kind, word in ((Visibility.PUBLIC, "public"), (Visibility.ABSENT, "not published yet")):
        if found := by_kind.get(kind):
            yield Finding(what="visibility", ok=True, detail=f"{word}: {_names(found)}")
    for reference in by_kind.get(Visibility.PRIVATE, ()):
        yield Finding(
            what="visibility",
            ok=False,
            detail=f"{reference} is private: the Hub can't pull it",
            cure=f"make it public: {settings_page(reference)}; or --convert-by upload",
        )


def _names(references: Sequence[ImageReference]) -> str:
    named = ", ".join(str(one).partition("/")[2] for one in references[:_NAMED])
    more = len(references) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def hub_findings(settings: Settings) -> Iterator[Finding]:
    """The token (the Hub says whose it is) and how many flists have gathered."""
    if settings.local:
        made = [path for path in Path(settings.flist_dir).glob("*.flist") if not path.is_symlink()]
        yield Finding(what="flists", ok=True, detail=f"{len(made)} in {settings.flist_dir}")
        return
    if not settings.hub_token:
        yield Finding(
            what="token",
            ok=settings.without_hub == "local",
            detail=f"none for {settings.hub_url}"
            + (": flists are made here" if settings.without_hub == "local" else ""),
            cure='export TFHUB_TOKEN=... (the Hub\'s page, "Generate API Token"), or use --local',
        )
        return
    from tfimages_action.doors.hub.actions import sign_in

    hub: HubView = sign_in(settings)
    yield Finding(what="token", ok=True, detail=f"{settings.hub_url} knows it as {hub.user}")
    yield from told("flists", lambda: [_gathered(hub)])


def _gathered(hub: HubView) -> Finding:
    count = len(hub.listing(hub.user) or ())
    return Finding(
        what="flists",
        ok=count < _MANY_FLISTS,
        detail=f"{count} of {hub.user}",
        cure="tfimages publish --prune-flists",
    )
