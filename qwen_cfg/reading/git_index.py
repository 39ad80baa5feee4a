"""Reads the names of the tracked files from git's index, without git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_schema.bounded import Unreadable, read_file

from .git_tree import work_tree_of

if TYPE_CHECKING:
    from pathlib import Path

# The lengths of the parts of an index in bytes, and the flags of an entry: the length of its name, up to a limit, and
# whether there are more flags.
_HEADER, _CHECKSUM, _FLAGS = 12, 20, 60
_LENGTH, _IS_EXTENDED = 0x0FFF, 0x4000

# In bytes; the index of a million files has about 100 MiB.
_LARGEST_INDEX = 256 * 1024 * 1024


def is_in_index(path: Path) -> bool | None:
    """Return whether a file is in the index of its work tree; None if the index cannot be read completely."""
    tree = work_tree_of(path)
    if tree is None or not (tree / ".git").is_dir():
        return None
    try:
        index = read_file(tree / ".git" / "index", most=_LARGEST_INDEX)
    except FileNotFoundError:
        return False
    except (OSError, Unreadable):
        return None
    names = _names_in(index)
    return None if names is None else os.fsencode(path.absolute().relative_to(tree).as_posix()).lower() in names


def _names_in(index: bytes) -> set[bytes] | None:
    """Return the names in an index, in lower case (git's index-format, versions 2 and 3, with SHA-1).

    None if the index cannot be read completely, or if this file has only a part of it: a split index and a sparse index
    have an extension that is required, whose name begins with a lower-case letter.
    """
    if index[:4] != b"DIRC" or index[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        return None
    names, at, end = set(), _HEADER, len(index) - _CHECKSUM
    for _ in range(_number(index[8:12])):
        flags = _number(index[at + _FLAGS : at + _FLAGS + 2])
        begin = at + _FLAGS + (4 if flags & _IS_EXTENDED else 2)
        stop = index.find(b"\0", begin)
        if stop < 0 or min(stop - begin, _LENGTH) != flags & _LENGTH:
            return None
        names.add(index[begin:stop].lower())
        # One to eight NULs follow, so that the length of each entry is a multiple of eight.
        at += (stop - at) // 8 * 8 + 8
    while at < end and not index[at : at + 1].islower():
        at += 8 + _number(index[at + 4 : at + 8])
    return names if at == end else None


def _number(digits: bytes) -> int:
    return int.from_bytes(digits, "big")
