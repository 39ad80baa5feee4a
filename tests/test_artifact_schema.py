"""The JSON Schema of artifacts for other programs: it is self-contained, and accepts every artifact."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.references import REFERENCES

import qwen_cfg.explanation
from qwen_cfg import resolve, to_artifact
from qwen_cfg.application.schemas import SCHEMAS
from qwen_schema import ArtifactError, to_document
from qwen_schema.artifact import validate_document
from qwen_schema.artifact_schema import PATTERNS, artifact_schema
from qwen_schema.formats import CHECKS
from qwen_schema.patterns import search

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = artifact_schema()
PRINTED = Path(qwen_cfg.explanation.__file__).parent
KEY = "sk-0123456789abcdef"


def artifact(reference: dict[str, str] = REFERENCES[0]) -> dict[str, Any]:
    """Return an artifact as a document in which no list and no table is empty."""
    document = to_document(to_artifact(resolve(environ={"OPENAI_API_KEY": KEY}, cwd="/", home=None, search=False)))
    document["config"] |= {"api_key": reference, "no_proxy": ["a"], "proxy": "socks5h://h:1", "ca_bundle": "~/a.pem"}
    document["config"]["usage_statistics_endpoint"] = "HTTP://localhost:4318"
    document["settings"] = [{"scope": "user", "path": "~/.qwen/settings.json"}]
    document["excluded"] = [{"variable": "DEBUG", "origin": "./.env:1"}]
    return document


def references_in(schema: object) -> Iterator[str]:
    """Yield every reference in a schema, and every keyword that changes the base of references."""
    if isinstance(schema, dict):
        yield from (schema[key] for key in ("$ref", "$dynamicRef", "$id") if isinstance(schema.get(key), str))
        for value in schema.values():
            yield from references_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references_in(value)


def without_description(schema: Any, path: str = "") -> Iterator[str]:
    """Yield the properties without a description for editors."""
    for name, declared in schema.get("properties", {}).items():
        target = SCHEMA["$defs"][declared["$ref"].rpartition("/")[2]] if "$ref" in declared else declared
        if not target.get("description"):
            yield f"{path}/{name}"
        yield from without_description(target, f"{path}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from without_description(schema["items"], f"{path}/*")


def errors(schema: dict[str, Any], value: object) -> list[str]:
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(value)]


def test_schema_is_self_contained():
    Draft202012Validator.check_schema(SCHEMA)
    assert [name for name in references_in(SCHEMA) if not name.startswith("#/$defs/")] == []
    assert "urn:" not in json.dumps(SCHEMA)
    assert "x-qwen" not in json.dumps(SCHEMA)


def test_no_reference_has_sibling_keywords():
    """Taplo ignores keywords beside `$ref`, and tombi takes such a property for a table without entries."""
    siblings = [key for declared in SCHEMA["properties"].values() if "$ref" in declared for key in declared]
    assert siblings == []
    assert "$ref" not in SCHEMA["properties"]["config"]["properties"]["api_key"]


def test_every_property_has_a_description():
    assert SCHEMA["title"]
    assert list(without_description(SCHEMA)) == []


def test_no_own_format_is_used():
    assert not set(CHECKS) & set(json.dumps(SCHEMA).split('"'))


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r["from"])
def test_every_kind_of_artifact_is_accepted(reference: dict[str, str]):
    validate_document(artifact(reference))
    assert errors(SCHEMA, artifact(reference)) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("config", "auth_method"), "openia"),
        (("config", "modle"), "gpt-4o"),
        (("config", "base_url"), "api.openai.com"),
        (("config", "timeout"), 0),
        (("config", "max_retries"), 21),
        (("config", "debug"), "yes"),
        (("config", "api_key"), {"from": "env-file", "variable": "A"}),
        (("config", "api_key"), {"from": "environment", "variable": "A B"}),
        (("config", "api_key"), KEY),
        (("provenance", "model"), {"layer": "flag", "origin": "--model"}),
        (("provenance", "modle"), {"layer": "flag", "origin": "--model", "reach": "user"}),
        (("profile",), "qwen-code-9"),
        (("format",), 2),
    ],
)
def test_an_invalid_artifact_is_refused(place: tuple[str, ...], value: object):
    document = artifact()
    parent = document if len(place) == 1 else document[place[0]]
    parent[place[-1]] = value
    with pytest.raises(ArtifactError):
        validate_document(document)
    assert errors(SCHEMA, document)


@pytest.mark.parametrize("part", ["config", "provenance"])
def test_the_error_names_a_missing_field(part: str):
    document = artifact()
    del document[part]["model"]
    assert errors(SCHEMA, document) == [f"$.{part}"]


@given(
    st.sampled_from(REFERENCES),
    st.dictionaries(
        st.sampled_from(sorted(artifact()["config"].keys() - {"api_key"})),
        st.one_of(
            st.sampled_from(
                ["", "a", "none", "http://h", "HTTPS://h/v1", "socks4a://h", "~/x", "https://höst.example"]
            ),
            st.text(max_size=8),
            st.booleans(),
            st.integers(-1, 4000),
            st.floats(),
            st.lists(st.text(max_size=4), max_size=2),
        ),
        max_size=3,
    ),
)
@example(REFERENCES[0], {"base_url": "https://höst.example/v1\ufeff"})
def test_every_valid_artifact_is_accepted(reference: dict[str, str], changes: dict[str, Any]):
    document = copy.deepcopy(artifact(reference))
    document["config"] |= changes
    try:
        validate_document(document)
    except ArtifactError:
        return
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in changes.values())
    assert errors(SCHEMA, document) == []


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(["http://h", "HttpS://h.example/v1?a=b", "socks://127.0.0.1:1", "", "A_B.c-1", "a b", "[::1]"]),
        st.builds("{}://{}".format, st.sampled_from(["http", "HTTPS", "socks5h", "ftp"]), st.text(max_size=4)),
    ),
)
def test_a_pattern_matches_every_text_that_its_format_accepts(form: str, text: str):
    try:
        CHECKS[form](text)
    except ValueError:
        return
    # An empty key is refused by `minLength`.
    assert search(PATTERNS[form], text) or (form == "header-value" and not text)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_schema_is_valid_and_has_no_external_reference(schema: Any):
    loaded = schema.load()
    Draft202012Validator.check_schema(loaded)
    assert loaded["title"]
    assert [name for name in references_in(loaded) if name != loaded.get("$id") and not name.startswith("#/")] == []


def test_every_schema_of_the_program_can_be_printed():
    shipped = {file.name.removesuffix(".schema.json") for file in PRINTED.glob("*.schema.json")}
    assert shipped | {"resolved", "fields"} == {schema.name for schema in SCHEMAS}
