"""No form of a secret passes."""

import base64
import json
from urllib.parse import quote

from tfimages_action.doors.masking import masker


def test_every_form_is_masked() -> None:
    secret = 'to/ken+"with"\nlines'
    mask = masker([secret, "", "abc"])
    for form in (secret, quote(secret, safe=""), json.dumps(secret), "only lines here? 'lines'",
                 base64.b64encode(secret.encode()).decode()):  # fmt: skip
        masked = mask(f"before {form} after")
        assert "***" in masked
        assert "to/ken" not in masked
        assert masked.startswith("before ")


def test_too_short_a_secret_masks_nothing() -> None:
    assert masker(["abc"])("abcabc") == "abcabc"


def test_a_longer_secret_is_masked_whole_though_it_holds_a_shorter_one() -> None:
    assert masker(["abcd", "abcdefgh"])("abcdefgh") == "***"
