"""The argv of a build: everything that decides what is built, and no secret."""

from dataclasses import replace
from pathlib import Path

from tests.bed.engine_infos import builder_info, engine_info
from tests.bed.revision import FilesRevision
from tfimages_action.adapters.engine.buildx import DriverKind
from tfimages_action.adapters.engine.cache import Cache, CacheKind, cache_arguments, missing_for
from tfimages_action.adapters.engine.command import BuildOptions, build_arguments
from tfimages_action.adapters.engine.contexts import LaidOut
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import BuildRequest, PinnedParent

DIGEST = "sha256:" + "d" * 64
IMAGE = Image(
    name="hero",
    reference=ImageReference.parse("ghcr.io/o/hero:24.04"),
    flist="hero.flist",
    kind=Kind.CONTAINER,
    folder="hero",
    dockerfile="hero/Dockerfile",
    context="hero",
    args=(("A", "1"), ("B", "x y")),
    target="final",
    platforms=("linux/amd64", "linux/arm64"),
)
FILES = LaidOut(
    dockerfile=Path("/w/dockerfile/Dockerfile"),
    context=Path("/w/context0"),
    named=(("more", Path("/w/context1")), ("zinit", Path("/w/context2"))),
)
SERVICE = "https://results.example/"
GHA = Cache(
    kind=CacheKind.GHA,
    gha_environment={"ACTIONS_RUNTIME_TOKEN": "planted", "ACTIONS_RESULTS_URL": SERVICE},
)


def arguments(options: BuildOptions | None = None, **fields: object) -> tuple[str, ...]:
    request = BuildRequest(
        image=IMAGE,
        revision=FilesRevision(files={}),
        source_date_epoch=7,
        **fields,  # type: ignore[arg-type]
    )
    return build_arguments(
        request,
        FILES,
        options=options or BuildOptions(),
        builder="default",
        output=("--load",),
        cache=cache_arguments(GHA, IMAGE),
    )


def test_everything_stands_in_it_and_the_context_is_last() -> None:
    words = arguments(labels=(("k", "v w"),))
    assert words[0] == "build"
    assert words[-1] == "/w/context0"
    assert {
        "--builder=default",
        "--file=/w/dockerfile/Dockerfile",
        "--target=final",
        "--platform=linux/amd64,linux/arm64",
        "--build-arg=A=1",
        "--build-arg=B=x y",
        "--build-arg=SOURCE_DATE_EPOCH=7",
        "--label=k=v w",
        "--provenance=false",
        "--sbom=false",
        "--load",
    } <= set(words)
    assert "--no-cache" not in words
    assert not any(word.startswith("--pull") for word in words)


def test_parents_and_bases_are_pinned_and_an_override_wins() -> None:
    words = arguments(
        BuildOptions(overrides=(("zinit", Path("/outside")),)),
        parents=(PinnedParent(written="ghcr.io/o/p:1", source="docker-image://local/p:1"),),
        externals=(("alpine", DIGEST), (f"debian@{DIGEST}", DIGEST)),
    )
    assert [word for word in words if word.startswith("--build-context")] == [
        f"--build-context=alpine=docker-image://docker.io/library/alpine:latest@{DIGEST}",
        "--build-context=ghcr.io/o/p:1=docker-image://local/p:1",
        "--build-context=more=/w/context1",
        "--build-context=zinit=/outside",
    ]


def test_what_is_asked_for_is_passed() -> None:
    words = arguments(BuildOptions(provenance=True, sbom=True), no_cache=True)
    assert {"--no-cache", "--provenance=true", "--sbom=true"} <= set(words)


def test_the_gha_cache_names_its_version_and_hides_its_token() -> None:
    words = arguments()
    wanted = f"type=gha,version=2,url_v2={SERVICE},scope=tfimages-hero"
    assert f"--cache-from={wanted}" in words
    assert "planted" not in repr((words, GHA))


def test_the_registry_cache_is_beside_the_image() -> None:
    load, _ = cache_arguments(Cache(kind=CacheKind.REGISTRY), IMAGE)
    assert load == "--cache-from=type=registry,ref=ghcr.io/o/hero:cache-24.04"
    assert cache_arguments(Cache(), IMAGE) == ()


def test_where_a_cache_can_do_nothing_it_is_said() -> None:
    def missing(cache: Cache, *, driver: DriverKind, containerd: bool) -> str:
        return missing_for(cache, engine_info(containerd=containerd), builder_info(driver))

    registry = Cache(kind=CacheKind.REGISTRY)
    assert "classic" in missing(registry, driver=DriverKind.DOCKER, containerd=False)
    assert not missing(registry, driver=DriverKind.DOCKER, containerd=True)
    assert not missing(registry, driver=DriverKind.CONTAINER, containerd=False)
    assert not missing(Cache(), driver=DriverKind.DOCKER, containerd=False)
    assert not missing(GHA, driver=DriverKind.CONTAINER, containerd=False)
    for absent in GHA.gha_environment:
        given = {name: text for name, text in GHA.gha_environment.items() if name != absent}
        poor = replace(GHA, gha_environment=given)
        assert "GitHub Actions" in missing(poor, driver=DriverKind.REMOTE, containerd=False)


def test_only_the_cache_of_actions_sees_the_token_of_the_job() -> None:
    assert "ACTIONS_RUNTIME_TOKEN" in GHA.environment
    for kind in (CacheKind.NONE, CacheKind.REGISTRY):
        assert not replace(GHA, kind=kind).environment


def test_an_old_buildx_does_not_leave_the_cache_of_actions_out() -> None:
    assert GHA.environment["ACTIONS_CACHE_URL"] == SERVICE
    given = {**GHA.gha_environment, "ACTIONS_CACHE_URL": "https://first.example/"}
    told = replace(GHA, gha_environment=given).environment
    assert told["ACTIONS_CACHE_URL"] == "https://first.example/"
