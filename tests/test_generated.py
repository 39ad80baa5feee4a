"""The generated modules: they match the declarations, and their validators agree with jsonschema."""

from __future__ import annotations

import copy
import math
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.references import LITERAL, REFERENCES

from generate.validators import Compiler
from qwen_cfg import resolve, to_artifact
from qwen_schema import declared_fields, dump, load, parse_value, to_document
from qwen_schema.fast_validation import conforms_as, is_conforming_artifact
from qwen_schema.fields import read_schema
from qwen_schema.tables.ranking import RANKING
from qwen_schema.validate import Invalid, check_document, check_value

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent

ENVIRON = {"OPENAI_API_KEY": "sk-0123456789abcdef", "NO_PROXY": "a,b", "OPENAI_BASE_URL": "http://localhost:1/v1"}


def document(reference: dict[str, str] = LITERAL) -> dict[str, Any]:
    """Return an artifact as a document in which no list and no table is empty."""
    resolution = resolve(environ=ENVIRON, cwd="/", home=None, search=False)
    made = to_document(to_artifact(resolution))
    made["config"]["api_key"] = reference
    made["settings"] = [{"scope": "user", "path": "~/.qwen/settings.json"}]
    made["excluded"] = [{"variable": "DEBUG", "origin": "./.env:1"}]
    made["env_file"] = {"paths": ["./.env"], "chosen_by": "flag"}
    return made


DOCUMENT = document()

