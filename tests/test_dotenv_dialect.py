"""Env files are read like the npm package dotenv 17, and every name has the correct line."""

from __future__ import annotations

import json
import re
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st
from support.worlds import EnvText, env_texts

from qwen_schema.envfile import Assignment, last_of_each, read_assignments, reader_of
from qwen_schema.envfile.dotenv_python import dialect_differences, read_assignments_python

RECORDED = Path(__file__).with_name("data") / "dotenv_cases.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]

# Pieces with a meaning in a dialect: names, separators, quotes, escapes, comments, line ends, odd white space.
FRAGMENTS = [
    "A",
    "B_2",
    "OPENAI_MODEL",
    "export ",
    "=",
    " = ",
    ": ",
    ":",
    "'",
    '"',
    "`",
    "\\",
    "\\n",
    "\\'",
    '\\"',
    "#",
]
FRAGMENTS += [
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\ufeff",
    "\u2028",
    "\u00a0",
    "\x0b",
    "x y",
    "日本",
    "${HOME}",
    "__proto__",
]
texts = st.one_of(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join), st.text())


def last_values(text: str) -> dict[str, str]:
    return {name: a.value for name, a in last_of_each(read_assignments(text)).items()}


def split_lines(text: str) -> list[str]:
    return re.split("\r\n|\r|\n", text)


def assert_names_are_on_their_lines(text: str, assignments: tuple[Assignment, ...]) -> None:
    lines = split_lines(text)
    for assignment in assignments:
        assert 1 <= assignment.line <= len(lines)
        # In python-dotenv a name may be quoted, and then even contain a line end.
        assert split_lines(assignment.name)[0] in lines[assignment.line - 1]
    numbers = [assignment.line for assignment in assignments]
    assert numbers == sorted(numbers)


def test_the_number_of_recorded_cases() -> None:
    assert len(CASES) == 1500


@pytest.mark.parametrize("number", range(15))
def test_recorded_cases_are_read_like_the_npm_package(number: int) -> None:
    for case in CASES[number * 100 : (number + 1) * 100]:
        assert last_values(case["text"]) == case["parsed"], case["text"]
        assert_names_are_on_their_lines(case["text"], read_assignments(case["text"]))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("\ufeffA=1", {"A": "1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=", {"A": ""}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("A", {}),
        ("export A=1", {"A": "1"}),
        ("exported=1", {"exported": "1"}),
        ("A: 1", {"A": "1"}),
        ("A:1", {}),
        ("A=a#b", {"A": "a"}),
        ("A='a#b' # note", {"A": "a#b"}),
        ("A=`a'b\"c`", {"A": "a'b\"c"}),
        ("A='a\\nb' 'c' d", {"A": "'a\\nb' 'c' d"}),
        ("A='a\\nb'", {"A": "a\\nb"}),
        ('A="a\nb"\nB=2', {"A": "a\nb", "B": "2"}),
        ("A=${HOME}", {"A": "${HOME}"}),
        ("A = \t x y \t", {"A": "x y"}),
        ("#A=1\n  # B=2", {}),
    ],
)
def test_the_syntax_of_the_dialect(text: str, values: dict[str, str]) -> None:
    assert last_values(text) == values


@given(env_texts())
def test_an_env_file_has_the_assignments_that_were_written(file: EnvText) -> None:
    assert [(a.name, a.value, a.line) for a in read_assignments(file.text)] == list(file.assignments)


@given(texts)
def test_any_text_can_be_read_and_every_line_number_is_correct(text: str) -> None:
    assignments = read_assignments(text)
    assert_names_are_on_their_lines(text, assignments)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", assignment.name) for assignment in assignments)


@given(texts)
def test_the_kind_of_line_end_makes_no_difference(text: str) -> None:
    plain = "\n".join(split_lines(text))
    assert read_assignments(plain) == read_assignments(text)
    assert read_assignments(plain.replace("\n", "\r\n")) == read_assignments(plain)
    assert read_assignments(plain.replace("\n", "\r")) == read_assignments(plain)


@given(texts)
def test_the_last_assignment_is_the_same_without_the_lines_before(text: str) -> None:
    assignments = read_assignments(text)
    if assignments:
        rest = "\n".join(split_lines(text)[assignments[-1].line - 1 :])
        assert assignments[-1].value in [a.value for a in read_assignments(rest) if a.name == assignments[-1].name]


@given(texts)
def test_an_assignment_does_not_show_its_value(text: str) -> None:
    marked = read_assignments(f"{text}\nSECRET='sk-do-not-show-me'\n")
    assert "sk-do-not-show-me" not in repr(marked)


