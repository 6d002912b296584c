"""Write the JSON Schemas of image.yaml and images.yaml: `python -m tests.bed.write_schemas`."""

import json
from pathlib import Path

from tfimages_action.core.config.validate import schema_of
from tfimages_action.core.config.values import ImagesYaml, ImageYaml

FOLDER = Path(__file__).parents[2] / "tfimages_action" / "core" / "config" / "schema"


def schemas() -> dict[Path, str]:
    """Where each schema stands, and what it must say."""
    made = {"image": schema_of(ImageYaml), "images": schema_of(ImagesYaml)}
    return {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2) + "\n"
        for name, schema in made.items()
    }


if __name__ == "__main__":
    for path, text in schemas().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
