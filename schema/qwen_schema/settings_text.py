"""Variables in the texts of settings: `$NAME` and `${NAME}` stand for what the variable says, as in Qwen Code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import patterns as re

if TYPE_CHECKING:
    from collections.abc import Callable

# What the variables in a file may add to it, in characters.
LARGEST_EXPANSION = 4 * 1024 * 1024

_REFERENCE = re.compile(r"\$(?:([A-Za-z0-9_]+)|\{([^}]+)\})")
_BARE = re.compile(r"\$([A-Za-z0-9_]+)()")

# Names that are left as they stand, in whatever letters: they are Qwen Code's own.
_LEFT = ("SESSION_ID", "QWEN_CODE_SESSION_ID")


class TooMuchTextError(ValueError):
    """The variables in a settings file make more text of it than there is any use for."""


class Allowance:
    """How much text variables may still add to a file."""

    def __init__(self) -> None:
        self._left = LARGEST_EXPANSION

    def spend(self, text: str) -> str:
        """Return a text that is added.

        Raises:
            TooMuchTextError: if it is one too many.
        """
        self._left -= len(text)
        if self._left < 0:
            raise TooMuchTextError(f"its variables add more than {LARGEST_EXPANSION // 2**20} MiB to it")
        return text


def expanded(text: str, look_up: Callable[[str], str | None]) -> tuple[str, tuple[str, ...]]:
    """Return a text with its variables replaced, once, and the names of those that were.

    `look_up` returns the text of a variable, and None for one that is not set: that is left as it stands.
    `${NAME:-default}` is not known to Qwen Code: it is the variable of that odd name, which nobody sets.
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
    """Return the names of the variables that a text names, set or not."""
    found = (reference for pattern, part in _parts(text) for reference in pattern.finditer(part))
    names = [reference[1] or reference[2] for reference in found]
    return tuple(name for name in names if name.upper() not in _LEFT)


def is_one_variable(text: str) -> bool:
    """Tell whether a text as it is written is one variable, and nothing beside it."""
    return _REFERENCE.fullmatch(text) is not None


def _parts(text: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the text up to its last `}`, and the rest, each with the pattern of the variables that it can hold.

    Where no `}` follows, each `${` would be looked at to the end of the text: that takes quadratic time.
    """
    end = text.rfind("}") + 1
    return (_REFERENCE, text[:end]), (_BARE, text[end:])
