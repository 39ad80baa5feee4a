"""Where a project's file comes from: others may have written it, or can change it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.reading.git import is_tracked
from qwen_cfg.reading.ownership import foreign_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qwen_cfg.core.world import FileProvenance


def file_provenance_of(path: Path, tracks: Callable[[Path], bool | None] = is_tracked) -> FileProvenance:
    """Return where a file comes from, as far as known: git `tracks` it, it is in a `.git`, or another user owns it.

    A file below a `.git`, the directory of git's own files, counts as the project's, like a tracked file.
    """
    try:
        if foreign_owner(path) is not None:
            return "another user's"
    except OSError:
        return "unknown"
    tracked = tracks(path)
    return "in a .git" if not tracked and _is_in_git(path) else _PROVENANCE_IF_TRACKED[tracked]


def _is_in_git(path: Path) -> bool:
    """Return whether a file is below a `.git`, ignoring case, by its name or by the target of a link."""
    names = (path.absolute(), Path(os.path.realpath(path)))
    return any(part.lower() == ".git" for name in names for part in name.parts[:-1])


_PROVENANCE_IF_TRACKED: Mapping[bool | None, FileProvenance] = {
    True: "came with the project",
    None: "may have come with it",
    False: "unknown",
}
