"""Asks git about many files of a work tree in one process."""

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

# The names of the files. Each name is matched in a whole work tree at once, ignoring case.
NAMES = (".env", "settings.json")
_TRACKED_NAMES = tuple(f":(icase,glob)**/{name}" for name in NAMES)

# The time limit for a listing of a work tree, in seconds: git reads every directory for it.
_LISTING_SECONDS = 120


@record
class Listing:
    """The relative names of the files below a directory that git does not ignore, and git's first line of errors."""

    names: tuple[str, ...]
    complaint: str = ""


def list_files(directory: Path, name: str) -> Listing | None:
    """Return the files of a name that git tracks or would add below a directory; None if git cannot be asked.

    Files in another repository inside the work tree are not listed.
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
    """Return git's status of files named `.env` or `settings.json`; git runs twice for each work tree.

    Files that need more care are left out, for example files below a link.
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
    """The directories above files; each is read once."""

    def __init__(self) -> None:
        self._trees: dict[Path, Path | None] = {}

    def plain_tree(self, directory: Path) -> Path | None:
        """Return the work tree of a directory; None if there is a link, another repository or a FIFO on the way to it.

        Git might wait for a FIFO.
        """
        new = takewhile(lambda at: at not in self._trees, (directory, *directory.parents))
        for at in reversed(list(new)):
            self._trees[at] = self._plain_tree(at)
        return self._trees[directory]

    def _plain_tree(self, directory: Path) -> Path | None:
        """Return the work tree of a directory whose parent has been read."""
        if os.path.lexists(directory / ".git"):
            # The path to the work tree may not contain a link. Its own files are checked when git is asked.
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
    # Git ignores case only for ASCII letters.
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
    """Return the names in a work tree that git ignores; None if git does not answer."""
    # A path that begins with ./ has no magic in it.
    input_ = b"".join(b"./" + name + b"\0" for name in names)
    if not input_:
        return set()
    words = ("check-ignore", "--no-index", "--verbose", "-z", "--stdin")
    answer = run(tree, tree, safe_environment(), *options_for(tree), *words, input_=input_)
    found = None if answer is None else ignored_names(answer)
    return None if found is None else {name.removeprefix(b"./") for name in found}
