"""Who we are at each registry."""

from __future__ import annotations

from tfimages_action.core.credentials import Credentials
from tfimages_action.core.reference import DOCKER_HUB
from tfimages_action.doors.event import Event
from tfimages_action.doors.settings import Settings
from tfimages_action.errors import SettingsError


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


def _logged_in(host: str) -> list[Credentials]:
    from docker.auth import load_config

    known = load_config().resolve_authconfig(host)
    if not known or not known.get("Password", known.get("password")):
        return []
    lower = {key.lower(): value for key, value in known.items()}
    return [Credentials(registry=host, username=lower["username"], password=lower["password"])]
