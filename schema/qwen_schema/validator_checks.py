"""The checks that the generated validators call: types, equality, formats and entries, as in our JSON Schemas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .formats import CHECKS, is_unicode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# `math` is a library of its own, loaded from a file.
_INFINITY = float("inf")


def is_number(value: object) -> bool:
    """Return whether a value is a number that JSON can write; TOML also has infinities and NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(float(value)) < _INFINITY


def is_integer(value: object) -> bool:
    """Return whether a value is a whole number; 3.0 is one (JSON Schema 2020-12, Validation §6.1.1)."""
    return is_number(value) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def is_text(value: object) -> bool:
    """Return whether a value is a string that JSON can write; a half of a surrogate pair cannot be written."""
    return isinstance(value, str) and is_unicode(value)


def is_equal(value: object, choice: object) -> bool:
    """Return whether a value equals a choice; true and 1 are different values."""
    return isinstance(value, bool) == isinstance(choice, bool) and value == choice


def matches(pattern: str, value: str) -> bool:
    """Return whether a pattern matches a part of a string."""
    return re.search(pattern, value) is not None


def has_format(name: str, value: str) -> bool:
    """Return whether a string has a format of `formats.py`."""
    try:
        CHECKS[name](value)
    except ValueError:
        return False
    return True


def has_only(table: dict[str, Any], name: str, conforms: Callable[[Any], bool]) -> bool:
    """Return whether the entry with a name conforms; true if the table has no such entry."""
    return name not in table or conforms(table[name])


def others_of(table: dict[str, Any], declared: tuple[str, ...]) -> Iterator[Any]:
    """Return the entries whose names are not declared."""
    return (value for name, value in table.items() if name not in declared)
