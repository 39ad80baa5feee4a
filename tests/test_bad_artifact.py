"""Invalid artifacts: the error names the place and the reason, and never quotes a value."""

from __future__ import annotations

import json
import tomllib
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from support.trees import read, write_tree

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_schema import ArtifactError, ExitCode, declared_fields, dump, form_of, load
from qwen_schema.artifact import to_document, validate_document
from qwen_schema.deep_names import MOST_PARTS, line_of_a_deep_name

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import ResolvedConfig

PRIVATE = "sk-0123456789abcdef-private"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> ResolvedConfig:
    root = tmp_path_factory.mktemp("sound")
    write_tree(root, {".env": "OPENAI_API_KEY=sk-x\nOPENAI_MODEL=m\nDEBUG=1\nDEBUG_MODE=1\n"})
    return to_artifact(resolve_world(read(root), profile_named()))


@pytest.fixture(scope="module")
def document(artifact: ResolvedConfig) -> dict[str, Any]:
    return to_document(artifact)


def with_value(document: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """Return the document with another value at a dotted path."""
    changed = deepcopy(document)
    table, (*steps, last) = changed, place.split(".")
    for step in steps:
        table = table[step]
    table[last] = value
    return changed


def without(document: dict[str, Any], place: str) -> dict[str, Any]:
    changed = with_value(document, place, None)
    table, (*steps, last) = changed, place.split(".")
    for step in steps:
        table = table[step]
    del table[last]
    return changed


def refusal(text: str) -> ArtifactError:
    with pytest.raises(ArtifactError) as caught:
        load(text, where="./qwen.toml")
    error = caught.value
    assert error.exit_code == ExitCode.CONFIGURATION
    assert error.where == "./qwen.toml"
    assert str(error).startswith("./qwen.toml: ")
    assert error.hint
    assert PRIVATE not in f"{error!r} {error} {error.hint}"
    return error


both_forms = pytest.mark.parametrize("write", [tomli_w.dumps, json.dumps], ids=["toml", "json"])


def test_the_artifact_of_these_tests_is_valid(artifact: ResolvedConfig) -> None:
    assert load(dump(artifact)) == load(dump(artifact, "json")) == artifact
    assert len(artifact.excluded) == 2


# Texts that are neither TOML nor JSON.


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{}",
        "[]",
        "null",
        "just words",
        "format = ",
        '{"format": 1,',
        "format = 1\nformat = 1\n",
        "\x00",
        "a = " + "[" * 100_000,
        '{"a":' * 100_000,
        '{"a": [' + "[" * 900 + "]" * 901 + "}",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_invalid_toml_or_json_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize("text", ["format = " + "9" * 5000, '{"format": ' + "9" * 5000 + "}"], ids=["toml", "json"])
def test_a_number_with_thousands_of_digits_is_refused(text: str) -> None:
    refusal(text)


def test_the_error_names_the_form_of_a_bad_text() -> None:
    assert "JSON" in refusal('{"format": 1').what
    assert "TOML" in refusal("format = ").what
    assert "line 2" in refusal("format = 1\nconfig = ?\n").what


@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_truncated_artifact_is_refused(form: Any, artifact: ResolvedConfig) -> None:
    whole = dump(artifact, form).rstrip()
    accepted = [whole[:cut][-60:] for cut in range(len(whole)) if is_accepted(whole[:cut])]
    assert accepted == []


def test_a_truncated_artifact_without_exclusions_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": "OPENAI_API_KEY=sk-x\n"})
    whole = dump(to_artifact(resolve_world(read(tmp_path), profile_named()))).rstrip()
    accepted = [whole[:cut][-60:] for cut in range(len(whole)) if is_accepted(whole[:cut])]
    assert accepted == []


def is_accepted(text: str) -> bool:
    try:
        load(text)
    except ArtifactError:
        return False
    return True


@pytest.mark.parametrize(("text", "form"), [("{}", "json"), (" \n{", "json"), ("format = 1", "toml"), ("", "toml")])
def test_the_form_is_detected_from_the_text(text: str, form: str) -> None:
    assert form_of(text) == form


# TOML and JSON documents that are no artifact.


@both_forms
@pytest.mark.parametrize("version", [2, 0, -1, 99])
def test_the_error_names_an_unknown_format_version(version: int, write: Any, document: dict[str, Any]) -> None:
    error = refusal(write(with_value(document, "format", version)))
    assert str(version) in error.what
    assert "format 1" in error.what


@both_forms
@pytest.mark.parametrize("version", [True, "1", [1], 1.5])
def test_an_invalid_format_version_is_refused(version: Any, write: Any, document: dict[str, Any]) -> None:
    assert "format:" in refusal(write(with_value(document, "format", version))).what


@both_forms
def test_an_unknown_format_version_is_reported_before_other_errors(write: Any) -> None:
    assert "format 2" in refusal(write({"format": 2, "settings": {"a": 1}})).what


@both_forms
@pytest.mark.parametrize(
    "place",
    [
        *("format", "profile", "dialect", "config", "provenance", "env_file", "excluded"),
        *(
            "config.model",
            "config.api_key",
            "provenance.model",
            "provenance.model.layer",
            "env_file.chosen_by",
            "env_file.paths",
        ),
        *("config.api_key.from", "config.api_key.variable"),
    ],
)
def test_the_error_names_a_missing_entry(place: str, write: Any, document: dict[str, Any]) -> None:
    error = refusal(write(without(document, place)))
    table, _, name = place.rpartition(".")
    assert table in error.what
    assert name in error.what or table == "config.api_key"


@both_forms
@pytest.mark.parametrize("table", ["", "config.", "provenance.", "env_file.", "provenance.model.", "config.api_key."])
def test_the_error_names_an_unknown_entry(table: str, write: Any, document: dict[str, Any]) -> None:
    error = refusal(write(with_value(document, f"{table}modle", PRIVATE)))
    assert table.rstrip(".") in error.what
    assert "modle" in error.what or table in ("config.api_key.", "provenance.")


@pytest.mark.parametrize(
    ("place", "value", "word"),
    [
        ("profile", 1, "a string"),
        ("dialect", PRIVATE, "not one of the known values"),
        ("config", PRIVATE, "a table"),
        ("config.auth_method", PRIVATE, "not one of the known values"),
        ("config.api_key", PRIVATE, "a table"),
        ("config.api_key", {"from": PRIVATE}, ""),
        ("config.api_key", {"from": "literal", "value": f"{PRIVATE}\n"}, "line break"),
        ("config.api_key", {"from": "literal", "value": f"{PRIVATE}ключ"}, "header"),
        ("config.api_key", {"from": "literal", "value": PRIVATE, "path": PRIVATE}, "cannot be combined"),
        ("config.api_key", {"from": "environment", "variable": f"{PRIVATE} x"}, "variable"),
        ("config.base_url", [PRIVATE], "a string"),
        ("config.base_url", PRIVATE, "http"),
        ("config.base_url", f"https://{PRIVATE}@models.example/v1", "user:password@"),
        ("config.base_url", f"https://models.example/v1?api_key={PRIVATE}", "credential"),
        ("config.model", "", "empty"),
        ("config.model", [PRIVATE], "a string"),
        ("config.model", PRIVATE * 400, "longer than 8,192 characters"),
        ("config.base_url", "https://" + "a" * 8192, "longer than 8,192 characters"),
        ("config.no_proxy", ["x", "x" * 8193], "longer than 8,192 characters"),
        ("config.api_key", {"from": "command", "command": "x" * 8193}, "longer than 8,192 characters"),
        ("config.proxy", f"http://u:{PRIVATE}@proxy.example", "user:password@"),
        ("config.no_proxy", PRIVATE, "a list"),
        ("config.no_proxy", [PRIVATE, 1], "a string"),
        ("config.ca_bundle", f"{PRIVATE}\x00", "NUL"),
        ("config.timeout", PRIVATE, "a number"),
        ("config.timeout", 0, "too small"),
        ("config.timeout", 3601, "too large"),
        ("config.max_retries", 1.5, "whole number"),
        ("config.max_retries", 21, "too large"),
        ("config.max_retries", True, "whole number"),
        ("config.debug", "yes", "true or false"),
        ("config.excluded_variables", [f"{PRIVATE} x"], "variable"),
        ("config.usage_statistics", 1, "true or false"),
        ("config.usage_statistics_endpoint", f"http://u:{PRIVATE}@collector.example", "user:password@"),
        ("config.qwen_oauth_url", f"http://login.example/{PRIVATE}", "unencrypted"),
        ("config.qwen_oauth_url", f"https://login.example/?x={PRIVATE}", "a query"),
        ("provenance.model.layer", PRIVATE, "not one of the known values"),
        ("provenance.model.origin", "", "empty"),
        ("provenance.model.reach", PRIVATE, "not one of the known values"),
        ("env_file.chosen_by", PRIVATE, "not one of the known values"),
        ("env_file.paths", [""], "empty"),
        ("excluded", {"variable": "DEBUG"}, "a list"),
        ("excluded", [PRIVATE], "a table"),
        ("excluded", [{"variable": "DEBUG"}], "origin"),
    ],
)
@both_forms
def test_the_error_names_the_place_of_a_bad_value_and_never_quotes_it(
    place: str, value: Any, word: str, write: Any, document: dict[str, Any]
) -> None:
    error = refusal(write(with_value(document, place, value)))
    assert f"{place}" in error.what
    assert word in error.what


@both_forms
def test_a_timeout_that_is_not_a_finite_number_is_refused(write: Any, document: dict[str, Any]) -> None:
    assert "config.timeout" in refusal(write(with_value(document, "config.timeout", float("nan")))).what


@both_forms
def test_a_whole_number_is_loaded_as_an_integer(write: Any, document: dict[str, Any]) -> None:
    """JSON Schema accepts 3.0 as an integer; Python code that counts with it does not."""
    value = load(write(with_value(document, "config.max_retries", 3.0))).config["max_retries"]
    assert value == 3
    assert isinstance(value, int)


def test_a_lone_surrogate_is_refused(document: dict[str, Any]) -> None:
    refusal(json.dumps(with_value(document, "config.model", "\ud800")))


def test_a_date_is_not_a_text(artifact: ResolvedConfig) -> None:
    refused = refusal(dump(artifact).replace('model = "m"', "model = 2020-01-01"))
    assert "config.model: it is not a string" in refused.what


# Large inputs: the time that they take, and the length of messages.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{} = 1", 6),
        ("[{}]", 6),
        ("[[{}]]", 6),
        ("a = {{{} = 1}}", 6),
        ("a = [\n1, {{{} = 1}}]", 7),
        ('a = ["""x"""", {{{} = 1}}]', 6),
    ],
)
def test_a_key_with_too_many_parts_is_refused_before_parsing(text: str, line: int) -> None:
    name = ".".join(["a", "'='", '"]"'] * 1000)
    error = refusal('# a\n\nb = """\n.\n"""\n' + text.format(name) + "\n")
    assert f"a name has more than 16 parts (at line {line})" in error.what


