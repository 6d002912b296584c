"""Write `action.yml` from the tables of inputs and outputs; a test holds the file against them.

`python -m scripts.action_yml`
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from tfimages_action.doors.inputs import INPUTS
from tfimages_action.report.outputs import OUTPUTS

PATH: Final = Path(__file__).resolve().parents[1] / "action.yml"
_HEAD: Final = (
    "# Made by `make generate` from tfimages_action/doors/inputs.py and report/outputs.py.\n"
)


def render() -> str:
    """Return the text of action.yml."""
    described = {
        "name": "tf-images",
        "description": "Builds, proves and publishes a repository's images and ThreeFold flists",
        "author": "tf-images",
        "branding": {"icon": "layers", "color": "blue"},
        "inputs": {
            spec.name: {
                "description": spec.help,
                "required": False,
                "default": spec.default,
            }
            for spec in INPUTS
        },
        "outputs": {name: {"description": text} for name, text in OUTPUTS.items()},
        "runs": {"using": "docker", "image": "Dockerfile"},
    }
    return _HEAD + yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=100)


if __name__ == "__main__":
    PATH.write_text(render())
