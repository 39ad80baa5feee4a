"""The schema of artifacts as one self-contained document, for editors and validators."""

from __future__ import annotations

from typing import Any

from .fields import declared_fields, read_schema
from .profiles import declared_profiles

_HTTP = "[Hh][Tt][Tt][Pp][Ss]?://"

# Patterns that replace this program's own formats for other programs: every valid value matches, and most other values
# do not. Formats without a pattern are removed, since strict validators refuse a schema with an unknown format.
PATTERNS = {
    "http-url": f"^{_HTTP}",
    "login-url": f"^{_HTTP}",
    "collector-url": f"^$|^{_HTTP}",
    "proxy-url": "^$|^[A-Za-z][A-Za-z0-9]*://",
    "variable-name": "^[A-Za-z0-9_.-]+$",
    "header-value": "^[!-~]([ -~]*[!-~])?$",
}


def artifact_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an artifact of this version.

    It has no reference to another document, and no `$id` that a program would fetch. It requires every field of this
    version, as `load` does, and has the titles and descriptions that an editor shows.
    """
    resolved, fields = read_schema("resolved"), read_schema("fields")
    definitions = {**resolved["$defs"], **fields["$defs"]}
    # Some programs ignore the keywords beside a `$ref`.
    reference = definitions.pop("secret_reference")
    properties = {name: _with(declared, reference) for name, declared in fields["properties"].items()}
    names = list(declared_fields())
    own = resolved["properties"]
    config = {**_table(properties, names), "description": own["config"]["description"]}
    origins: dict[str, Any] = {name: {"$ref": "#/$defs/provenance"} for name in names}
    document = {
        **{key: value for key, value in resolved.items() if key != "$id"},
        "properties": {
            **own,
            "profile": {**own["profile"], "enum": list(declared_profiles())},
            "config": {"title": "Every field", **config},
            "provenance": {
                "title": "Origins",
                **_table(origins, names),
                "description": own["provenance"]["description"],
            },
        },
        "$defs": definitions,
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def _table(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _with(declared: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    """Return the declaration of a field with the schema of a secret reference in place of a reference to it."""
    if "$ref" not in declared:
        return declared
    return {**reference, **{key: value for key, value in declared.items() if key != "$ref"}}


def _plain(schema: Any) -> Any:
    """Return a schema without the annotations and formats of this program."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _plain(value) for key, value in schema.items() if key != "x-qwen"}
    form = kept.pop("format", None) if isinstance(kept.get("format"), str) else None
    return {**kept, "pattern": PATTERNS[form]} if form in PATTERNS else kept
