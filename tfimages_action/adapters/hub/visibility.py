"""Ask first: an image that a stranger can't pull never reaches the Hub."""

from __future__ import annotations

from tfimages_action.adapters.hub.ports import AnonymousProbe
from tfimages_action.core.published.denial import settings_page
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Visibility
from tfimages_action.errors import StageError


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