# Values that a validator may wrongly accept.
ODD = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 1.0, 3.0, 20, 21, 3600, 3601, 0.5, 10**400, math.nan, math.inf),
        *(
            "",
            " ",
            "\n",
            "a",
            "a" * 8192,
            "a" * 8193,
            "\ud800",
            "https://h.example/v1",
            "http://u:p@h",
            "a b",
            "$A",
            "=x",
        ),
        *("dotenv", "literal", "environment", "openai", "user", "search", "/", "/x", "--a", "-A", "x/y", "'", "\x00"),
        *([], ["a"], [""], [1], ["\ud800"], {}, {"from": "flag"}, {"a": 1}, [[]], [{}], ("a",)),
    ]
)
VALUES = st.one_of(
    ODD,
    st.text(max_size=12),
    st.integers(-5, 5000),
    st.floats(),
    st.lists(st.text(max_size=4), max_size=3),
    st.dictionaries(
        st.sampled_from(["from", "path", "variable", "value", "flag", "x"]), st.text(max_size=4), max_size=3
    ),
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return every path in a document, including that of the whole."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, entry in entries for place in places(entry, (*path, key)))]


def with_change(value: Any, path: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> Any:
    changed = copy.deepcopy(value)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    change(parent, path[-1])
    return changed


@st.composite
def changed_documents(draw: st.DrawFn) -> Any:
    """Draw an artifact with up to three entries replaced, removed or added."""
    made = document(draw(st.sampled_from(REFERENCES)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(places(made)[1:] or [("format",)]))
        kind, value = draw(st.sampled_from(["replace", "remove", "add"])), draw(VALUES)

        def change(parent: Any, key: Any, kind: str = kind, value: Any = value) -> None:
            if kind == "remove":
                del parent[key]
            elif kind == "replace":
                parent[key] = value
            elif isinstance(parent, dict):
                parent[f"{key}_"] = value
            else:
                parent.append(value)

        made = with_change(made, place, change) if place and isinstance(made, dict) and made else made
    return made


def jsonschema_accepts(check: Callable[[], None]) -> bool:
    """Return whether jsonschema accepts a value; a value that it cannot process is not accepted."""
    try:
        check()
    except (Invalid, OverflowError, RecursionError, ValueError):
        return False
    return True


def test_the_modules_are_up_to_date():
    checked = subprocess.run(
        [sys.executable, "-m", "generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


def test_the_tables_equal_the_declarations():
    from qwen_schema.tables import fields, profiles, providers, qwen_oauth  # noqa: PLC0415

    declared = ROOT / "schema/qwen_schema"
    assert read_schema("fields")["properties"] == fields.FIELDS
    tables = {"profiles": profiles.PROFILES, "providers": providers.PROVIDERS, "qwen_oauth": qwen_oauth.QWEN_OAUTH}
    for name, table in tables.items():
        assert tomllib.loads((declared / f"{name}.toml").read_text(encoding="utf-8")) == table
    assert RANKING.startswith("a flag overrides")


@given(changed_documents())
@example(DOCUMENT)
@example({**DOCUMENT, "format": True})
@example({**DOCUMENT, "format": 1.0})
@example([])
@example({})
def test_a_document_is_accepted_if_jsonschema_accepts_it(made: Any):
    assert is_conforming_artifact(made) == jsonschema_accepts(lambda: check_document("resolved", made))


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r["from"])
def test_every_kind_of_reference_is_accepted(reference: dict[str, str]):
    assert is_conforming_artifact(document(reference))


@pytest.mark.parametrize("place", places(DOCUMENT)[1:], ids=lambda p: ".".join(map(str, p)))
def test_every_entry_is_validated(place: tuple[str | int, ...]):
    """Both agree on a document in which one entry is null or missing."""
    for change in (lambda parent, key: parent.__setitem__(key, None), lambda parent, key: parent.__delitem__(key)):
        changed = with_change(DOCUMENT, place, change)
        assert is_conforming_artifact(changed) == jsonschema_accepts(
            lambda changed=changed: check_document("resolved", changed)
        )
    assert not is_conforming_artifact(with_change(DOCUMENT, place, lambda parent, key: parent.__setitem__(key, None)))


@pytest.mark.parametrize("name", declared_fields())
def test_a_value_is_accepted_if_jsonschema_accepts_it(name: str):
    field = declared_fields()[name]

    @given(VALUES)
    def judge(value: object) -> None:
        assert conforms_as(field, value) == jsonschema_accepts(lambda: check_value(field.schema, value))

    judge()
    for value in (*field.examples, field.default):
        plain = list(value) if isinstance(value, tuple) else value
        assert conforms_as(field, plain) == jsonschema_accepts(lambda plain=plain: check_value(field.schema, plain))


@given(
    VALUES | st.sampled_from(["openai", "qwen-oauth", "gemini"]), st.lists(st.sampled_from(["openai", "gemini", "x"]))
)
def test_a_value_of_a_reduced_enum_is_accepted_if_jsonschema_accepts_it(value: object, choices: list[str]):
    declared = declared_fields()["auth_method"]
    field = replace(declared, schema={**declared.schema, "enum": choices})
    accepted = jsonschema_accepts(lambda: check_value(field.schema, value))
    assert conforms_as(field, value) == (accepted and value in declared.schema["enum"])


@pytest.mark.parametrize("more", [{"maxLength": 3}, {"pattern": "^x"}, {"minimum": 5}])
def test_a_field_with_a_changed_schema_has_no_generated_validator(more: dict[str, Any]):
    for field in declared_fields().values():
        assert not conforms_as(replace(field, schema={**field.schema, **more}), field.default)


def test_valid_input_loads_no_jsonschema(tmp_path: Path):
    """Reading and writing valid values and artifacts loads neither jsonschema nor its dependencies."""
    text = dump(load(dump(to_artifact(resolve(environ=ENVIRON, cwd="/", home=None, search=False)))))
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    code = (
        "import sys; from qwen_schema import declared_fields, dump, load, parse_value\n"
        "parse_value(declared_fields()['base_url'], 'https://h.example/v1')\n"
        f"dump(load(open({str(tmp_path / 'a.toml')!r}).read()))\n"
        "print(sorted({'jsonschema', 'referencing', 'attr'} & set(sys.modules)))\n"
    )
    process = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "[]\n"
    assert parse_value(declared_fields()["base_url"], "https://h.example/v1") == "https://h.example/v1"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minContains": 1},
        {"type": "array", "uniqueItems": True},
        {"properties": {"a": {"not": {}}}},
        {"type": "string", "format": "date"},
        {"anyOf": [{"type": "string"}]},
    ],
)
def test_an_unsupported_keyword_or_format_is_an_error(schema: dict[str, Any]):
    with pytest.raises(ValueError, match="is known for"):
        Compiler({"$id": "urn:a:b:1", **schema}).function("is_b", schema, "urn:a:b:1")
