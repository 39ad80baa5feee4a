"""Who else can read a file: its mode says so, the directories above it, and who is in their groups."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def others_can_read(path: Path, status: os.stat_result) -> bool:
    """Tell whether users beside the owner of a file, whose status is given, and root can read it (POSIX alone)."""
    if os.name != "posix" or not _admits(status, stat.S_IROTH, stat.S_IRGRP):
        return False
    try:
        above = [directory.stat() for directory in Path(os.path.realpath(path)).parents]
    except OSError:
        return True
    return all(_admits(directory, stat.S_IXOTH, stat.S_IXGRP) for directory in above)


def _admits(status: os.stat_result, everybody: int, group: int) -> bool:
    """Tell whether a mode has the permission of everybody, or that of a group which others are in."""
    return bool(status.st_mode & everybody or (status.st_mode & group and not _is_private(status)))


def _is_private(status: os.stat_result) -> bool:
    """Tell whether a group is its user's own, as most systems have it: of the same number, nobody else's."""
    if status.st_gid != status.st_uid:
        return False
    import grp  # noqa: PLC0415 - not on Windows
    import pwd  # noqa: PLC0415

    try:
        return {*grp.getgrgid(status.st_gid).gr_mem} <= {pwd.getpwuid(status.st_uid).pw_name}
    except KeyError:
        return True
