"""Asking git about a file, with an environment that holds no key."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES")


def is_tracked(path: Path) -> bool:
    """Tell whether git tracks a file; without git, or outside of a work tree, nothing is tracked."""
    git = shutil.which("git")
    directory = path.parent
    if git is None or not directory.is_dir():
        return False
    asked = subprocess.run(  # noqa: S603 - git, by its full path
        [git, "ls-files", "--error-unmatch", "--", path.name],
        cwd=directory,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return asked.returncode == 0
