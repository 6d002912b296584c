"""The reference of image.yaml and images.yaml in docs/configuration.md, made from their schemas."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

SCHEMAS: Final = Path(__file__).resolve().parents[1] / "tfimages_action/core/config/schema"
_HEAD: Final = "| key | value | default | what it does |\n|---|---|---|---|\n"

_WORDS: Final = {
    "object": "mapping of names to texts",
    "string": "text",
    "boolean": "`true` or `false`",
    "integer": "number",
    "number": "number",
    "anything": "anything",
}

Schema = Mapping[str, Any]


def sections() -> dict[str, str]:
    """The reference's parts by name; what both files may hold is told once."""
    image, images = _schema("image"), _schema("images")
    return {"image.yaml": render(image), "images.yaml": render(images, told=image["$defs"])}


def render(schema: Schema, *, told: Collection[str] = ()) -> str:
    """One table for the file, then one for each mapping that stands in it, the `told` left out."""
    parts = [_table(schema, schema)]
    for title, inner in schema.get("$defs", {}).items():
        if "properties" in inner and title not in told:
            described = inner.get("description", "").rstrip(".")
            parts.append(f"\n#### {title}\n\n{described}.\n\n{_table(inner, schema)}")
    return "".join(parts)


def _schema(name: str) -> Schema:
    schema: Schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return schema


def _table(schema: Schema, whole: Schema) -> str:
    return _HEAD + "".join(_rows(schema, whole))


def _rows(schema: Schema, whole: Schema) -> Iterator[str]:
    required = schema.get("required", ())
    for name, value in schema["properties"].items():
        default = "needed" if name in required else _default(value)
        kind, text = _kind(value, whole), value.get("description", "")
        yield f"| `{name}` | {_cell(kind)} | {default} | {_cell(text)} |\n"


def _kind(value: Schema, whole: Schema) -> str:
    """What to write there, in a word or two."""
    if reference := value.get("$ref"):
        name = str(reference).rpartition("/")[2]
        choices = whole["$defs"][name].get("enum")
        return (
            " or ".join(f"`{choice}`" for choice in choices)
            if choices
            else f"[{name}](#{name.lower()})"
        )
    if options := value.get("anyOf"):
        kinds = [_kind(one, whole) for one in options if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    kinds = value.get("type", "anything")
    if isinstance(kinds, list):
        return " or ".join(_WORDS[kind] for kind in kinds)
    if kinds == "array":
        return f"list of {_kind(value.get('items', {}), whole)}"
    return _WORDS[kinds]


def _default(value: Schema) -> str:
    default = value.get("default")
    if default is None or default in ([], {}, "") or isinstance(default, dict):
        return ""
    return f"`{json.dumps(default).strip(chr(34))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
