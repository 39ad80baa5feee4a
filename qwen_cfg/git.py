"""Asking git about a file, with an environment that holds no key."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from .world import GitStatus

# What `git ls-files --error-unmatch` exits with where it knows that a file is tracked, or is not.
_TRACKED, _NOT_TRACKED = 0, 1

# What `git check-ignore` exits with where a file is ignored.
_IGNORED = 0

# As long as an answer of git is waited for.
_SECONDS = 30

_PASSED_ON = (
    *("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT", "GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
)

_NOTHING_RUNS = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
_NOTHING_FETCHED = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}

# Whether a file came with its project, or was put there by who works in it; unknown outside of a work tree.
Standing = Literal["came with the project", "own", "unknown"]


def in_work_tree(path: Path) -> bool:
    """Tell whether a file stands in a work tree, or may do so."""
    return _work_tree_of(path) is not None or "GIT_DIR" in os.environ


def may_be_tracked(path: Path) -> bool:
    """Tell whether git tracks a file, or may do so: where git does not answer, its index is looked into."""
    if not in_work_tree(path):
        return False
    answer = _asked(path, "ls-files", "--error-unmatch")
    return _is_in_index(path) if answer not in (_TRACKED, _NOT_TRACKED) else answer == _TRACKED


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


def standing_of(path: Path) -> Standing:
    """Return whether a file came with its project, as far as git knows."""
    if not in_work_tree(path):
        return "unknown"
    return "came with the project" if may_be_tracked(path) else "own"


def _work_tree_of(path: Path) -> Path | None:
    """Return the nearest directory above a file that has a `.git`; what only looks like a repository is none."""
    return next((parent for parent in path.absolute().parents if os.path.lexists(parent / ".git")), None)


def _asked(path: Path, *command: str) -> int | None:
    """Return what git exits with when it is asked about a file, which need not exist; None if it does not answer.

    A repository that came from somebody must not run anything here: git is told which repository is meant, and its
    settings that name programs (a file system monitor, a way to fetch what is missing) are switched off.
    """
    git, absolute, tree = shutil.which("git"), path.absolute(), _work_tree_of(path)
    if git is None:
        return None
    directory = tree or next(parent for parent in absolute.parents if parent.is_dir())
    where = [] if tree is None else [f"--git-dir={tree / '.git'}", f"--work-tree={tree}"]
    try:
        asked = subprocess.run(  # noqa: S603 - git, by its full path
            # A path that begins with ./ has no magic in it.
            [git, *where, *_NOTHING_RUNS, *command, "--", f"./{absolute.relative_to(directory).as_posix()}"],
            cwd=directory,
            env={**{name: os.environ[name] for name in _PASSED_ON if name in os.environ}, **_NOTHING_FETCHED},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    return asked.returncode


def _is_in_index(path: Path) -> bool:
    """Tell whether a file is in the index of its work tree (git's index-format, versions 2 and 3), or may be."""
    tree = _work_tree_of(path)
    if tree is None or not (tree / ".git").is_dir():
        return True
    try:
        index = (tree / ".git" / "index").read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    if index[:4] != b"DIRC" or index[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        return True
    name = os.fsencode(path.absolute().relative_to(tree).as_posix())
    places = [match.start() for match in re.finditer(re.escape(name) + b"\0", index)]
    # Before a name stand its flags, with its length in their lower 12 bits; version 3 may have two bytes more between.
    return any(_length_in(index[at - back : at - back + 2]) == len(name) for at in places for back in (2, 4))


def _length_in(flags: bytes) -> int:
    return int.from_bytes(flags, "big") & 0xFFF
