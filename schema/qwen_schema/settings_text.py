"""Variables in the strings of settings: `$NAME` and `${NAME}` are replaced by the variable's value, as in Qwen Code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import patterns as re

if TYPE_CHECKING:
    from collections.abc import Callable

# How many characters the variables in a file may add to it.
LARGEST_EXPANSION = 4 * 1024 * 1024

_REFERENCE = re.compile(r"\$(?:([A-Za-z0-9_]+)|\{([^}]+)\})")
_BARE = re.compile(r"\$([A-Za-z0-9_]+)()")

# Qwen Code's own names, which are not replaced, in upper or lower case.
_LEFT = ("SESSION_ID", "QWEN_CODE_SESSION_ID")


class TooMuchTextError(ValueError):
    """The variables in a settings file add too much text to it."""


class Allowance:
    """The amount of text that variables may still add to a file."""

    def __init__(self) -> None:
        self._left = LARGEST_EXPANSION

    def spend(self, text: str) -> str:
        """Return the text, and subtract its length from the allowance.

        Raises:
            TooMuchTextError: if the allowance is used up.
        """
        self._left -= len(text)
        if self._left < 0:
            raise TooMuchTextError(f"its variables add more than {LARGEST_EXPANSION // 2**20} MiB to it")
        return text


def expand_variables(text: str, look_up: Callable[[str], str | None]) -> tuple[str, tuple[str, ...]]:
    """Return a text with its variables replaced (once, not recursively), and the names of the replaced variables.

    `look_up` returns the value of a variable, or None if it is not set; such a variable stays as written. Qwen Code
    does not support `${NAME:-default}`: it reads the whole text in braces as the name.
    """
    used: list[str] = []

    def value(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        found = None if name.upper() in _LEFT else look_up(name)
        if found is None:
            return reference[0]
        used.append(name)
        return found

    parts = [pattern.sub(value, part) for pattern, part in _parts(text)]
    return "".join(parts), tuple(used)


def variables_in(text: str) -> tuple[str, ...]:
    """Return the names of the variables in a text, set or not."""
    found = (reference for pattern, part in _parts(text) for reference in pattern.finditer(part))
    names = [reference[1] or reference[2] for reference in found]
    return tuple(name for name in names if name.upper() not in _LEFT)


def is_one_variable(text: str) -> bool:
    """Return whether a text is exactly one variable, with nothing around it."""
    return _REFERENCE.fullmatch(text) is not None


def _parts(text: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the text up to its last `}`, and the rest, each with the pattern of the variables in it.

    Without this, each `${` without a `}` would be searched to the end of the text, which takes quadratic time.
    """
    end = text.rfind("}") + 1
    return (_REFERENCE, text[:end]), (_BARE, text[end:])
