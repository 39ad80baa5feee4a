"""What the generated validators ask of a value: types, equality, formats and entries as our JSON Schema has them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from .formats import CHECKS, is_unicode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def is_number(value: object) -> bool:
    """Tell whether a value is a number that JSON can write: TOML has some that are not finite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_integer(value: object) -> bool:
    """Tell whether a value is a whole number; 3.0 is one (JSON Schema 2020-12, Validation §6.1.1)."""
    return is_number(value) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def is_text(value: object) -> bool:
    """Tell whether a value is a text that JSON can write: halves of surrogate pairs cannot be."""
    return isinstance(value, str) and is_unicode(value)


def is_equal(value: object, choice: object) -> bool:
    """Tell whether a value is a choice; true and 1 are two values."""
    return isinstance(value, bool) == isinstance(choice, bool) and value == choice


def matches(pattern: str, value: str) -> bool:
    """Tell whether a text has a part that matches a pattern."""
    return re.search(pattern, value) is not None


def has_format(name: str, value: str) -> bool:
    """Tell whether a text has a format of `formats.py`."""
    try:
        CHECKS[name](value)
    except ValueError:
        return False
    return True


def has_only(table: dict[str, Any], name: str, conforms: Callable[[Any], bool]) -> bool:
    """Tell whether the entry of a name conforms, if a table has one."""
    return name not in table or conforms(table[name])


def others_of(table: dict[str, Any], declared: tuple[str, ...]) -> Iterator[Any]:
    """Return the entries whose names are not declared."""
    return (value for name, value in table.items() if name not in declared)
