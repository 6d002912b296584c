"""The files that a repository starts with: a workflow, and images.yaml with every key explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from tfimages_action.core.catalog.discovery import normal
from tfimages_action.core.loopback import is_loopback
from tfimages_action.core.reference import GHCR

_SECRET: Final = re.compile(r"secrets\.(\w+)")
WORKFLOW: Final = ".github/workflows/publish.yaml"
CHECKOUT: Final = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
ATTEST: Final = "actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32 # v4.1.0"
ACTION: Final = "threefoldtech/tf-images@v1"

_WORKFLOW_TEXT: Final = """\
# Publishes the images that changed since the version tag below. Before the first tag: make an
# environment named `hub` (Settings > Environments) with the secret TFHUB_TOKEN in it, from the
# Hub's page ("Generate API Token"). Such a token never expires: use a 3bot of its own.
name: publish

on:
  push:
    tags: ["v*", "[0-9]*"]
  workflow_dispatch:
    inputs:
      force-all:
        description: Build every image, changed or not
        type: boolean
        default: false
      only:
        description: Names or globs of the images to consider
        default: ""

permissions: {{}}

# Two tags never race. Of several waiting runs GitHub keeps the newest alone; it finds in the
# registry what the cancelled ones left undone, and does it.
concurrency:
  group: publish
  cancel-in-progress: false

jobs:
  publish:
    runs-on: ubuntu-24.04
    timeout-minutes: 350
    environment: hub
    permissions:
      contents: read
      packages: write
      # To attest what is published, as a public repository may: these, `attest`, the last step.
      # id-token: write
      # attestations: write
    steps:
      - uses: {checkout}
        with:
          fetch-depth: 0
          persist-credentials: false
      # v1 moves to each release; a commit in its place stays (`tf-images@0123... # v1.2.3`).
      - uses: {action}
        id: images
        with:
          hub-token: ${{{{ secrets.TFHUB_TOKEN }}}}
          force-all: ${{{{ inputs.force-all || 'false' }}}}
          only: ${{{{ inputs.only }}}}
{more}          # attest: true
      # - uses: {attest}
      #   if: ${{{{ !cancelled() && steps.images.outputs.attest-subjects != '' }}}}
      #   with:
      #     subject-checksums: ${{{{ steps.images.outputs.attest-subjects }}}}
"""

IMAGES_YAML_TEXT: Final = """\
# What all images here share. Every key is optional: a folder with a Dockerfile is an image, named
# by its path. An image.yaml beside a Dockerfile says what one image needs of its own.

# Build args. One reaches an image only if its Dockerfile declares it, and only those images are
# rebuilt when it changes.
# args:
#   ZINIT_VERSION: "0.2.14"

# Folders that are taken though they would be passed over, or left out with all below them.
# include: ["tools/.builder"]
# exclude: ["attic"]

# For every image whose image.yaml does not say otherwise.
# defaults:
#   platforms: [linux/amd64]
#   ignore: ["README*", "docs/*"]   # changes of these rebuild nothing
#   checks:
#     ssh: true                     # boot, log in with a fresh key, be refused without it
#     size: 500MB
"""


def starting_files(images_dir: str, registry: str = "") -> dict[str, str]:
    """Path from the repository's root -> text. `registry` is empty for GHCR's of the owner."""
    folder = normal(images_dir)
    more = [*_registry_lines(registry)]
    if folder != "images":
        # As YAML would write it: a folder may be called `on`, or hold a colon.
        more.append(yaml.safe_dump({"images-dir": folder or "."}, width=1000))
    workflow = _WORKFLOW_TEXT.format(
        checkout=CHECKOUT,
        action=ACTION,
        attest=ATTEST,
        more="".join(f"          {line}" for line in more),
    )
    shared = f"{folder}/images.yaml" if folder else "images.yaml"
    return {WORKFLOW: workflow, shared: IMAGES_YAML_TEXT}


def _registry_lines(registry: str) -> Iterator[str]:
    host = registry.partition("/")[0]
    if not registry or is_loopback(host):
        return  # a job does not reach a registry on this machine
    yield f"registry: {registry}\n"
    if host != GHCR:
        # The job's own token opens GHCR alone.
        yield "registry-username: ${{ secrets.REGISTRY_USERNAME }}\n"
        yield "registry-password: ${{ secrets.REGISTRY_PASSWORD }}\n"


def secrets_of(workflow: str) -> tuple[str, ...]:
    """The secrets that a workflow takes, each once."""
    return tuple(dict.fromkeys(_SECRET.findall(workflow)))


def write_new(root: Path, files: dict[str, str]) -> tuple[list[str], list[str]]:
    """Write what is not there; tell which were written, and which were there already."""
    written, there = [], []
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            # `x` refuses what exists, a link that leads nowhere too.
            with place.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            there.append(path)
        else:
            written.append(path)
    return written, there
