"""No output is a command to the CI service that runs the job; a reader written like the runners' checks it."""

from __future__ import annotations

import json
import re
import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from qwen_cfg.cli.output import Output
from qwen_cfg.cli.reports.github import annotation
from qwen_cfg.cli.reports.problem import INVALID, NOTE, Problem
from qwen_schema import NotTrustedError, UsageError, WithoutCommands, printable

SIGNS = [
    ":",
    "::",
    "#",
    "##",
    "[",
    "]",
    "::debug::",
    "##vso[",
    "\n",
    "\r",
    "%0A",
    "%",
    ",",
    " ",
    "\t",
    "\u200b",
    "\ufe0f",
]
SIGNS += ["\u2028", "\u0085", "\u00a0", "\u3000", "\x1b", "\0", "\udcff", "vso", "é", "\u034f", "\ufeff", "\u202e"]
hostile = st.lists(st.sampled_from(SIGNS) | st.text(max_size=3), max_size=12).map("".join)


def commands(text: str) -> list[str]:
    """Return the lines that are a command for actions/runner or for the Azure Pipelines agent.

    .NET ends lines like Python's universal newlines, and ignores Unicode's ignorable characters in comparisons.
    """
    lines = ("".join(filter(is_compared, line)) for line in re.split("\r\n|\r|\n", text))
    return [line for line in lines if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)]


def is_compared(character: str) -> bool:
    is_control = unicodedata.category(character) in ("Cc", "Cf") and character != "\t"
    return (
        not is_control and character not in "\u034f\u115f\u1160\u3164\uffa0" and not "\ufe00" <= character <= "\ufe0f"
    )


def output_of(write: str, *texts: object, **options: object) -> str:
    """Return what a function writes to both streams."""
    streams = StringIO(newline=""), StringIO(newline="")
    getattr(Output(*streams), write)(*texts, **options)
    return "".join(stream.getvalue() for stream in streams)


@pytest.mark.parametrize("way", ["lines", "notice"])
@given(st.lists(hostile, min_size=1, max_size=3))
def test_a_line_stays_one_line_and_is_no_command(way: str, lines: list[str]) -> None:
    text = output_of(way, *lines)
    assert text.count("\n") == len(lines)
    assert commands(text) == []
    assert all(line.isprintable() for line in text.split("\n"))


@given(hostile)
def test_text_screens_and_errors_are_no_command(text: str) -> None:
    assert commands(output_of("text", text)) == []
    assert commands(output_of("screen", lambda _: Text(printable(text)), "always")) == []
    assert commands(output_of("notice", *NotTrustedError(text, text, where=text, hint=text).lines_with_hint)) == []
    assert commands(output_of("notice", *UsageError(text, where=text, hint=text).lines_with_hint)) == []


@given(st.recursive(hostile, lambda each: st.lists(each) | st.dictionaries(hostile, each)), st.sampled_from([None, 2]))
def test_json_is_no_command_and_has_the_same_data(document: object, indent: int | None) -> None:
    text = output_of("data", document, secrets=True, indent=indent)
    assert commands(text) == []
    # The stream writes a lone surrogate as an escape.
    assert json.loads(text.encode("utf-8", "backslashreplace").decode()) == document


@given(message=hostile, file=hostile, code=hostile.filter(lambda text: text not in (INVALID, NOTE)))
def test_an_annotation_is_one_command_with_the_given_text(message: str, file: str, code: str) -> None:
    text = output_of("annotation", annotation(Problem("error", code, message, file, 3)))
    assert text.count("\n") == 1
    assert not re.search(r"##\w*\[", text)
    level, properties, data = re.fullmatch(r"::(\w+) ([^:]*)::(.*)\n", text).groups()  # type: ignore[union-attr]
    assert level == "error"
    names = [each.partition("=")[::2] for each in properties.split(",")]
    decoded = {name: unescape(value, {"%3A": ":", "%2C": ","}).replace("\\x5b", "[") for name, value in names}
    assert decoded == {"file": as_shown_by_github(file), "line": "3", "title": as_shown_by_github(f"qwen-cfg: {code}")}
    assert unescape(data).replace("\\x5b", "[") == as_shown_by_github(message)


def as_shown_by_github(text: str) -> str:
    """Return a text as GitHub shows it: with the line ends from the data of a command."""
    ends = {"\r": "{cr}", "\n": "{lf}"}
    for end, mark in ends.items():
        text = text.replace(end, mark)
    text = printable_text(text)
    for end, mark in ends.items():
        text = text.replace(mark, end)
    return text


def printable_text(text: str) -> str:
    return printable(text).replace("\\x5b", "[")


def unescape(text: str, more: dict[str, str] | None = None) -> str:
    """Decode a part of a command like the runner (ActionCommand.cs), which replaces `%25` last."""
    for escape, sign in {"%0D": "\r", "%0A": "\n", **(more or {}), "%25": "%"}.items():
        text = text.replace(escape, sign)
    return text


@given(hostile, st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_text_in_pieces_is_no_command_wherever_it_is_cut(text: str, sizes: list[int]) -> None:
    inert, at, out = WithoutCommands(), 0, []
    for size in sizes * (len(text) + 1):
        out.append(inert.add(text[at : at + size]))
        at += size
    assert commands("".join(out)) == []
    assert "".join(out).replace("\\x3a", ":").replace("\\x5b", "[") == text.replace("\\x3a", ":").replace("\\x5b", "[")


@pytest.mark.parametrize("text", ["a :: b", "## [link](x)", "std::vector<int>", "# [x]", "a\n : :\n", "##", "x::y::z"])
def test_text_that_is_no_command_is_unchanged(text: str) -> None:
    inert = WithoutCommands()
    assert "".join(map(inert.add, text)) == text
    assert WithoutCommands().add(text) == text
