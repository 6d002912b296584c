"""What a registry's refusal means and what cures it; the same whether we or the engine asked."""

from __future__ import annotations

import json
import re
from typing import Final

from tfimages_action.core.reference import DOCKER_HUB, GHCR, ImageReference
from tfimages_action.errors import RegistryError, StageError, TfImagesError

_MAX_TEXT: Final = 300
_RATE: Final = re.compile(r"too ?many ?requests|\b429\b|rate limit", re.IGNORECASE)
_TRANSIENT: Final = re.compile(
    r"unknown blob|blob upload (unknown|invalid)|connection (reset|refused)|broken pipe"
    r"|\bEOF\b|timeout|timed out|temporary failure|server misbehaving|use of closed network"
    r"|unexpected HTTP status: (408|5\d\d)|unexpected status.*: (408|5\d\d)|\b50[0234] [A-Z]"
    r"|context canceled|http2: ",
    re.IGNORECASE,
)
_UNAUTHORIZED: Final = re.compile(
    r"unauthori[sz]ed|authentication required|no basic auth|\b401\b", re.IGNORECASE
)
_DENIED: Final = re.compile(r"denied|forbidden|\b403\b|insufficient", re.IGNORECASE)
_UNREACHABLE: Final = re.compile(r"no such host|no route to host|x509|certificate", re.IGNORECASE)


def explain(reference: ImageReference, code: int | None, text: str) -> TfImagesError:
    """The error for what a registry (or the engine on its behalf) answered about `reference`.

    `code` is the HTTP status where it is known. A refusal costs its image (`StageError`): some
    registries answer 401 for a package that is another's, and its siblings may well be let in. A
    registry out of reach costs the run (`RegistryError`, transient).
    """
    said = " ".join(_words(text).split())[:_MAX_TEXT]
    message = f"{reference}: {said}" if said else f"{reference}: the registry answered {code}"
    seen = f"{code or ''} {said}"
    if _RATE.search(seen):
        return RegistryError(message, hint=_rate_hint(reference), transient=True)
    if _UNAUTHORIZED.search(seen):
        return StageError(message, hint=_login_hint(reference))
    if _DENIED.search(seen):
        return StageError(message, hint=_denied_hint(reference))
    if _TRANSIENT.search(seen):
        hint = (
            f"run it again once {reference.registry} answers: what is published is not built twice"
        )
        return RegistryError(message, hint=hint, transient=True)
    if _UNREACHABLE.search(seen):
        hint = f"check the name {reference.registry}, the network and its certificate"
        return RegistryError(message, hint=hint, transient=True)
    return StageError(message)


def _words(text: str) -> str:
    """What a registry's error says, which comes as JSON where we asked ourselves.

    https://distribution.github.io/distribution/spec/api/#errors
    """
    try:
        errors = json.loads(text)["errors"]
        return "; ".join(f"{error['message']} ({error['code']})" for error in errors) or text
    except (ValueError, TypeError, LookupError):
        return text


def settings_page(reference: ImageReference) -> str:
    """Where the visibility of a package is changed: no API does it."""
    if reference.registry != GHCR:
        return f"in the settings of {reference.name}"
    owner, _, package = reference.repository.partition("/")
    package = package.replace("/", "%2F")
    path = f"{owner}/packages/container/{package}/settings"
    return f"https://github.com/users/{path} (of an organisation: https://github.com/orgs/{path})"


def _rate_hint(reference: ImageReference) -> str:
    if reference.registry != DOCKER_HUB:
        return f"{reference.registry} limits our rate: try again later"
    return (
        "Docker Hub limits anonymous pulls: give dockerhub-username and dockerhub-password "
        "(a free account has a higher limit)"
    )


def _login_hint(reference: ImageReference) -> str:
    if reference.registry == DOCKER_HUB:
        return "for a private image give dockerhub-username and dockerhub-password"
    if reference.registry == GHCR:
        return "give the job `permissions: packages: write`, or check registry-password"
    return "check registry-username and registry-password"


def _denied_hint(reference: ImageReference) -> str:
    if reference.registry != GHCR:
        return f"the user may not do this at {reference.registry}: check its rights there"
    owner, _, package = reference.repository.partition("/")
    page = f"{owner}/packages/container/{package.replace('/', '%2F')}/settings"
    return (
        "the job needs `permissions: packages: write`; a package first pushed by hand must also "
        "let this repository in, under Manage Actions access: "
        f"https://github.com/orgs/{page} (of a user: https://github.com/users/{page})"
    )
