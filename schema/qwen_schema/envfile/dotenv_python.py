"""The second reading of an env file: python-dotenv's, without interpolation."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

from dotenv.parser import parse_stream

from .dotenv_npm import Assignment, last_of_each, read_assignments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dotenv.parser import Binding

_LINE_END = re.compile(r"\r\n|\n|\r")


def read_assignments_python(text: str) -> tuple[Assignment, ...]:
    """Return the assignments that python-dotenv finds in a text; a name without a value assigns nothing."""
    return tuple(
        Assignment(binding.key, binding.value, _line(binding))
        for binding in parse_stream(StringIO(text))
        if binding.key is not None and binding.value is not None
    )


def differing_names(text: str) -> dict[str, tuple[Assignment | None, Assignment | None]]:
    """Return each name that the two dialects read differently, with dotenv's reading and python-dotenv's."""
    ours = last_of_each(read_assignments(text))
    theirs = last_of_each(read_assignments_python(text))
    pairs = {name: (ours.get(name), theirs.get(name)) for name in _in_order([*ours, *theirs])}
    return {name: pair for name, pair in pairs.items() if _value(pair[0]) != _value(pair[1])}


def _value(assignment: Assignment | None) -> str | None:
    return None if assignment is None else assignment.value


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _line(binding: Binding) -> int:
    """Return the line of the name: blank lines before an assignment belong to the binding's text."""
    text = binding.original.string
    blank = text[: len(text) - len(text.lstrip())]
    return binding.original.line + len(_LINE_END.findall(blank))
