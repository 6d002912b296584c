"""A private package is named with its settings page."""

from tfimages_action.core.published.denial import settings_page
from tfimages_action.core.reference import ImageReference


def test_the_settings_page_of_a_package() -> None:
    page = settings_page(ImageReference.parse("ghcr.io/owner/fam/ubuntu:24.04"))
    assert "https://github.com/users/owner/packages/container/fam%2Fubuntu/settings" in page
    assert "https://github.com/orgs/owner/packages/container/fam%2Fubuntu/settings" in page


def test_of_other_registries() -> None:
    assert "registry.example/x" in settings_page(ImageReference.parse("registry.example/x:1"))
