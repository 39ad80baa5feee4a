"""Assigns variables in the text of an env file, so that every reader of env files returns the exact values.

Some users source such files: a shell must read the same values, too, and run and expand nothing in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import patterns as re
from qwen_schema.envfile import DIALECTS, Assignment, last_of_each, read_assignments, reader_of

from .shell import PLAIN, is_inert

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Only npm's dotenv reads a backtick as a quote.
_QUOTES = "'\""

# The references that python-dotenv replaces by a variable's value, in quotes, too (its variables.py).
_INTERPOLATED = re.compile(r"\$\{[^}:]*(?::-[^}]*)?\}")

# A line with its end, as the readers count lines.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")

# The most lines of an assignment that is replaced; a longer one stays, and the new assignment is appended.
_MOST_LINES = 100


class CannotAssignError(ValueError):
    """No form of an assignment is read back exactly; `why` is the part of the value that prevents it.

    `why` is empty if the text of the file prevents it.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name)
        self.name = name
        self.why = why


def assign(text: str, variables: Mapping[str, str]) -> str:
    """Return the text of an env file in which the variables have these values, in both dialects.

    All other assignments are unchanged. An existing assignment is replaced, if its end is clear; else the new one is
    appended, and counts as the last one.

    Raises:
        CannotAssignError: if that is not possible.
    """
    readings = _readings(text)
    for name, value in variables.items():
        text, readings = _with(text, readings, name, value)
    return text


def unassign(text: str, name: str) -> str:
    """Return the text of an env file without any assignment of a name. All other assignments are unchanged.

    Raises:
        CannotAssignError: if the end of an assignment is not clear.
    """
    readings = _readings(text)
    wanted = [{other: value for other, value in _values(reading).items() if other != name} for reading in readings]
    for _ in range(text.count(name)):
        last = last_of_each(read_assignments(text)).get(name)
        before, present, after = next(_last_assignment(text, last), ("", "", ""))
        if not present:
            break
        text = before + after
    if list(map(_values, _readings(text))) != wanted:
        raise CannotAssignError(name, "")
    return text


def _with(text: str, readings: Readings, name: str, value: str) -> tuple[str, Readings]:
    """Return the text in which a variable has a value, and its readings; a long text is read only once."""
    wanted = [{**_values(reading), name: value} for reading in readings]
    present = list(_last_assignment(text, last_of_each(readings[0]).get(name)))
    for before, assignment, after in (*present, *_replacements(present, name, value), *_additions(text, name, value)):
        way = f"{before}{assignment}{after}"
        if is_inert(before, assignment) and _is_own_line(before, assignment) and not _INTERPOLATED.search(value):
            new = readings if way == text else _readings(way)
            if list(map(_values, new)) == wanted:
                return way, new
    raise CannotAssignError(name, _obstacle(value))


def _is_own_line(before: str, assignment: str) -> bool:
    """Return whether an assignment is a separate line for a shell, too, for which a carriage return ends no line."""
    return not before.endswith("\r") and "\r" not in assignment


def _obstacle(value: str) -> str:
    """Return the part of a value that cannot be quoted, as text; empty if there is none."""
    if _INTERPOLATED.search(value):
        return "${…}, which python-dotenv replaces"
    if "\r" in value:
        return "a carriage return, which npm's dotenv reads as another line end"
    if "\\\\" in value or "\\'" in value or value.endswith("\\"):
        return "a backslash that some readers change"
    shell = [character for character in '"$`\\' if character in value]
    return f"a single quote together with {' '.join(shell)}" if "'" in value and shell else ""


# The assignments of a text in each dialect; the first is npm's.
Readings = list[tuple[Assignment, ...]]


def _readings(text: str) -> Readings:
    return [reader_of(dialect)(text) for dialect in DIALECTS]


def _values(reading: tuple[Assignment, ...]) -> dict[str, str]:
    return {name: assignment.value for name, assignment in last_of_each(reading).items()}


# A text before an assignment, the assignment with the end of its line, and the text after it.
Way = tuple[str, str, str]


def _last_assignment(text: str, last: Assignment | None) -> Iterator[Way]:
    """Yield the text unchanged, split around its last assignment of a name, if its end is clear."""
    if last is None:
        return
    lines: list[str] = _LINE.findall(text)
    span = _span(lines, last)
    if span is not None:
        first, end = span
        yield "".join(lines[:first]), "".join(lines[first:end]), "".join(lines[end:])


def _replacements(ways: list[Way], name: str, value: str) -> Iterator[Way]:
    """Yield the text with the last assignment of a name replaced, once for each form of the value."""
    for before, present, after in ways:
        start = re.match(r"[ \t\ufeff]*(?:export[ \t]+)?", present)
        opening, ending = start.group() if start else "", "\n" if present.endswith(("\r", "\n")) else ""
        for form in _forms(value):
            yield before, f"{opening}{name}={form}{ending}", after


def _span(lines: list[str], last: Assignment) -> tuple[int, int] | None:
    """Return the fewest lines of an assignment, as first and end index; None if they are not clear."""
    first = last.line - 1
    for end in range(first + 1, min(first + _MOST_LINES, len(lines)) + 1):
        reread = read_assignments("".join(lines[first:end]))
        if [(assignment.name, assignment.value) for assignment in reread] == [(last.name, last.value)]:
            return first, end
    return None


def _additions(text: str, name: str, value: str) -> Iterator[Way]:
    before = text if not text or text.endswith("\n") else f"{text}\n"
    for form in _forms(value):
        yield before, f"{name}={form}\n", ""


def _forms(value: str) -> Iterator[str]:
    """Yield the forms of a value: first without quotes if it needs none, then in each kind of quotes."""
    if PLAIN.fullmatch(value):
        yield value
    for quote in _QUOTES:
        yield f"{quote}{value}{quote}"