def test_only_dots_in_keys_are_counted(artifact: ResolvedConfig) -> None:
    dots = "." * 1000
    where = f'# {dots}\nmodel = """\n\\"""{dots}""""'
    assert load(dump(artifact).replace('model = "m"', where, 1)).config["model"] == f'"""{dots}"'
    assert load(dump(artifact).replace('model = "m"', f"model = ''''{dots}'''''", 1)).config["model"] == f"'{dots}''"
    for parts, word in ((16, "unknown: a"), (17, "16 parts")):
        assert word in refusal(f"{'.'.join('a' * parts)} = 1\n{dump(artifact)}").what


_pieces = ['"""', "'''", *"\"'\\#\n=[]{}, .a", "\r\n", "a" + ".a" * 20]


@given(pieces=st.lists(st.sampled_from(_pieces), max_size=14), start=st.sampled_from(["", "a = ", "a = [", 'a = ["""']))
def test_no_key_with_too_many_parts_reaches_the_parser(pieces: list[str], start: str) -> None:
    text, parts = start + "".join(pieces), []

    def parse_key(source: str, position: int) -> Any:
        end, key = original(source, position)
        parts.append(len(key))
        return end, key

    original = tomllib._parser.parse_key  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch, suppress(tomllib.TOMLDecodeError):
        patch.setattr(tomllib._parser, "parse_key", parse_key)  # type: ignore[attr-defined]
        tomllib.loads(text)
    assert max(parts, default=0) <= MOST_PARTS or line_of_a_deep_name(text) is not None