LARGE = 300_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A=" + "'" * LARGE, id="quotes that open and close"),
        pytest.param('A="' + '\\"' * (LARGE // 2), id="escaped quotes and no other"),
        pytest.param('A="' + '\\"x' * (LARGE // 3) + '" x', id="escaped quotes before one that closes nothing"),
        pytest.param('A="\\" \n' * (LARGE // 7), id="an escaped quote in every line"),
        pytest.param("A='\nB=\"\nC=`\n" * (LARGE // 12), id="three kinds of open quote"),
        pytest.param("\n".join(f"A={quote}" for quote in "'\"`") + "\nB=x" * (LARGE // 4), id="open quotes far above"),
        pytest.param("A" + " " * LARGE, id="a name and blanks"),
        pytest.param("A\n" * (LARGE // 2), id="names alone"),
        pytest.param("A=" + "\n" * LARGE + "x", id="an empty value and empty lines"),
        pytest.param(("A=" + "\n" * 500) * (LARGE // 502), id="many empty values and empty lines"),
        pytest.param(" " * LARGE, id="blanks"),
        pytest.param(" \n" * (LARGE // 2), id="blank lines"),
        pytest.param("export " * (LARGE // 7), id="export after export in a line"),
        pytest.param("export\n" * (LARGE // 7), id="export after export"),
        pytest.param("A" * LARGE, id="a long name"),
        pytest.param("A=" + "x" * LARGE, id="a long value"),
        pytest.param("#" * LARGE, id="a long comment"),
        pytest.param("A=1#" * (LARGE // 4), id="number signs"),
        pytest.param("A=\u2028" + "'x\u2028" * (LARGE // 3), id="line ends of ECMAScript in a value"),
        pytest.param("A='" + "x'\u2028'" * (LARGE // 4), id="pairs of quotes and line ends of ECMAScript"),
        pytest.param("A: " * (LARGE // 3), id="colons"),
        pytest.param("A=1\r" * (LARGE // 4), id="carriage returns"),
    ],
)
def test_reading_takes_time_linear_in_the_text(text: str) -> None:
    """A reader with quadratic time would take minutes for each of these."""
    assert_names_are_on_their_lines(text[:LARGE], read_assignments(text[:LARGE])[:50])


# The second dialect, python-dotenv's.


@given(texts)
@example("\r\rA=1")
def test_line_numbers_of_the_python_dialect_are_correct(text: str) -> None:
    assert_names_are_on_their_lines(text, read_assignments_python(text))


@given(texts)
def test_the_python_dialect_has_the_values_of_python_dotenv(text: str) -> None:
    package: dict[str, Any] = dotenv_values(stream=StringIO(text, newline=""), interpolate=False)
    ours = {name: a.value for name, a in last_of_each(reader_of("python")(text)).items()}
    assert {name: ours.get(name) for name, value in package.items() if value is not None} == {
        name: value for name, value in package.items() if value is not None
    }
    assert ours.keys() <= package.keys()


def differing_names(text: str) -> dict[str, tuple[Assignment | None, Assignment | None]]:
    return dialect_differences(read_assignments(text), read_assignments_python(text))


@given(texts)
def test_differing_names_are_those_with_different_values(text: str) -> None:
    ours, theirs = last_of_each(read_assignments(text)), last_of_each(read_assignments_python(text))
    differing = differing_names(text)
    for name in ours.keys() | theirs.keys():
        same = name in ours and name in theirs and ours[name].value == theirs[name].value
        assert (name not in differing) == same
    assert all(pair == (ours.get(name), theirs.get(name)) for name, pair in differing.items())


@pytest.mark.parametrize(
    ("text", "ours", "theirs"),
    [
        ("A=a#b", "a", "a#b"),
        ("A=`a`", "a", "`a`"),
        ("A: a", "a", None),
        ('A="a\\tb"', "a\\tb", "a\tb"),
        ("A='a' b", "'a' b", None),
    ],
)
def test_where_the_dialects_differ(text: str, ours: str | None, theirs: str | None) -> None:
    first, second = differing_names(text)["A"]
    assert (first and first.value, second and second.value) == (ours, theirs)


def test_where_the_dialects_agree() -> None:
    assert differing_names("A=1\nexport B='2' # note\n# C=3\nD=${HOME}\n") == {}


@pytest.mark.parametrize("unit", ["x\n", '"\n', "'\n", '"', "A='\n", "A=\n", 'A="', "\r\n", "=\n", "# it's\n"])
def test_a_file_of_a_quarter_of_the_largest_size_is_read_in_two_seconds(unit: str) -> None:
    text = unit * ((1 << 18) // len(unit))
    for read in (read_assignments, read_assignments_python):
        start = time.process_time()
        read(text)
        assert time.process_time() - start < 2
