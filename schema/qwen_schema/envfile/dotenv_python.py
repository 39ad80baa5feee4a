"""The `python` dialect: reads a text as python-dotenv does, without interpolation."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from dotenv.parser import Error, Reader, parse_binding

from .. import patterns as re
from .dotenv_npm import Assignment, last_of_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Lines without an assignment; a name in quotes may span lines.
_WITHOUT_VALUE = re.compile(r"(?:(?:[^='\r\n]*+|[^\S\r\n]*+=[^\r\n]*+)(?:\r\n|\n|\r))*+")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MOST_BLANKS = 200
_MANY_BLANKS = re.compile(rf"([^\S\r\n]{{{_MOST_BLANKS}}})[^\S\r\n]+")


def read_assignments_python(text: str) -> tuple[Assignment, ...]:
    """Return the assignments that python-dotenv reads in a text; a name without a value is not an assignment.

    More than 200 blanks in a row are read as 200, since python-dotenv's time is quadratic in their number.
    """
    return tuple(_assignments(_with_fewer_blanks(text)))


def dialect_differences(
    dotenv: tuple[Assignment, ...], python: tuple[Assignment, ...]
) -> dict[str, tuple[Assignment | None, Assignment | None]]:
    """Return each name to which two readings of a text assign different values, with the assignment of each.

    Blanks beyond 200 in a row are not a difference.
    """
    ours, theirs = last_of_each(dotenv), last_of_each(python)
    pairs = {name: (ours.get(name), theirs.get(name)) for name in _distinct([*ours, *theirs])}
    return {name: pair for name, pair in pairs.items() if _value(pair[0]) != _value(pair[1])}


def _with_fewer_blanks(text: str) -> str:
    return _MANY_BLANKS.sub(r"\1", text)


def _value(assignment: Assignment | None) -> str | None:
    return None if assignment is None else _with_fewer_blanks(assignment.value)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


class _Reader(Reader):
    """A reader that does not count lines, unlike python-dotenv's own."""

    def read_regex(self, regex: re.Pattern[str]) -> Sequence[str]:
        match = regex.match(self.string, self.position.chars)
        if match is None:
            raise Error("no match at this position")
        self.position.chars = match.end()
        return match.groups()


def _assignments(text: str) -> Iterator[Assignment]:
    reader = _Reader(StringIO(text))
    # A byte-order mark is not part of an assignment.
    before = len(text) - len(reader.string)
    line, counted = 1, 0
    while True:
        _skip_other_lines(reader)
        if not reader.has_next():
            return
        binding = parse_binding(reader)
        if binding.key is not None and binding.value is not None:
            original = binding.original.string
            start = before + reader.mark.chars + len(original) - len(original.lstrip())
            # Counted here, since python-dotenv counts CR LF as two line ends in text that it skips.
            line += len(_LINE_END.findall(text, counted, start))
            counted = start
            yield Assignment(binding.key, binding.value, line)


def _skip_other_lines(reader: Reader) -> None:
    """Move to the next line that can be an assignment; a file may have half a million other lines."""
    match = _WITHOUT_VALUE.match(reader.string, reader.position.chars)
    if match:
        reader.position.chars = match.end()
