"""Asking git about many files of a work tree in one process."""

from __future__ import annotations

import os
from itertools import takewhile
from typing import TYPE_CHECKING

from qwen_schema.records import record

from .git import ignored_names, may_ask_git
from .git_command import options_for, run, safe_environment
from .git_tree import has_pipe, is_harmless, work_tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from qwen_cfg.core.world import GitStatus

# The names that are asked about. Each is matched in a whole work tree at once, whatever its letters.
NAMES = (".env", "settings.json")
_TRACKED_NAMES = tuple(f":(icase,glob)**/{name}" for name in NAMES)

# How many seconds a listing of a work tree is waited for: git looks at every directory for it.
_LISTING_SECONDS = 120


@record
class Listing:
    """The files below a directory that git does not ignore, as names from there, and what git could not look at."""

    names: tuple[str, ...]
    complaint: str = ""


def list_files(directory: Path, name: str) -> Listing | None:
    """Return the files of a name that git tracks or would add below a directory; None where git cannot be asked.

    What stands in another repository inside of the work tree is not listed.
    """
    tree = work_tree_of(directory / name)
    if tree is None or not may_ask_git(tree) or has_pipe(directory / name, tree):
        return None
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f":(glob)**/{name}")
    answer = run(tree, directory, safe_environment(), *options_for(tree), *words, seconds=_LISTING_SECONDS)
    if answer is None or answer.returncode != 0:
        return None
    names = dict.fromkeys(os.fsdecode(found) for found in answer.stdout.split(b"\0") if found)
    return Listing(tuple(names), os.fsdecode(answer.stderr).strip().partition("\n")[0])


def statuses_of(paths: Iterable[Path]) -> dict[Path, GitStatus]:
    """Return what git does with files named `.env` or `settings.json`, asked in two processes for each work tree.

    A file is left out where more care is needed than this takes: one that a link leads to, for example.
    """
    levels = _Levels()
    by_tree: dict[Path, list[Path]] = {}
    for path in paths:
        tree = levels.plain_tree(path.parent)
        if tree is not None and path.name in NAMES and not path.is_symlink():
            by_tree.setdefault(tree, []).append(path)
    statuses: dict[Path, GitStatus] = {}
    for tree, files in by_tree.items():
        if may_ask_git(tree):
            statuses.update(_statuses_in(tree, files))
    return statuses


class _Levels:
    """The directories on the way to files, each looked at once."""

    def __init__(self) -> None:
        self._trees: dict[Path, Path | None] = {}

    def plain_tree(self, directory: Path) -> Path | None:
        """Return the work tree that a directory is in, if it is reached by no link and nothing else is on the way.

        That would be what looks like another repository, or what git would wait for: a pipe.
        """
        new = takewhile(lambda at: at not in self._trees, (directory, *directory.parents))
        for at in reversed(list(new)):
            self._trees[at] = self._plain_tree(at)
        return self._trees[directory]

    def _plain_tree(self, directory: Path) -> Path | None:
        """Look at a directory; the one above it has been looked at."""
        if os.path.lexists(directory / ".git"):
            # The way to a work tree counts too, and its own files are looked at where git is asked.
            return directory if os.path.realpath(directory) == str(directory) else None
        tree = self._trees.get(directory.parent)
        if tree is None or directory.is_symlink() or os.path.lexists(directory / "HEAD"):
            return None
        return tree if is_harmless(directory / ".gitignore") else None


def _statuses_in(tree: Path, files: list[Path]) -> Mapping[Path, GitStatus]:
    names = {file: os.fsencode(file.relative_to(tree).as_posix()) for file in files}
    listing = run(tree, tree, safe_environment(), *options_for(tree), "ls-files", "-z", "--", *_TRACKED_NAMES)
    if listing is None or listing.returncode != 0:
        return {}
    # Git folds the letters of ASCII alone.
    tracked = {name.lower() for name in listing.stdout.split(b"\0")}
    others = {file: name for file, name in names.items() if name.lower() not in tracked}
    ignored = _ignored_names(tree, others.values())
    if ignored is None:
        return {}
    return {
        file: "tracked" if file not in others else "ignored" if name in ignored else "not ignored"
        for file, name in names.items()
    }


def _ignored_names(tree: Path, names: Iterable[bytes]) -> set[bytes] | None:
    """Return which of the names in a work tree git ignores; None where it does not answer."""
    # A path that begins with ./ has no magic in it.
    asked = b"".join(b"./" + name + b"\0" for name in names)
    if not asked:
        return set()
    words = ("check-ignore", "--no-index", "--verbose", "-z", "--stdin")
    answer = run(tree, tree, safe_environment(), *options_for(tree), *words, input_=asked)
    found = None if answer is None else ignored_names(answer)
    return None if found is None else {name.removeprefix(b"./") for name in found}
