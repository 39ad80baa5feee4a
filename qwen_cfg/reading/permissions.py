"""Checks whether other users can read a file: by its mode, the directories above it, and their groups."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def others_can_read(path: Path, status: os.stat_result) -> bool:
    """Return whether users other than the owner and root can read a file with this status (POSIX only)."""
    if os.name != "posix" or not _admits(status, stat.S_IROTH, stat.S_IRGRP):
        return False
    try:
        above = [directory.stat() for directory in Path(os.path.realpath(path)).parents]
    except OSError:
        return True
    return all(_admits(directory, stat.S_IXOTH, stat.S_IXGRP) for directory in above)


def _admits(status: os.stat_result, everybody: int, group: int) -> bool:
    """Return whether a mode has a permission for everybody, or for a group with other members."""
    return bool(status.st_mode & everybody or (status.st_mode & group and not _is_private(status)))


def _is_private(status: os.stat_result) -> bool:
    """Return whether a file's group is the owner's private group: it has the owner's ID and no other members."""
    if status.st_gid != status.st_uid:
        return False
    import grp  # noqa: PLC0415 - not on Windows
    import pwd  # noqa: PLC0415

    try:
        return {*grp.getgrgid(status.st_gid).gr_mem} <= {pwd.getpwuid(status.st_uid).pw_name}
    except KeyError:
        return True
