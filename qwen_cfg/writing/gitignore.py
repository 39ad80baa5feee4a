"""Keeping an env file out of version control: a line in `.gitignore`."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.reading.git import in_work_tree, is_ignored
from qwen_schema import OutputError
from qwen_schema.bounded import LARGEST_BYTES, Unreadable, read_file
from qwen_schema.folders import nowhere, reached

if TYPE_CHECKING:
    from qwen_cfg.core.paths import Standpoint

LINE = ".qwen/.env"

# What ignores the file just as well, where there is no git to be asked.
_AS_GOOD = {LINE, f"/{LINE}", ".qwen", ".qwen/", "/.qwen", "/.qwen/", ".qwen/*", ".env", "*.env", ".env*"}


def keep_out(path: Path, standpoint: Standpoint) -> tuple[str, ...]:
    """See to it that git leaves `.qwen/.env` of the working directory out, and return what was done, in words.

    The file need not be there yet: nothing has to be in it before git ignores it.

    A file that a link leads elsewhere, and a `.gitignore` that cannot be appended to, are told of and left alone.
    """
    real, gitignore = Path(os.path.realpath(path)), path.parent.parent / ".gitignore"
    in_tree = in_work_tree(real)
    if is_ignored(real) if in_tree else _is_out(path, real, gitignore, standpoint):
        return ()
    if real == path and _append(gitignore) and (not in_tree or is_ignored(real)):
        return (f"added {LINE} to {standpoint.show(gitignore)}",)
    return (f"see to it that git leaves out {standpoint.show(real)}, which holds the key: it is not ignored yet",)


def _is_out(path: Path, real: Path, gitignore: Path, standpoint: Standpoint) -> bool:
    """Tell whether nothing is to be done for a file in no work tree; its directory may become one, but a home."""
    return real != path or standpoint.cwd == standpoint.home or _is_listed(gitignore)


def _is_listed(gitignore: Path) -> bool:
    try:
        lines = read_file(gitignore).decode("utf-8", "replace").splitlines()
    except (OSError, Unreadable):
        return False
    return any(line.strip() in _AS_GOOD for line in lines)


def _append(gitignore: Path) -> bool:
    """Append the line, and tell whether that could be done. Nothing but a regular file is written to."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    try:
        # Neither does git follow a link of that name (gitignore(5)).
        with reached(gitignore, nowhere) as (folder, name), os.fdopen(folder.open(name, flags, 0o666), "rb+") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
                return False
            file.write(_separator(file.read()) + LINE.encode() + b"\n")
    except (OSError, OutputError):
        return False
    return True


def _separator(content: bytes) -> bytes:
    """Return what has to stand between what is there and a new line."""
    return b"" if not content or content.endswith(b"\n") else b"\n"
