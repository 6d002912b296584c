"""The same commit built twice gives the same layers, where the store allows it."""

import json
import tarfile
import threading
from pathlib import Path

from tests.integration.engine.work import Bench
from tfimages_action.adapters.engine.contexts import laid_out
from tfimages_action.core.tree import FileMode

SHELL = (
    "FROM debian:trixie-slim AS work\nRUN mkdir /made && echo made > /made/file\n"
    "FROM scratch\nCOPY --from=work /made /made\nCOPY . /c/\n"
)


def layers(bench: Bench, target: Path) -> list[str]:
    request = bench.request(
        {"app/Dockerfile": SHELL, "app/run": (FileMode.EXECUTABLE, b"#!/bin/sh\n")}, no_cache=True
    )
    output = (f"--output=type=oci,dest={target},rewrite-timestamp=true",)
    solver = bench.session.builder._solver
    with laid_out(request, bench.session.home.work) as files:
        solver.solve(request, files, output, log=bench.lines.append, stop=threading.Event())
    with tarfile.open(target) as tar:
        index = json.load(tar.extractfile("index.json"))  # type: ignore[arg-type]
        digest = index["manifests"][0]["digest"].removeprefix("sha256:")
        manifest = json.load(tar.extractfile(f"blobs/sha256/{digest}"))  # type: ignore[arg-type]
    return [layer["digest"] for layer in manifest["layers"]]


def test_the_same_commit_gives_the_same_layers(containerd: Bench, tmp_path: Path) -> None:
    assert layers(containerd, tmp_path / "one.tar") == layers(containerd, tmp_path / "two.tar")
