"""The runtime's settings: every field that it uses, with the type from the schema."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files
from typing import Any

import pytest
from support.prompts import ready_config

from qwen_runtime.settings import Settings
from qwen_schema import SecretReference

TYPES = {"string": "str", "boolean": "bool", "integer": "int", "number": "float", "array": "tuple[str, ...]"}
PLAIN = {"str": str, "bool": bool, "int": int, "float": float, "tuple[str, ...]": tuple}

# Fields of the compiler and the command line, which the runtime does not use.
UNUSED = {"debug", "excluded_variables"}
# Attributes of the settings that are no fields.
NO_FIELDS = {"artifact", "base", "home", "ca_variables", "proxy_login"}

URL = "https://models.example/v1"


def declared_types() -> dict[str, str]:
    """Return the declared type of each field as Python writes it."""
    schema: dict[str, Any] = json.loads(files("qwen_schema").joinpath("fields.schema.json").read_text())
    return {
        name: "SecretReference" if "$ref" in field else TYPES[field["type"]]
        for name, field in schema["properties"].items()
    }


def test_settings_have_the_fields_of_the_schema() -> None:
    typed = {field.name: field.type for field in fields(Settings) if field.name not in NO_FIELDS}
    assert typed == {name: kind for name, kind in declared_types().items() if name not in UNUSED}


@pytest.mark.parametrize("name", sorted(declared_types().keys() - UNUSED))
def test_settings_have_the_values_of_the_artifact(name: str) -> None:
    ready = ready_config(URL, timeout=30, no_proxy=["a.example", ".b.example"], proxy="http://proxy.example:3128")
    value = getattr(ready.settings, name)
    assert type(value) is PLAIN.get(declared_types()[name], SecretReference)
    assert value == ready.artifact.config[name]


def test_a_field_is_shown_with_its_origin() -> None:
    assert ready_config(URL).settings.place("timeout") == "120.0 (timeout from default)"
