"""The JSON Schema of `tfimages-report.json`, made from the values that it is written from."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import TypeAdapter

from tfimages_action.core.run.report import RunReport

_HIDDEN: Final = frozenset({"ingredients", "evidence"})


def render_report_schema() -> str:
    """Return the schema's text."""
    schema = TypeAdapter(RunReport).json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "tfimages-report.json"
    for value in schema["$defs"].values():
        _without_hidden(value)
    schema["$defs"] = _named_in(schema)
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _without_hidden(value: dict[str, Any]) -> None:
    # What the report leaves out (a fingerprint's ingredients, say) has no place in its schema.
    properties = value.get("properties", {})
    for name in _HIDDEN:
        properties.pop(name, None)
    if properties:
        value["additionalProperties"] = False
    if "required" in value:
        value["required"] = [name for name in value["required"] if name not in _HIDDEN]


def _named_in(schema: dict[str, Any]) -> dict[str, Any]:
    """Those definitions that something shown is made of."""
    definitions = schema["$defs"]
    named: dict[str, Any] = {}
    waiting: list[object] = [{key: value for key, value in schema.items() if key != "$defs"}]
    while waiting:
        match waiting.pop():
            case {"$ref": str(reference), **more}:
                name = reference.rpartition("/")[2]
                if name not in named:
                    named[name] = definitions[name]
                    waiting.append(definitions[name])
                waiting += more.values()
            case dict(value):
                waiting += value.values()
            case list(values):
                waiting += values
    return named
