"""Assigning variables in the text of an env file, so that every reader of such files gives them back exactly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qwen_schema.envfile import DIALECTS, last_of_each, read_assignments, reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What needs no quotes, to the readers of env files nor to a shell that sources one.
_PLAIN = re.compile(r"[\w./:@%+,=^-]+", re.ASCII)
_QUOTES = "'\"`"

# A line with its end, as the readers count lines.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")

# As many lines of an assignment as are taken for one; one with more stays where it is, and the new one follows.
_MOST_LINES = 100


class CannotAssignError(ValueError):
    """No way of writing an assignment into a text gives it back exactly: its `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def assigned(text: str, variables: Mapping[str, str]) -> str:
    """Return the text of an env file in which the variables have these values, to the readers of both dialects.

    Whatever else they read in it they still do. An assignment that is there is replaced, if it can be told where it
    ends; else the new one is appended, and counts as the last one.

    Raises:
        CannotAssignError: if that cannot be done.
    """
    for name, value in variables.items():
        text = _with(text, name, value)
    return text


def _with(text: str, name: str, value: str) -> str:
    wanted = [{**read, name: value} for read in _readings(text)]
    ways = (text, *_replaced(text, name, value), *_appended(text, name, value))
    for way in ways:
        if _readings(way) == wanted:
            return way
    raise CannotAssignError(name)


def _readings(text: str) -> list[dict[str, str]]:
    """Return the value of every name, as each dialect reads it."""
    return [{n: a.value for n, a in last_of_each(reader_of(dialect)(text)).items()} for dialect in DIALECTS]


def _replaced(text: str, name: str, value: str) -> Iterator[str]:
    """Yield the text with the last assignment of a name replaced, in each form that the value may take."""
    lines: list[str] = _LINE.findall(text)
    span = _span(lines, text, name)
    if span is None:
        return
    first, end = span
    before, last = "".join(lines[:first]), lines[end - 1]
    start = re.match(r"[ \t\ufeff]*(?:export[ \t]+)?", lines[first])
    opening, ending = start.group() if start else "", last[len(last.rstrip("\r\n")) :]
    for form in _forms(value):
        yield f"{before}{opening}{name}={form}{ending}{''.join(lines[end:])}"


def _span(lines: list[str], text: str, name: str) -> tuple[int, int] | None:
    """Return the lines of the last assignment of a name, from the first to before the end: the fewest that say it."""
    last = last_of_each(read_assignments(text)).get(name)
    if last is None:
        return None
    first = last.line - 1
    for end in range(first + 1, min(first + _MOST_LINES, len(lines)) + 1):
        said = read_assignments("".join(lines[first:end]))
        if [(assignment.name, assignment.value) for assignment in said] == [(name, last.value)]:
            return first, end
    return None


def _appended(text: str, name: str, value: str) -> Iterator[str]:
    end = "\r\n" if "\r\n" in text else "\n"
    before = text if not text or text.endswith(("\n", "\r")) else text + end
    for form in _forms(value):
        yield f"{before}{name}={form}{end}"


def _forms(value: str) -> Iterator[str]:
    """Yield how a value may be written: without quotes if they are not needed, and else with them."""
    if _PLAIN.fullmatch(value):
        yield value
    for quote in _QUOTES:
        yield f"{quote}{value}{quote}"
    yield value
