"""Whether a stranger can pull an image: the Hub is one, and no API of GitHub tells."""

from __future__ import annotations

from http import HTTPStatus

from tfimages_action.adapters.registry.manifest import ACCEPT
from tfimages_action.adapters.registry.transport import Patience, Transport
from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Visibility


class StrangersProbe:
    """Asks for a manifest with no credentials at all: the Hub converter's `AnonymousProbe`."""

    def __init__(self, *, patience: Patience | None = None) -> None:
        self._patience = patience

    def visibility(self, reference: ImageReference) -> Visibility:
        """Measured, never assumed. Raises `RegistryError` where the registry does not say."""
        transport = Transport(reference.registry, patience=self._patience)
        answer = transport.request(
            "HEAD",
            f"/v2/{reference.repository}/manifests/{reference.digest or reference.tag}",
            repository=reference.repository,
            headers={"Accept": ACCEPT},
        )
        match answer.status_code:
            case HTTPStatus.OK:
                return Visibility.PUBLIC
            case HTTPStatus.NOT_FOUND:
                return Visibility.ABSENT
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                return Visibility.PRIVATE
            case code:
                raise denial.explain(reference, code, answer.reason)
