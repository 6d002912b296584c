"""The first files are right as they stand, and nobody's own are touched."""

import re
from pathlib import Path

import pytest
import yaml

from scripts.generate import ROOT
from tfimages_action.core.config.read import read_images_yaml
from tfimages_action.core.config.values import ImagesYaml
from tfimages_action.doors.inputs.table import INPUTS
from tfimages_action.doors.starting import IMAGES_YAML_TEXT, WORKFLOW, starting_files, write_new
from tfimages_action.report.outputs import OUTPUTS


@pytest.mark.parametrize(("images_dir", "given"), [("images", None), (".", "."), ("on", "on")])
def test_the_workflow_is_least_privileged_and_pinned(images_dir: str, given: str | None) -> None:
    text = starting_files(images_dir)[WORKFLOW]
    workflow = yaml.load(text, yaml.BaseLoader)
    assert workflow["permissions"] == {}
    job = workflow["jobs"]["publish"]
    assert job["permissions"] == {"contents": "read", "packages": "write"}
    assert workflow["concurrency"]["cancel-in-progress"] == "false"
    checkout, action = job["steps"]
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", checkout["uses"])
    assert checkout["with"] == {"fetch-depth": "0", "persist-credentials": "false"}
    assert {*action["with"]} <= {spec.name for spec in INPUTS}
    assert action["with"].get("images-dir") == given


def test_the_workflow_publishes_where_init_was_told() -> None:
    def taken(registry: str) -> dict[str, str]:
        workflow = yaml.load(starting_files(".", registry)[WORKFLOW], yaml.BaseLoader)
        given: dict[str, str] = workflow["jobs"]["publish"]["steps"][1]["with"]
        assert {*given} <= {spec.name for spec in INPUTS}
        return {name: text for name, text in given.items() if name.startswith("registry")}

    assert taken("") == taken("127.0.0.1:5000/me") == {}
    assert taken("ghcr.io/you") == {"registry": "ghcr.io/you"}
    assert taken("reg.example:5000/you") == {
        "registry": "reg.example:5000/you",
        "registry-username": "${{ secrets.REGISTRY_USERNAME }}",
        "registry-password": "${{ secrets.REGISTRY_PASSWORD }}",
    }


def test_it_pins_the_checkout_that_this_repository_uses() -> None:
    pin = re.compile(r"actions/checkout@[0-9a-f]{40} # v\S+")
    ours = pin.findall((ROOT / WORKFLOW).read_text())
    assert {*pin.findall(starting_files("images")[WORKFLOW])} == {*ours}


def test_what_is_commented_attests_as_this_repository_does() -> None:
    text = starting_files("images")[WORKFLOW]
    lines = [re.sub(r"^( +)# ((?:id-token|attest|- uses|  if|  with|    )\S*)", r"\1\2", line)
             for line in text.splitlines()]  # fmt: skip
    job = yaml.load("\n".join(lines), yaml.BaseLoader)["jobs"]["publish"]
    ours = yaml.load((ROOT / WORKFLOW).read_text(), yaml.BaseLoader)["jobs"]["publish"]
    # This repository's own fetches reports of earlier runs, too.
    assert {**job["permissions"], "actions": "read"} == ours["permissions"]
    assert job["steps"][1]["with"]["attest"] == "true"
    action, attesting = (
        next(at for at, step in enumerate(ours["steps"]) if step.get("uses", "").startswith(uses))
        for uses in ("./", "actions/attest-build-provenance@")
    )
    assert job["steps"][2] == ours["steps"][attesting]
    assert job["steps"][1]["id"] == ours["steps"][action]["id"]
    assert "attest-subjects" in OUTPUTS


def test_images_yaml_says_nothing_until_its_examples_are_uncommented() -> None:
    assert read_images_yaml("images.yaml", IMAGES_YAML_TEXT.encode()).value == ImagesYaml()
    lines = [re.sub(r"^# ?(?=\s*[A-Za-z_-]+:)", "", line) for line in IMAGES_YAML_TEXT.splitlines()]
    shown = read_images_yaml("images.yaml", "\n".join(lines).encode()).value
    assert shown.args == {"ZINIT_VERSION": "0.2.14"}
    assert shown.defaults.checks.ssh
    assert shown.exclude == ("attic",)


def test_what_exists_is_left_as_it_is(tmp_path: Path) -> None:
    files = starting_files(".")
    assert list(files) == [WORKFLOW, "images.yaml"]
    (tmp_path / "images.yaml").symlink_to("nowhere.yaml")
    assert write_new(tmp_path, files) == ([WORKFLOW], ["images.yaml"])
    assert not (tmp_path / "nowhere.yaml").exists()
    (tmp_path / WORKFLOW).write_text("mine")
    assert write_new(tmp_path, files) == ([], list(files))
    assert (tmp_path / WORKFLOW).read_text() == "mine"