@pytest.mark.parametrize("text", ["format = 0x" + "f" * 20_000, "[config]\nmax_retries = 0x" + "f" * 20_000])
def test_a_number_with_too_many_digits_to_print_is_refused(text: str) -> None:
    assert "too long" in refusal(text).what


@both_forms
def test_only_one_of_many_errors_is_reported(write: Any, document: dict[str, Any]) -> None:
    many = {f"{number:05}" + "x" * 20: 0 for number in range(20_000)}
    assert "excluded.0: it is not a table" in refusal(write({**document, "excluded": [0] * 20_000})).what
    for table, word in (("config", "00000"), ("provenance", "more than 100 entries"), ("env_file", "00000")):
        message = refusal(write({**document, table: {**document[table], **many}})).what
        assert len(message) < 400
        assert word in message
    assert len(refusal(write({**document, "x" * 100_000: 1})).what) < 400
    assert len(refusal(f"[{'x' * 100_000}]\n" * 2).what) < 400


_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(), st.just(PRIVATE)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["from", "value"]), inner)),
    max_leaves=4,
)
_places = st.sampled_from(
    ["format", "profile", "dialect", "config", "provenance", "env_file", "excluded", "env_file.paths"]
    + [f"{table}.{name}" for table in ("config", "provenance") for name in declared_fields()]
    + ["config.api_key.from", "config.api_key.variable", "provenance.model.origin", "provenance.model.variable"]
)


@given(place=_places, value=_values)
def test_a_changed_artifact_is_refused_or_round_trips(place: str, value: Any, document: dict[str, Any]) -> None:
    text = json.dumps(with_value(document, place, value))
    if is_accepted(text):
        artifact = load(text)
        assert load(dump(artifact)) == load(dump(artifact, "json")) == artifact
    else:
        refusal(text)


@given(text=st.one_of(st.text(), st.text().map("{{{}".format), st.text().map("format = 1\n{}".format)))
def test_any_text_is_refused_with_a_bounded_message(text: str) -> None:
    refusal(text)


# Writing.


def test_an_invalid_artifact_is_not_written(artifact: ResolvedConfig) -> None:
    bad = replace(artifact, config={**artifact.config, "base_url": PRIVATE})
    for form in ("toml", "json"):
        with pytest.raises(ArtifactError, match=r"config\.base_url") as caught:
            dump(bad, form)  # type: ignore[arg-type]
        assert PRIVATE not in str(caught.value)


def test_a_valid_artifact_is_written(document: dict[str, Any]) -> None:
    validate_document(document)
    assert load(json.dumps(document)) == load(tomli_w.dumps(document))
    assert load(tomli_w.dumps(document).replace("\n", "\r\n")) == load(tomli_w.dumps(document))
