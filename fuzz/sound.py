"""Valid artifacts, made from the declared fields: the seeds of the targets about artifacts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tomli_w

from qwen_schema import DEFAULT_PROFILE, declared_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCES: dict[str, dict[str, str]] = {
    "environment": {"from": "environment", "variable": "OPENAI_API_KEY"},
    "env-file": {"from": "env-file", "path": "./.qwen/.env", "variable": "OPENAI_API_KEY"},
    "flag": {"from": "flag", "flag": "--openai-api-key"},
    "oauth-cache": {"from": "oauth-cache", "path": "~/.qwen/oauth_creds.json"},
    "literal": {"from": "literal", "value": "a key of nobody"},
}


def sound_document(reference: str = "env-file") -> dict[str, Any]:
    """Return an artifact as a document of plain values; `reference` is the kind of its secret reference."""
    fields = declared_fields()
    values = {name: field.default_under("openai") for name, field in fields.items()}
    config = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    provenance = {name: {"layer": "default", "origin": "default", "reach": "user"} for name in fields}
    provenance["model"] = {"layer": "env-file", "origin": "./.env:3", "variable": "OPENAI_MODEL", "reach": "project"}
    return {
        "format": 1,
        "profile": DEFAULT_PROFILE,
        "dialect": "dotenv",
        "config": {**config, "auth_method": "openai", "api_key": dict(REFERENCES[reference])},
        "provenance": provenance,
        "env_file": {"paths": ["./.qwen/.env"], "chosen_by": "search"},
        "excluded": [{"variable": "DEBUG", "origin": "./.env:4"}],
    }


def valid_artifacts() -> Iterator[tuple[str, bytes]]:
    """Yield valid artifacts in both forms, each with a name."""
    for reference in REFERENCES:
        document = sound_document(reference)
        yield f"{reference}.toml", tomli_w.dumps(document).encode()
        yield f"{reference}.json", json.dumps(document).encode()
