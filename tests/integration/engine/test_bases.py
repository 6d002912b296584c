"""What external images stand for: from a registry, or from the engine alone."""

import threading

import pytest

from tests.bed.registry import running_registry
from tests.integration.engine.work import Bench
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import StageError, TfImagesError

FILES = {"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "external\n"}


def resolve(bench: Bench, reference: ImageReference) -> str | None:
    return bench.session.bases.resolve(reference, log=bench.lines.append, stop=threading.Event())


def test_a_base_is_its_registrys_digest_and_pulled_and_what_is_built_on(bench: Bench) -> None:
    external = bench.build({**FILES, "app/x": f"for {bench.engine.host}\n"})
    published = bench.push(external)
    reference = published.references[0]
    bench.session.housekeeper.drop(external)
    assert resolve(bench, reference) == published.digest
    pinned = f"{reference.name}@{published.digest}"
    assert bench.session.connection.inspect(pinned) is not None
    # The tag moves on; what was resolved before the build stays.
    bench.push(bench.build({**FILES, "app/x": "moved\n"}, external.image))
    child = bench.build(
        {"app/Dockerfile": f"FROM {reference}\nLABEL a=b\n"},
        externals=((str(reference), published.digest),),
    )
    assert child.layers == external.layers


def test_a_base_that_only_the_engine_has_is_never_given_a_digest(bench: Bench) -> None:
    # On the containerd store the engine itself shows a "repository digest" for it.
    with running_registry() as gone:
        reference = ImageReference.parse(f"{gone.host}/tests/only-here:1")
    bench.engine.docker("tag", "debian:trixie-slim", str(reference))
    try:
        assert resolve(bench, reference) is None
        assert "the engine has it as sha256:" in bench.lines[-1]
        built = bench.build({"app/Dockerfile": f"FROM {reference}\nLABEL a=b\n"})
        assert len(built.layers) == 1
    finally:
        bench.engine.docker("rmi", str(reference))


def test_a_base_that_nobody_has_is_an_error_of_its_image(bench: Bench) -> None:
    reference = ImageReference.parse(f"{bench.registry.host}/tests/never-pushed:1")
    with pytest.raises(StageError, match="not in its registry"):
        resolve(bench, reference)


def test_a_failing_base_names_the_line_that_wants_it(bench: Bench) -> None:
    written = f"{bench.registry.host}/tests/never-pushed:1"
    with pytest.raises(TfImagesError) as caught:
        bench.build({"app/Dockerfile": f"\nFROM {written}\n"})
    assert str(caught.value.location) == "app/Dockerfile:2"
    assert written in caught.value.message
