"""hub/action.yml says what the code reads."""

from __future__ import annotations

import re

import yaml

from scripts.generate import ROOT
from tfimages_action.doors.hub.step import ACTIONS
from tfimages_action.doors.inputs.table import INPUTS

ACTION = yaml.safe_load((ROOT / "hub/action.yml").read_text())


def test_every_action_is_described() -> None:
    described = set(re.findall(r"[a-z]+", ACTION["inputs"]["action"]["description"]))
    assert ACTIONS.keys() <= described


def test_inputs_shared_with_the_main_action_are_the_same() -> None:
    shared = {spec.name: spec for spec in INPUTS}
    own = {"action", "name", "target"}
    assert set(ACTION["inputs"]) - own <= shared.keys()
    for name in set(ACTION["inputs"]) - own:
        assert ACTION["inputs"][name].get("default", "") == shared[name].default


def test_it_runs_on_the_same_image() -> None:
    assert ACTION["runs"] == {"using": "docker", "image": "../Dockerfile", "args": ["hub"]}
    assert list(ACTION["outputs"]) == ["linkpoint"]
