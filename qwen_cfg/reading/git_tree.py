"""Finds the work tree and the repository of a file, from the files in `.git` alone."""

from __future__ import annotations

import os
from pathlib import Path

from qwen_schema.bounded import Unreadable, kind_of, read_file

# The files of a repository that git reads before the index or the ignore rules.
_READ = ("HEAD", "commondir", "config", "config.worktree", "info/exclude")

# The entries of a directory that git accepts as a repository; if it has `commondir`, they are elsewhere.
_LAYOUT = ("objects", "refs")

# A part of the names of the settings that let a repository name its work tree: core.worktree and
# extensions.worktreeConfig. Git reads neither from an included file.
_NAMING = b"worktree"

# How many links are followed in one path at most, as on Linux.
_MOST_LINKS = 40


def work_tree(directory: Path) -> Path | None:
    """Return the work tree of a directory: the directory itself or the nearest parent that has a `.git`."""
    return work_tree_of(directory / "_")


def work_tree_of(path: Path) -> Path | None:
    """Return the nearest directory above a file that has a `.git`; a bare repository does not count."""
    return next((parent for parent in path.absolute().parents if os.path.lexists(parent / ".git")), None)


def is_repository(directory: Path) -> bool:
    """Return whether a directory itself looks like a repository, such as a bare one."""
    has_layout = os.path.lexists(directory / "commondir") or all((directory / name).is_dir() for name in _LAYOUT)
    return os.path.lexists(directory / "HEAD") and has_layout


def git_directory(tree: Path) -> str:
    """Return the real path of a work tree's repository: its `.git`, or the one that names (gitrepository-layout(5))."""
    git = tree / ".git"
    try:
        named = "" if git.is_dir() else os.fsdecode(read_file(git)).removeprefix("gitdir:").strip()
    except (OSError, Unreadable):
        named = ""
    return os.path.realpath(tree / named if named else git)


def may_name_a_tree(git: Path) -> bool:
    """Return whether a `.git` may name another work tree than its directory; reads only its files."""
    if not git.is_dir() or os.path.lexists(git / "commondir"):
        return True
    try:
        settings = read_file(git / "config").lower()
    except FileNotFoundError:
        return False
    except (OSError, Unreadable):
        return True
    return _NAMING in settings


def links_and_file(path: Path) -> tuple[Path, ...]:
    """Return each link in the path of a file, by a path without other links, and then the real path of the file."""
    links: list[Path] = []
    absolute = path.absolute()
    at, parts = Path(absolute.anchor), list(absolute.parts[1:])
    while parts:
        part = parts.pop(0)
        at = at.parent if part == ".." else at / part
        target = _target(at) if len(links) < _MOST_LINKS else None
        if target is not None:
            links.append(at)
            at = Path(target.anchor) if target.is_absolute() else at.parent
            parts = [*(part for part in target.parts if part != target.anchor), *parts]
    return (*links, at)


def _target(path: Path) -> Path | None:
    """Return the target of a link; None if the path is no link, or cannot be read."""
    try:
        return path.readlink()
    except OSError:
        return None


def nearest_directory(path: Path) -> Path:
    """Return the nearest existing directory above a file."""
    return next(parent for parent in path.parents if parent.is_dir())


def has_pipe(path: Path, tree: Path | None) -> bool:
    """Return whether a file that git would read is a FIFO or a device, for which git might wait."""
    if tree is None:
        return False
    levels = [parent for parent in path.parents if parent.is_relative_to(tree)]
    read = [*(tree / ".git" / name for name in _READ), *(level / ".gitignore" for level in levels)]
    return not all(is_harmless(file) for file in read)


def is_harmless(file: Path) -> bool:
    """Return whether a path is a file or a directory, or is not shown by the system."""
    try:
        return kind_of(file.stat().st_mode) in ("file", "directory")
    except OSError:
        return True
