"""The argv of a build. Pure: what is built is readable off it, and no secret is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tfimages_action.adapters.engine.contexts import LaidOut
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError
from tfimages_action.core.run.work import BuildRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What holds for every build of a run."""

    overrides: tuple[tuple[str, Path], ...] = ()
    """`--build-context NAME=DIR` from outside the repository."""
    provenance: bool = False
    sbom: bool = False


def build_arguments(
    request: BuildRequest,
    files: LaidOut,
    *,
    options: BuildOptions,
    builder: str,
    output: tuple[str, ...],
    cache: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Everything after `buildx`."""
    image = request.image
    words = ["build", "--progress=rawjson", f"--builder={builder}", f"--file={files.dockerfile}"]
    words += [f"--target={image.target}"] if image.target else []
    words += [f"--platform={','.join(image.platforms)}"] if image.platforms else []
    words += [f"--build-arg={name}={value}" for name, value in image.args]
    words += [f"--build-arg=SOURCE_DATE_EPOCH={request.source_date_epoch}"]
    words += [f"--label={key}={value}" for key, value in request.labels]
    words += [
        f"--build-context={name}={source}"
        for name, source in sorted(_contexts(request, files, options).items())
    ]
    words += ["--no-cache"] if request.no_cache else []
    words += [f"--provenance={_flag(options.provenance)}", f"--sbom={_flag(options.sbom)}"]
    return (*words, *cache, *output, str(files.context))


def _contexts(request: BuildRequest, files: LaidOut, options: BuildOptions) -> Mapping[str, str]:
    """What each name stands for; the later, more deliberate ones win."""
    pinned = dict(_pinned_externals(request))
    parents = {parent.written: parent.source for parent in request.parents}
    named = {name: str(folder) for name, folder in files.named}
    overrides = {name: str(folder) for name, folder in options.overrides}
    return pinned | parents | named | overrides


def _pinned_externals(request: BuildRequest) -> Iterator[tuple[str, str]]:
    for written, digest in request.externals:
        try:
            reference = ImageReference.parse(written)
        except ReferenceSyntaxError:
            continue
        if reference.digest is None:
            yield written, f"docker-image://{reference.with_digest(digest)}"


def _flag(on: bool) -> str:
    return "true" if on else "false"
