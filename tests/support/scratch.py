"""Gives a new directory to each generated example, and takes a tree back to an earlier state.

Some file systems take a millisecond to remove a directory, longer than it takes to resolve a world. So the directories
that every example of a kind makes are emptied and not removed, and the next example has them under a new name.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UMASK = os.umask(0)
os.umask(_UMASK)

_numbers = count(1)
# By the directories that are left in them.
_emptied: dict[frozenset[str], list[Path]] = defaultdict(list)


def with_parents(*directories: str | os.PathLike[str]) -> frozenset[str]:
    """Return relative directories with all above them, as texts."""
    return frozenset(str(one) for path in map(Path, directories) for one in (path, *path.parents))


@contextmanager
def scratch(left: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Give a directory with a new name, its links resolved, in which nothing is, except perhaps directories of `left`.

    `left` has all parents of its directories.
    """
    top = _place() / str(next(_numbers))
    if _emptied[left]:
        _emptied[left].pop().rename(top)
    else:
        top.mkdir(0o700)
    try:
        yield top
    finally:
        _empty(str(top), left, stat.S_IFDIR | 0o777 & ~_UMASK)
        _emptied[left].append(top)


def _empty(directory: str, left: frozenset[str], mode: int, within: str = "") -> None:
    """Remove everything from a directory, apart from directories of `left` that are as they were made."""
    with os.scandir(directory) as entries:
        for entry in list(entries):
            path = f"{within}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                Path(entry).unlink()
            elif path in left and entry.stat(follow_symlinks=False).st_mode == mode:
                _empty(entry.path, left, mode, f"{path}/")
            else:
                shutil.rmtree(entry)


@cache
def _place() -> Path:
    """Return the directory of this process, which is removed at its end."""
    place, process = Path(os.path.realpath(tempfile.mkdtemp(prefix="trees-"))), os.getpid()
    # A fork of this process made none.
    atexit.register(lambda: os.getpid() == process and shutil.rmtree(place))
    return place


@contextmanager
def put_back(root: Path) -> Iterator[None]:
    """Put the files, links and directories of a tree back as they were before a block."""
    before = _contents(root)
    try:
        yield
    finally:
        after = _contents(root)
        for path in sorted(after.keys() - before.keys(), reverse=True):
            path.rmdir() if after[path] is None else path.unlink()
        for path, content in before.items():
            if path in after and after[path] == content:
                continue
            assert isinstance(content, bytes), f"only files are put back: {path}"
            path.unlink(missing_ok=True)
            path.write_bytes(content)


def _contents(root: Path) -> Mapping[Path, bytes | str | None]:
    """Return each file with its content, each link with its target, and each directory, above those in it."""
    found: dict[Path, bytes | str | None] = {}
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = Path(directory, name)
            if path.is_symlink():
                found[path] = str(path.readlink())
            else:
                found[path] = None if name in directories else path.read_bytes()
    return found
