"""Ask first: an image that a stranger can't pull never reaches the Hub."""

from __future__ import annotations

from typing import Final

from tfimages_action.adapters.hub.ports import AnonymousProbe
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.work import Visibility
from tfimages_action.errors import StageError

_GHCR: Final = "ghcr.io"


def check_public(reference: ImageReference, probe: AnonymousProbe) -> None:
    """Raise `StageError`, with the cure, for what the Hub could not pull."""
    match probe.visibility(reference):
        case Visibility.PUBLIC:
            return
        case Visibility.PRIVATE:
            raise StageError(
                f"{reference.name} can't be pulled without a login, so the Hub can't convert it",
                hint=f"make the package public: {settings_page(reference)}"
                "; or set `convert-by: upload`, which needs no public package",
            )
        case Visibility.ABSENT:
            raise StageError(
                f"{reference} is not in the registry", hint="was it pushed? look at the push's log"
            )


def settings_page(reference: ImageReference) -> str:
    """Where the visibility of a package is changed."""
    if reference.registry != _GHCR:
        return f"in the settings of {reference.name}"
    owner, _, package = reference.repository.partition("/")
    package = package.replace("/", "%2F")
    path = f"{owner}/packages/container/{package}/settings"
    return f"https://github.com/users/{path} (of an organisation: https://github.com/orgs/{path})"
