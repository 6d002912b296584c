"""Ask the Hub who we are before anything is built: a Hub that isn't there is a refusal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.errors import HubError, RefusedError
from tfimages_action.pipeline.backoff import RetryPolicy, attempt

if TYPE_CHECKING:
    from tfimages_action.adapters.hub.client import Hub

_PATIENCE: Final = RetryPolicy(tries=4, first_s=0.5, longest_s=2.0)


class HubAbsentError(RefusedError):
    """Nobody answered, or only somebody in between, however often we tried."""


def hub_or_why_not(settings: Settings) -> tuple[Hub | None, str]:
    """Sign in; with `without-hub: local` a Hub that is not there is no error, a refusal is."""
    if settings.without_hub == "fail":
        return sign_in(settings), ""
    if not settings.hub_token:
        return None, "there is no token for the Hub"
    try:
        return sign_in(settings), ""
    except HubAbsentError as error:
        return None, error.message


def sign_in(settings: Settings, *, policy: RetryPolicy = _PATIENCE) -> Hub:
    """Open the Hub for a run. What is transient is tried again, since a run rests on it.

    Raises `RefusedError` whatever the cause: nothing was built yet, and that is what its exit code
    says. The codes of what is lost are for what was there once.
    """
    from tfimages_action.adapters.hub.client import Hub
    from tfimages_action.adapters.hub.errors import HubRefusedUsError
    from tfimages_action.adapters.hub.token import Token
    from tfimages_action.adapters.hub.transport import Limits, Transport

    transport = Transport(
        settings.hub_url,
        token=Token(settings.hub_token),
        active_user=settings.hub_user or None,
        limits=Limits(convert_s=settings.convert_timeout, upload_s=settings.convert_timeout),
    )
    try:
        return attempt(
            lambda: Hub.sign_in(transport),
            policy=policy,
            stop=threading.Event(),
            on_retry=lambda _tried, _cause, _delay: None,
        )
    except HubRefusedUsError:
        raise
    except HubError as error:
        kind = HubAbsentError if error.transient else RefusedError
        otherwise = ", or make flists here (`without-hub: local`)" if error.transient else ""
        cure = error.hint or "check `hub-url`, or run it again later"
        raise kind(error.message, hint=f"nothing was built: {cure}{otherwise}") from error
