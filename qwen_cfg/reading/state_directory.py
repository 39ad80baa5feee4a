"""The directory of the data that the program keeps between runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# The subdirectory for the private files of started programs.
STARTED = "started"


def state_directory(environ: Mapping[str, str], home: Path | None) -> Path | None:
    """Return the directory (XDG Base Directory Specification, `XDG_STATE_HOME`); None without a usable home.

    A relative path in the variable is ignored, as the specification requires.
    """
    named = environ.get("XDG_STATE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "qwen-cfg"
    if home is None or not home.is_absolute() or not home.is_dir():
        return None
    return home / ".local" / "state" / "qwen-cfg"
