"""Regular expressions as `re` has them, but compiled with their first use: a command uses few of those it loads.

A module takes it in the place of `re`: `from qwen_schema import patterns as re`.
"""

from __future__ import annotations

from re import (
    ASCII,
    DOTALL,
    IGNORECASE,
    MULTILINE,
    VERBOSE,
    Match,
    Pattern,
    RegexFlag,
    escape,
    finditer,
    fullmatch,
    match,
    search,
    split,
    sub,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile  # noqa: A004

__all__ = [
    "ASCII",
    "DOTALL",
    "IGNORECASE",
    "MULTILINE",
    "VERBOSE",
    "Match",
    "Pattern",
    "compile",
    "escape",
    "finditer",
    "fullmatch",
    "match",
    "search",
    "split",
    "sub",
]

if not TYPE_CHECKING:

    class _Later:
        """A pattern that becomes itself when something is asked of it, and keeps what was asked for at hand."""

        def __init__(self, pattern: str, flags: int | RegexFlag) -> None:
            self._said = pattern, flags

        def __getattr__(self, name: str) -> object:
            from re import compile  # noqa: A004, PLC0415

            asked = self.__dict__[name] = getattr(compile(*self._said), name)
            return asked

    def compile(pattern: str, flags: int | RegexFlag = 0) -> _Later:  # noqa: A001
        """Return a pattern to be compiled later. A mistake in it is found then, and by the tests."""
        return _Later(pattern, flags)
