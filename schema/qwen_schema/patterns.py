"""The functions of `re`, but `compile` compiles at the first use: a command uses few of the patterns that it loads.

Modules import it in place of `re`: `from qwen_schema import patterns as re`.
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
        """A pattern that is compiled when an attribute of it is first used; the attributes used are cached."""

        def __init__(self, pattern: str, flags: int | RegexFlag) -> None:
            self._arguments = pattern, flags

        def __getattr__(self, name: str) -> object:
            from re import compile  # noqa: A004, PLC0415

            attribute = self.__dict__[name] = getattr(compile(*self._arguments), name)
            return attribute

    def compile(pattern: str, flags: int | RegexFlag = 0) -> _Later:  # noqa: A001
        """Return a pattern that is compiled at its first use. An invalid pattern raises an error only then."""
        return _Later(pattern, flags)
