"""What the config of a published image says of it, whoever made it.

https://github.com/opencontainers/image-spec/blob/main/config.md. Nothing of it is believed: what is
not as the specification has it counts as not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tfimages_action.core.published import labels

_CLOCKS_DIFFER: Final = timedelta(days=1)


def labels_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The image's labels, its parent's among them."""
    inner = config.get("config")
    found = inner.get("Labels") if isinstance(inner, dict) else None
    if not isinstance(found, dict):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}


def created_of(config: Mapping[str, Any]) -> datetime | None:
    """When the image was made.

    Who builds reproducibly writes no time or the epoch, and a clock may be wrong by years: neither
    tells anything.
    """
    written = config.get("created")
    moment = labels.moment(written) if isinstance(written, str) else None
    if moment is None or moment > datetime.now(UTC) + _CLOCKS_DIFFER:
        return None
    return moment
