"""Finding the artifacts below a directory, without what git ignores and without following a link."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema.records import record

from .git_batch import list_files
from .git_tree import work_tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPOSITORY = ".git"


@record
class FilesBelow:
    """The files of a name below a directory, in order, and the directories that could not be looked at, and why.

    `without_git` are work trees of which git did not say what it ignores, so that every directory was looked at.
    `skipped` have the name, and are links, are reached through one, or are no regular files.
    """

    files: tuple[str, ...]
    unseen: tuple[tuple[str, str], ...] = ()
    skipped: tuple[str, ...] = ()
    without_git: tuple[str, ...] = ()


@record
class _Walk:
    """A way through directories: the files that were found, by their paths from the first one, and what was unseen."""

    name: str
    files: list[str]
    unseen: list[tuple[str, str]]
    without_git: list[str]
    skipped: list[str]

    def of_work_tree(self, directory: Path, shown: str) -> bool:
        """Add what git lists below a directory of a work tree; tell whether it could be asked."""
        listing = list_files(directory, self.name)
        if listing is None:
            return False
        for name in listing.names:
            path, told = directory / name, os.path.join(shown, name)  # noqa: PTH118 - the name as it was given stays
            # What is in the index may be gone, or be reached through a link that has come since.
            if _is_plain_file(path) and os.path.realpath(path.parent) == str(path.parent):
                self.files.append(told)
            elif os.path.lexists(path):
                self.skipped.append(told)
        if listing.complaint:
            self.unseen.append((shown, f"git says: {listing.complaint}"))
        return True

    def of_directory(self, directory: Path, shown: str) -> None:
        """Add what is below a directory of no work tree, and of one that git cannot be asked about."""
        # Deep trees are no reason to fail: there is no recursion.
        waiting = [(directory, shown)]
        while waiting:
            at, name = waiting.pop()
            try:
                entries = sorted(os.scandir(at), key=lambda entry: entry.name)
            except OSError as error:
                self.unseen.append((name, f"it cannot be searched: {error.strerror}"))
                continue
            is_repository = at != directory and any(entry.name == _REPOSITORY for entry in entries)
            if is_repository and self.of_work_tree(at, name):
                continue
            self.without_git.extend([name] if is_repository else [])
            for entry in entries:
                path = os.path.join(name, entry.name)  # noqa: PTH118 - as above
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != _REPOSITORY:
                        waiting.append((at / entry.name, path))
                elif entry.name == self.name:
                    (self.files if entry.is_file(follow_symlinks=False) else self.skipped).append(path)


def files_below(directory: str, name: str) -> FilesBelow:
    """Return the regular files of a name in a directory and below, each named from the directory as it was given.

    In a git work tree, git says which files there are: those that it tracks or would add. Outside of one, every
    directory is looked at. No link is followed but the one that names the directory itself.
    """
    real = Path(os.path.realpath(directory))
    walk = _Walk(name, [], [], [], [])
    if not walk.of_work_tree(real, directory):
        walk.without_git.extend([directory] if work_tree_of(real / name) is not None else [])
        walk.of_directory(real, directory)
    files, skipped = (tuple(sorted(names, key=_sort_key)) for names in (walk.files, walk.skipped))
    return FilesBelow(files, tuple(sorted(walk.unseen)), skipped, tuple(sorted(walk.without_git)))


def env_files_around(files: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the env files and settings files that resolving at some files may read: those beside them and above."""
    directories: set[Path] = set()
    for file in files:
        for directory in file.parents:
            if directory in directories:
                break
            directories.add(directory)
            for place in (directory / ".env", directory / ".qwen" / ".env", directory / ".qwen" / "settings.json"):
                if os.path.lexists(place):
                    yield place


def _is_plain_file(path: Path) -> bool:
    return not path.is_symlink() and path.is_file()


def _sort_key(name: str) -> list[str]:
    """Return what sorts names so that a directory's own file comes before those below it."""
    directory, _, file = name.replace(os.sep, "/").rpartition("/")
    return [*directory.split("/"), "", file]
