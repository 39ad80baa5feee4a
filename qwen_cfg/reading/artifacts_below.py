"""Finds the artifacts below a directory. Files that git ignores are skipped, and no link is followed."""

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
    """The files of a name below a directory, in order.

    `unseen` are the directories that could not be searched, each with the reason. `skipped` are paths with the name
    that are links, are below a link, or are not regular files. `without_git` are work trees whose ignore rules git did
    not report, so that every directory in them was searched.
    """

    files: tuple[str, ...]
    unseen: tuple[tuple[str, str], ...] = ()
    skipped: tuple[str, ...] = ()
    without_git: tuple[str, ...] = ()


@record
class _Walk:
    """A search through directories: the name, and the results so far, as in `FilesBelow`."""

    name: str
    files: list[str]
    unseen: list[tuple[str, str]]
    without_git: list[str]
    skipped: list[str]

    def of_work_tree(self, directory: Path, shown: str) -> bool:
        """Add the files that git lists below a directory of a work tree; return whether git could be asked."""
        listing = list_files(directory, self.name)
        if listing is None:
            return False
        for name in listing.names:
            path, display = directory / name, os.path.join(shown, name)  # noqa: PTH118 - the user's form of the path stays
            # A file in the index may be deleted, or be below a link that is new.
            if _is_plain_file(path) and os.path.realpath(path.parent) == str(path.parent):
                self.files.append(display)
            elif os.path.lexists(path):
                self.skipped.append(display)
        if listing.complaint:
            self.unseen.append((shown, f"git reports: {listing.complaint}"))
        return True

    def of_directory(self, directory: Path, shown: str) -> None:
        """Add the files below a directory that is in no work tree, or in one that git cannot be asked about."""
        # No recursion, since directories may be deep.
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
    """Return the regular files of a name in a directory and below; their paths begin with `directory`.

    In a git work tree, these are the files that git tracks or would add. Elsewhere, every directory is searched. No
    link is followed, except if `directory` itself is one.
    """
    real = Path(os.path.realpath(directory))
    walk = _Walk(name, [], [], [], [])
    if not walk.of_work_tree(real, directory):
        walk.without_git.extend([directory] if work_tree_of(real / name) is not None else [])
        walk.of_directory(real, directory)
    files, skipped = (tuple(sorted(names, key=_sort_key)) for names in (walk.files, walk.skipped))
    return FilesBelow(files, tuple(sorted(walk.unseen)), skipped, tuple(sorted(walk.without_git)))


def env_files_around(files: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the env files and settings files beside and above some files, which a resolution there may read."""
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
    """Return the key that sorts a directory's own file before the files below it."""
    directory, _, file = name.replace(os.sep, "/").rpartition("/")
    return [*directory.split("/"), "", file]
