# Everything here does its own set-up on a fresh Debian 12 or Ubuntu with Python and apt.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
# The engine's socket, a second engine and its bridge belong to root.
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo env "PATH=$$PATH")
ONLY ?=
TESTS ?= tests
UV_VERSION := 0.8.22

BUILDKIT ?=

.PHONY: help setup engine test test-builder contract e2e-act demo bench oracle lint format generate lock

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing: tools by apt, the locked Python packages into .venv
	@python3 scripts/setup.py

engine: setup ## Make sure that a Docker Engine runs and has the base image
	@mkdir -p build
	@$(AS_ROOT) $(PYTHON) -m tests.bed.engine build/dockerd.log
	@$(AS_ROOT) $(PYTHON) -m tests.bed.bases

test: lint engine ## The whole test suite, on a real engine (TESTS=... for a part)
	@$(AS_ROOT) $(PYTHON) -m pytest -n auto --maxprocesses 4 --dist worksteal $(TESTS)

test-builder: engine ## Releases through a docker-container builder; needs Go, or BUILDKIT=image with a buildkitd
	@[ -n "$(BUILDKIT)" ] || command -v go > /dev/null || { echo "test-builder needs Go (https://go.dev/dl) to make a buildkitd, or BUILDKIT=moby/buildkit:buildx-stable-1"; exit 2; }
	@[ -n "$(BUILDKIT)" ] || bash tests/builder/buildkitd.sh build/buildkit
	@$(AS_ROOT) TFIMAGES_TEST_BUILDKIT="$(BUILDKIT)" $(PYTHON) -m pytest tests/builder

e2e-act: engine ## The workflows whole, under nektos/act (installed by you)
	@$(AS_ROOT) $(PYTHON) -m tests.bed.act

contract: setup ## The contract tests: the Hub's stand-in, or with TFIMAGES_TEST_HUB_URL and _TOKEN set a live Hub
	@$(PYTHON) -m pytest tests/contract/hub

demo: engine ## From nothing to published images and flists, in a scratch copy, without a Hub
	@$(AS_ROOT) $(PYTHON) -m scripts.demo

bench: engine ## Measure; ONLY=plan|pipeline|verify|flist|action for one part
	@$(AS_ROOT) $(PYTHON) -m benchmarks $(ONLY)

oracle: setup ## Hold our references against BuildKit's own for all Dockerfiles in DIR=...; needs Go
	@command -v go > /dev/null || { echo "oracle needs Go: https://go.dev/dl"; exit 2; }
	@[ -d "$(DIR)" ] || { echo "usage: make oracle DIR=folder-of-dockerfiles"; exit 2; }
	@mkdir -p build && cd tests/oracle && go build -o ../../build/oracle .
	@$(PYTHON) -m tests.oracle.compare "$(DIR)" build/oracle

lint: setup ## Style, types, layers, workflows
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/zizmor --offline --no-progress --quiet .
	@mkdir -p build
	@PYTHONPATH=. .venv/bin/lint-imports --no-cache > build/layers.log 2>&1 || { cat build/layers.log; exit 1; }

format: setup ## Bring the code into its form
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

generate: setup ## Write the files that follow from the code (action.yml, tables of the README)
	@$(PYTHON) -m scripts.generate

lock: setup ## Lock the dependencies again, with hashes
	@[ -x build/uv/bin/uv ] || { python3 -m venv build/uv && build/uv/bin/pip install --quiet uv==$(UV_VERSION); }
	@compile="build/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml"; \
	  $$compile --output-file requirements/run.txt; \
	  $$compile --extra dev --output-file requirements/dev.txt
