"""The plain form of TOML: where it is read without tomllib, the document is the one that tomllib reads."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from qwen_schema.plain_toml import plain_document

PLAIN = """\
# a comment
format = 1
excluded = []

[config]
timeout = 120.0
debug = false
excluded_variables = [
    "DEBUG",
    "DEBUG_MODE",
]

[config.api_key]
from = "env-file"

[provenance.model]
origin = "./.env:3 # not a comment"

[[settings]]
path = "a"

[[settings]]
path = "übung"
"""

# Each is no TOML, or TOML that says more than the plain form: neither is guessed at.
OTHERS = {
    "a name twice": 'a = "1"\na = "2"\n',
    "a table twice": "[a]\n[a]\n",
    "a table for a value": "a = 1\n[a]\n",
    "a table below a value": "a = 1\n[a.b]\n",
    "an array that is a value": "a = []\n[[a]]\n",
    "an array of strings": 'a = [\n    "x",\n]\n[[a]]\n',
    "a table and an array of tables": "[a]\n[[a]]\n",
    "a table in an array of tables": "[[a]]\n[a.b]\n",
    "a table after its own table": "[a.b]\n[a]\n",
    "a dotted name": "a.b = 1\n",
    "a quoted name": '"a" = 1\n',
    "an escape": 'a = "\\n"\n',
    "a quote within": 'a = "b" # "c"\n',
    "three quotes": 'a = """\nb"""\n',
    "no end": 'a = "b\n',
    "a lone quote": 'a = "\n',
    "an array without an end": 'a = [\n    "b",\n',
    "an item that is a number": "a = [\n    1,\n]\n",
    "a comment in an array": 'a = [\n    # b\n    "c",\n]\n',
    "a sign": "a = -1\n",
    "a leading zero": "a = 01\n",
    "a leading zero of a float": "a = 01.5\n",
    "no digit after the point": "a = 1.\n",
    "no digit before the point": "a = .5\n",
    "an exponent": "a = 1e3\n",
    "an underscore": "a = 1_000\n",
    "a long number": f"a = {'9' * 5000}\n",
    "other digits": "a = ٣\n",
    "a date": "a = 2026-11-29\n",
    "an inline table": "a = {}\n",
    "a carriage return": "a = 1\r\n",
    "a tab": "a = 1\t\n",
    "a control character": "# \x00\na = 1\n",
    "a byte-order mark within": "\ufeffa = 1\n",
    "a name with many parts": f"[{'.'.join('a' * 40)}]\n",
    "an empty part": "[a..b]\n",
    "an empty name": "[]\n",
    "a header that does not end": "[a\n",
    "a header with more brackets": "[[[a]]]\n",
    "no name": " = 1\n",
    "no value": "a = \n",
    "not even that": "a\n",
}


def by_tomllib(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def types_in(value: object) -> object:
    """Return a value with the types of what it holds: True equals 1, and 1.0 too."""
    if isinstance(value, dict):
        return {name: types_in(member) for name, member in value.items()}
    return [types_in(item) for item in value] if isinstance(value, list) else (type(value), value)


def test_the_plain_form_is_read() -> None:
    document = plain_document(PLAIN)
    assert types_in(document) == types_in(tomllib.loads(PLAIN))
    assert document is not None
    assert list(document) == list(tomllib.loads(PLAIN))


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_form_is_left_to_tomllib(name: str) -> None:
    assert plain_document(OTHERS[name]) is None
    after = plain_document(PLAIN + OTHERS[name])
    assert after is None or types_in(after) == types_in(by_tomllib(PLAIN + OTHERS[name]))


texts = st.text(st.sampled_from("ab é\"\\#=[].\n\t\x7f'"), max_size=8)
values = st.one_of(texts, st.booleans(), st.integers(), st.floats(allow_nan=False), st.lists(texts, max_size=3))
names = st.sampled_from(["a", "b-c", "d_1", "e f", ""])
tables = st.dictionaries(names, values, max_size=3)
documents = st.dictionaries(names, st.one_of(values, tables, st.lists(tables, max_size=2)), max_size=4)


@given(documents)
def test_what_is_written_is_read_as_tomllib_reads_it(document: dict[str, Any]) -> None:
    text = tomli_w.dumps(document)
    read = plain_document(text)
    assert read is None or types_in(read) == types_in(tomllib.loads(text))


lines = st.sampled_from(
    [
        *("", "# c", "[a]", "[a.b]", "[[a]]", "[[a.b]]", "[b]", "a = 1", "a = []", 'a = "x"', "a = [", '    "x",', "]"),
        *("b = true", "b = 0", "b = 00", "b = 1.50", "b = 1.", "c = [ ]", '    "x"', "[a", "a.b = 1", "b=1"),
        *('c = "x" ', 'c = "x\\"', "[ a ]", "[a]]", 'c = ""', 'c = "" ""'),
    ]
)


@given(st.lists(lines, max_size=8))
def test_a_document_of_any_lines_is_read_as_tomllib_reads_it(chosen: list[str]) -> None:
    text = "\n".join(chosen)
    read = plain_document(text)
    assert read is None or types_in(read) == types_in(by_tomllib(text))
