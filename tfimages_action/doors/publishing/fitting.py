"""Fit the inputs to the event: what a run may do, and what it must be given for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tfimages_action.doors.auditing import audit_settings
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.errors import PAGES, SettingsError

_MODES: Final = {"pull_request": "preview", "schedule": "refresh"}
"""By event; every other one publishes."""


def settings_for(settings: Settings, event: Event) -> Settings:
    """Fit the inputs to the event: a pull request publishes nothing. Raises `SettingsError`."""
    if event.name == "pull_request_target":
        raise SettingsError(
            "pull_request_target is refused: it would run a stranger's Dockerfiles beside secrets",
            hint="use `on: pull_request`; a preview needs no secret",
        )
    mode = settings.mode
    if mode == "auto":
        mode = _MODES.get(event.name, "publish")
    if mode == "preview":
        return _without_secrets(settings)
    if mode == "audit":
        return audit_settings(settings)
    if mode == "plan":
        return replace(settings, mode=mode, push=False, convert=False, hub_token="")
    if settings.attest and event.on_github and not event.may_identify:
        raise SettingsError(
            "attest is on, but the job may not ask GitHub for the identity that signs",
            hint="give the job `permissions: id-token: write` and `attestations: write`, and a "
            f"step that attests ({PAGES}/hub.md#attested), or leave `attest` out",
        )
    if not settings.convert or settings.local:
        return replace(settings, mode=mode)
    if not settings.hub_token and settings.without_hub == "fail":
        raise SettingsError(
            "conversion is on, but there is no hub-token",
            hint='set `hub-token` (the Hub\'s page, "Generate API Token"), make flists without '
            "a Hub (`local: true`), or switch conversion off (`convert: false`)",
        )
    if not settings.push and settings.convert_by == "pull":
        raise SettingsError(
            "conversion is on and push is off, so the Hub has nothing to pull",
            hint="switch conversion off too, let us upload (`convert-by: upload`), or convert "
            "here (`local: true`)",
        )
    return replace(settings, mode=mode)


def _without_secrets(settings: Settings) -> Settings:
    """A preview runs what strangers wrote: it has no login to lose, and no cache to poison."""
    return replace(
        settings,
        mode="preview",
        push=False,
        convert=False,
        hub_token="",
        registry_username="",
        registry_password="",
        cache="none",
    )
