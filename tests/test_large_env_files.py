"""A large env file is read once for everything that a command asks of it."""

from __future__ import annotations

import pytest

from qwen_cfg.writing.assignment import assign
from qwen_schema.envfile import read_assignments, unread_lines
from qwen_schema.envfile.dotenv_npm import _pieces_of, _without_quotes
from qwen_schema.envfile.dotenv_python import read_assignments_python

# Texts of a kind that takes long, and begin with the assignment that is changed.
LARGE = {
    "quotes": "OPENAI_MODEL=m\n" + "".join(f"X{number}='a' \"b\" `c`\n" for number in range(2000)),
    "odd quotes": "OPENAI_MODEL=m\n" + "".join(f"X{number}='a'b\"c\n" for number in range(2000)),
    "no assignments": "OPENAI_MODEL=m\n" + 'it\'s "one"\n' * 2000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("value", ["other", "with a blank", 'with "quotes"'])
def test_a_variable_is_assigned_with_two_readings(text: str, value: str) -> None:
    """That of the text as it is, and that of the text that is written."""
    _pieces_of.cache_clear()
    read_assignments_python.cache_clear()
    changed = assign(text, {"OPENAI_MODEL": value})
    read_assignments(changed), unread_lines(changed), read_assignments_python(changed)
    # A value in quotes may be tried in two forms, and each reading of a few lines is no reading of the text.
    assert read_assignments_python.cache_info().misses <= 3
    assert read_assignments(changed)[0].value == value


@pytest.mark.parametrize(
    ("value", "bare"),
    [
        ("'a'", "a"),
        ("'", "'"),
        ("''", ""),
        ("'a' \"b\"", "'a' \"b\""),
        ("'a' 'b'", "a' 'b"),
        ('`a"', '`a"'),
        ("", ""),
        ("'a'\u2028'b'", "a'\u2028'b"),
    ],
)
def test_a_pair_of_quotes_is_taken_off(value: str, bare: str) -> None:
    assert _without_quotes(value) == bare
