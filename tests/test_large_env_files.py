"""Large env files are read once per command, whatever the command needs of them."""

from __future__ import annotations

import pytest

from qwen_cfg.writing.assignment import assign
from qwen_schema.envfile import read_assignments, unread_lines
from qwen_schema.envfile.dotenv_npm import _parts_of, _without_quotes
from qwen_schema.envfile.dotenv_python import read_assignments_python

# Slow texts, which begin with the assignment that is changed.
LARGE = {
    "quotes": "OPENAI_MODEL=m\n" + "".join(f"X{number}='a' \"b\" `c`\n" for number in range(2000)),
    "odd quotes": "OPENAI_MODEL=m\n" + "".join(f"X{number}='a'b\"c\n" for number in range(2000)),
    "no assignments": "OPENAI_MODEL=m\n" + 'it\'s "one"\n' * 2000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("value", ["other", "with a blank", 'with "quotes"'])
def test_an_assignment_reads_the_text_twice(text: str, value: str) -> None:
    """One reading is of the present text, the other of the new text."""
    _parts_of.cache_clear()
    read_assignments_python.cache_clear()
    changed = assign(text, {"OPENAI_MODEL": value})
    read_assignments(changed), unread_lines(changed), read_assignments_python(changed)
    # A quoted value may be tried in two forms, which read only a few lines.
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
def test_a_pair_of_quotes_is_removed(value: str, bare: str) -> None:
    assert _without_quotes(value) == bare
