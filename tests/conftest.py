"""Fixtures for tests on real parts. A missing part fails the test; nothing is ever skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.bed import bases
from tests.bed import engine as engines
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.bed.registry import Registry, running_registry
from tests.bed.runner import build_action

_ENGINE_FIXTURES = frozenset(
    {"engine", "base_image", "containerd_engine", "second_base", "action_image"}
)
_SHOWN_BYTES = 9


def pytest_configure() -> None:
    # How long an example takes says nothing on a busy machine.
    settings.register_profile("tf-images", deadline=None)
    settings.load_profile("tf-images")
    engines.prefer_distribution_client()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name long bytes by their length: gzip puts the time into them, and each worker collects."""
    return f"{len(val)} bytes" if isinstance(val, bytes) and len(val) > _SHOWN_BYTES else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs an engine.

    Several workers use it at once: whatever a test makes there bears a name of its own, or is the
    same whoever makes it and is left there.
    """
    for item in items:
        needs_engine = _ENGINE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if needs_engine or item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Return the machine's own engine."""
    return engines.default_engine()


@pytest.fixture(scope="session")
def base_image(engine: Engine) -> BaseImage:
    """Return `debian:trixie-slim` on the machine's own engine."""
    return bases.ensure_base(engine)


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """Run an empty registry for this session; take a repository name of your own."""
    with running_registry() as running:
        yield running


@pytest.fixture(scope="session")
def containerd_engine() -> Iterator[Engine]:
    """Run a second engine, with the containerd image store and no network for containers."""
    with engines.second_engine() as running:
        yield running


@pytest.fixture(scope="session")
def second_base(engine: Engine, base_image: BaseImage, containerd_engine: Engine) -> BaseImage:
    """Return `debian:trixie-slim`, carried over to the containerd engine."""
    bases.copy_image(engine, containerd_engine, base_image.reference)
    return bases.ensure_base(containerd_engine, base_image.reference)


@pytest.fixture(scope="session")
def action_image(engine: Engine, base_image: BaseImage) -> str:
    """Return the name of the action's own image, built as a runner builds it."""
    assert base_image.image_id
    return build_action(engine)
