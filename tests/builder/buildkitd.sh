#!/usr/bin/env bash
# Compile the buildkitd and buildctl that go.mod names into the folder $1.
set -eu
mkdir -p "$1"
target=$(cd "$1" && pwd)
cd "$(dirname "$0")"
version=$(go list -m -f '{{.Version}}' github.com/moby/buildkit)
at=github.com/moby/buildkit/version
# buildx reads `buildkitd --version`, and wants all four words of it.
export CGO_ENABLED=0
go build -trimpath -ldflags "-s -w -X $at.Version=$version -X $at.Revision=module" -o "$target/" \
  github.com/moby/buildkit/cmd/buildkitd github.com/moby/buildkit/cmd/buildctl
