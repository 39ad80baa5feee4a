"""Asking git about a file, with an environment that holds no key."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .world import GitStatus

# What `git ls-files --error-unmatch` exits with where it knows that a file is not tracked.
_NOT_TRACKED = 1

# What `git check-ignore` exits with where a file is ignored.
_IGNORED = 0

# As long as an answer of git is waited for.
_SECONDS = 30

_PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES")


def in_work_tree(path: Path) -> bool:
    """Tell whether a file stands in a work tree, or may do so."""
    return any((directory / ".git").exists() for directory in path.absolute().parents) or "GIT_DIR" in os.environ


def may_be_tracked(path: Path) -> bool:
    """Tell whether git tracks a file, or may do so: in a work tree that git cannot or will not look at, it may."""
    return in_work_tree(path) and _asked(path, "ls-files", "--error-unmatch") != _NOT_TRACKED


def is_ignored(path: Path) -> bool:
    """Tell whether git ignores a file of a work tree; where git cannot or will not say, it does not."""
    return _asked(path, "check-ignore", "--quiet") == _IGNORED


def status_of(path: Path) -> GitStatus | None:
    """Return what git does with a file of a work tree; None for one in no work tree."""
    if not in_work_tree(path):
        return None
    if may_be_tracked(path):
        return "tracked"
    return "ignored" if is_ignored(path) else "not ignored"


def _asked(path: Path, *command: str) -> int | None:
    """Return what git exits with when it is asked about a file, which need not exist; None if it does not answer."""
    git = shutil.which("git")
    if git is None:
        return None
    absolute = path.absolute()
    directory = next(parent for parent in absolute.parents if parent.is_dir())
    try:
        asked = subprocess.run(  # noqa: S603 - git, by its full path
            [git, *command, "--", str(absolute.relative_to(directory))],
            cwd=directory,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return asked.returncode
