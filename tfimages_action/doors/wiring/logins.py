"""Who we are at each registry, and whether the one that is pushed to knows us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfimages_action.core.credentials import Credentials
from tfimages_action.core.reference import DOCKER_HUB, GHCR, ImageReference
from tfimages_action.doors.doctor.remotes import login_finding
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.errors import RefusedError, RegistryError, SettingsError

if TYPE_CHECKING:
    from tfimages_action.adapters.registry.client import RegistryClient


def credentials_for(settings: Settings, event: Event, registry: str) -> tuple[Credentials, ...]:
    """Tell who we are where: as the inputs say; at home else as `docker login` left it."""
    host = registry.partition("/")[0]
    found: list[Credentials] = []
    if settings.registry_password:
        username = settings.registry_username or event.owner
        if not username:
            raise SettingsError(
                "there is a registry-password, but no registry-username",
                hint="set both, or neither for a registry without a login",
            )
        found.append(
            Credentials(registry=host, username=username, password=settings.registry_password)
        )
    elif not event.on_github:
        found += _logged_in(host)
    if settings.dockerhub_password and host != DOCKER_HUB:
        found.append(
            Credentials(
                registry=DOCKER_HUB,
                username=settings.dockerhub_username,
                password=settings.dockerhub_password,
            )
        )
    return tuple(found)


def refuse_login(
    client: RegistryClient, registry: str, known: Sequence[Credentials], *, on_github: bool
) -> None:
    """Refuse a run whose pushes can't work: all that it builds would be lost.

    A registry out of reach is no reason: it may be back by the first push. Raises `RefusedError`.
    """
    from tfimages_action.adapters.registry.transport import Login

    image = ImageReference.parse(f"{registry}/image")
    host = image.registry
    username = next((one.username for one in known if one.registry == host), "")
    try:
        login = client.login(host)
        locked = login is Login.ANONYMOUS and client.refuses_strangers(image)
    except RegistryError:
        return
    if login is not Login.REFUSED and not locked:
        return
    found = login_finding(registry, login, username)
    hint = "check registry-username and registry-password" if on_github else found.cure
    if on_github and host == GHCR:
        hint += ", or give the job `permissions: packages: write`"
    raise RefusedError(f"nothing was built: {found.detail}", hint=hint)


def _logged_in(host: str) -> list[Credentials]:
    from docker.auth import load_config

    known = load_config().resolve_authconfig(host)
    if not known or not known.get("Password", known.get("password")):
        return []
    lower = {key.lower(): value for key, value in known.items()}
    return [Credentials(registry=host, username=lower["username"], password=lower["password"])]
