"""What a registry's refusal means: the words are those that engines and registries use."""

import pytest

from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import RegistryError, StageError

GHCR = ImageReference.parse("ghcr.io/owner/group/app:1")
HUB = ImageReference.parse("ubuntu:24.04")
OWN = ImageReference.parse("r.example/owner/app:1")


@pytest.mark.parametrize(
    "text",
    [
        "unknown blob",
        "blob upload unknown to registry",
        "received unexpected HTTP status: 503 Service Unavailable",
        "write tcp 10.0.0.1:4->10.0.0.2:443: write: connection reset by peer",
        "net/http: TLS handshake timeout",
        "failed to do request: Put ...: EOF",
        "dial tcp 127.0.0.1:5: connect: connection refused",
        "read tcp: i/o timeout",
        "toomanyrequests: You have reached your pull rate limit.",
    ],
)
def test_what_passes_is_transient(text: str) -> None:
    error = denial.explain(GHCR, None, text)
    assert isinstance(error, RegistryError)
    assert error.transient
    assert error.hint
    assert text in error.message


@pytest.mark.parametrize(
    "text",
    [
        "denied: permission_denied: write_package",
        "denied: permission_denied: The token provided does not match expected scopes.",
        "denied: requested access to the resource is denied",
        "unauthorized: unauthenticated: User cannot be authenticated with the token provided.",
        "manifest invalid: manifest invalid",
    ],
)
def test_a_refusal_costs_its_image_and_is_not_tried_again(text: str) -> None:
    error = denial.explain(GHCR, None, text)
    assert isinstance(error, StageError)
    assert not error.transient


def test_a_package_that_lets_us_not_write_names_the_page_that_cures_it() -> None:
    hint = denial.explain(GHCR, 403, "denied: permission_denied: write_package").hint
    assert "packages: write" in hint
    assert "Manage Actions access" in hint
    assert "https://github.com/orgs/owner/packages/container/group%2Fapp/settings" in hint


@pytest.mark.parametrize(
    ("reference", "status", "cure"),
    [
        (GHCR, 401, "packages: write"),
        (HUB, 401, "dockerhub-password"),
        (OWN, 401, "registry-username and registry-password"),
        (OWN, 403, "the user may not do this at r.example"),
        (OWN, 429, "r.example limits our rate"),
    ],
)
def test_each_registry_has_its_own_cure(reference: ImageReference, status: int, cure: str) -> None:
    assert cure in denial.explain(reference, status, "").hint


def test_where_the_visibility_of_a_package_is_changed() -> None:
    page = "/owner/packages/container/group%2Fapp/settings"
    assert f"https://github.com/users{page}" in denial.settings_page(GHCR)
    assert denial.settings_page(OWN) == "in the settings of r.example/owner/app"


def test_a_rate_limit_of_docker_hub_names_the_credentials() -> None:
    assert "dockerhub-username" in denial.explain(HUB, 429, "").hint
    assert "dockerhub-username" not in denial.explain(GHCR, 429, "").hint


def test_a_long_answer_is_cut() -> None:
    assert len(denial.explain(GHCR, 500, "<html>" * 1000).message) < 400


def test_an_error_in_json_is_told_in_its_words() -> None:
    text = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[]}]}'
    error = denial.explain(GHCR, 401, text)
    assert error.message == f"{GHCR}: authentication required (UNAUTHORIZED)"
    assert "registry-password" in error.hint
    for other in ('{"errors": []}', '{"errors": [1]}', "[]", "{"):
        assert denial.explain(GHCR, 500, other).message == f"{GHCR}: {other}"
