"""Asking git about a file, with an environment that holds no key."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What `git ls-files --error-unmatch` exits with where it knows that a file is not tracked.
_NOT_TRACKED = 1

_PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES")


def may_be_tracked(path: Path) -> bool:
    """Tell whether git tracks a file, or may do so: in a work tree that git cannot or will not look at, it may."""
    if not any((directory / ".git").exists() for directory in path.absolute().parents) and "GIT_DIR" not in os.environ:
        return False
    git = shutil.which("git")
    if git is None:
        return True
    asked = subprocess.run(  # noqa: S603 - git, by its full path
        [git, "ls-files", "--error-unmatch", "--", path.name],
        cwd=path.absolute().parent,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return asked.returncode != _NOT_TRACKED
