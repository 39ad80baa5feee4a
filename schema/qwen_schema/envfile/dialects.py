"""The dialects of env files by name; each has a function from text to assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .dotenv_npm import Assignment, read_assignments

if TYPE_CHECKING:
    from collections.abc import Callable

Dialect = Literal["dotenv", "python"]
DIALECTS: tuple[Dialect, ...] = ("dotenv", "python")


def reader_of(dialect: Dialect) -> Callable[[str], tuple[Assignment, ...]]:
    """Return the function that reads a dialect: `dotenv` (the npm package) or `python` (python-dotenv)."""
    if dialect == "python":
        from .dotenv_python import read_assignments_python  # noqa: PLC0415 - rarely used, slow to import

        return read_assignments_python
    return read_assignments
