"""The values that an env file sets, by variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dialects import reader_of
from .dotenv_npm import last_of_each
from .text import read_env_text

if TYPE_CHECKING:
    from pathlib import Path

    from .dialects import Dialect


def file_values(path: Path, shown: str, dialect: Dialect) -> dict[str, str]:
    """Return the last value of each variable in an env file; `shown` is the file's name in messages.

    Raises:
        EnvFileError: if the file cannot be read.
    """
    assignments = last_of_each(reader_of(dialect)(read_env_text(path, shown)))
    return {name: assignment.value for name, assignment in assignments.items()}
