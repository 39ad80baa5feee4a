"""JSON with comments: parsed like `JSON.parse` without the comments, with the line of every value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_schema.jsonc import JsonError, Node, parse_jsonc

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
comments = st.text(alphabet=st.sampled_from('ab"\\{}[],: /*'), max_size=8).map(lambda t: t.replace("*/", ""))


def plain(node: Node) -> Any:
    if node.members is not None:
        return {name: plain(member) for name, member in node.members.items()}
    return [plain(item) for item in node.items] if node.items is not None else node.value


@given(value=values, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_json_is_parsed_like_json(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(parse_jsonc(text)) == json.loads(text)


@given(value=values, block=comments, line=comments)
def test_comments_change_nothing(value: Any, block: str, line: str) -> None:
    lines = json.dumps(value, indent=1).split("\n")
    text = "\n".join(f"/*{block}*/{words}//{line}" for words in lines)
    assert plain(parse_jsonc(text)) == plain(parse_jsonc("\n".join(lines)))


@given(st.lists(st.text(alphabet="abc", min_size=1), min_size=1, unique=True), st.data())
def test_the_value_is_in_its_line(names: list[str], data: st.DataObject) -> None:
    end = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "/* \n */\n", "// x\n"])
    text = "{" + ",".join(f'{data.draw(end)}"{name}": "value of {name}"' for name in names) + data.draw(end) + "}"
    members = parse_jsonc(text).members
    assert members is not None
    lines = re.split(r"\r\n|\n|\r", text)
    assert [f'"value of {name}"' in lines[members[name].line - 1] for name in names] == [True] * len(names)


@given(st.text(alphabet=st.sampled_from('{}[],:"\\/* \n\r1e-.tabu\ufeff'), max_size=30))
def test_any_text_is_a_value_or_an_error_with_a_line(text: str) -> None:
    try:
        parse_jsonc(text)
    except JsonError as error:
        assert 1 <= error.line <= len(re.split(r"\r\n|\n|\r", text))
        assert error.wrong


@pytest.mark.parametrize(
    ("text", "wrong", "line"),
    [
        ('{"a": 1,\n}', "a trailing comma", 2),
        ("[1,\n\n]", "a trailing comma", 3),
        ('{"a"\n 1}', "neither a value nor a name", 2),
        ("{'a': 1}", "an unexpected '", 1),
        ("", "ends too early", 1),
        ("/* a comment without an end", "ends too early", 1),
        ('{"a": "sk-1\n"}', "does not end in its line", 1),
        ('{"a": "\\x"}', "an escape", 1),
        ("{}\n{}", "unexpected text after the end", 2),
        ("[01]", "neither a value", 1),
        ("NaN", "neither a value", 1),
        # White space that is not allowed in JSON stays, even if it was in a comment.
        ("{} // \u00a0", "unexpected text after the end", 1),
        ("[" * 200, "deeper than", 1),
    ],
)
def test_invalid_json_is_refused_with_its_line(text: str, wrong: str, line: int) -> None:
    with pytest.raises(JsonError, match=wrong) as refused:
        parse_jsonc(text)
    assert refused.value.line == line


def test_the_last_of_duplicate_names_counts() -> None:
    node = parse_jsonc('{"a": 1,\n"a": 2}')
    assert node.at("a") == Node(2.0, 2)


def test_no_message_repeats_the_text() -> None:
    for text in ('{"a": sk-secret}', '{"sk-secret"}', '["sk-secret', "sk-secret"):
        with pytest.raises(JsonError) as refused:
            parse_jsonc(text)
        assert "secret" not in str(refused.value)
