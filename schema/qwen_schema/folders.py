"""Opens the directory of a file through descriptors, without following a link in a project."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import OutputError
from .printable import printable
from .records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

# Returns whether links in a directory may be followed; the argument is the directory's real path.
MayFollow = Callable[[Path], bool]

_PRIVATE_DIRECTORY = 0o700

# The number of parts of the path of a directory directly below the root: / and var.
_TOP_LEVEL_PARTS = 2

# How many links are followed in one path at most, as on Linux.
_MOST_LINKS = 40

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
# A directory on the path of the file need not be readable.
_TRAVERSE_FLAGS = _DIRECTORY | getattr(os, "O_PATH", 0)

# Windows has no descriptors of directories: each step is checked there, but could be replaced after the check.
_HAS_DESCRIPTORS = os.open in os.supports_dir_fd


class LinkInProjectError(OutputError):
    """The file would be written through a link in a project."""


@record
class Folder:
    """An open directory. `path` is its real path; `descriptor` is None if the system has no such descriptors."""

    path: Path
    descriptor: int | None

    def _path_of(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.path / name)

    def open(self, name: str, flags: int, mode: int = 0o600) -> int:
        """Return a descriptor of a file in the directory.

        Raises:
            OSError: if the file cannot be opened, or is a link.
        """
        flags |= _NO_LINK | getattr(os, "O_CLOEXEC", 0)
        return os.open(self._path_of(name), flags, mode, dir_fd=self.descriptor)

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of an entry of the directory, without following a link; None if there is no such entry."""
        try:
            return os.stat(self._path_of(name), dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def link(self, name: str) -> str | None:
        """Return the target of a link in the directory; None if the entry is no link or does not exist."""
        try:
            return os.readlink(self._path_of(name), dir_fd=self.descriptor)
        except OSError as error:
            # Windows has a different error number for a file that is no link.
            if error.errno in (errno.EINVAL, errno.ENOENT) or os.name == "nt":
                return None
            raise

    def names(self) -> list[str]:
        """Return the names of the directory's entries."""
        if self.descriptor is None:
            return [path.name for path in self.path.iterdir()]
        with closing(self.below(".", readable=True)) as opened:
            assert opened.descriptor is not None  # noqa: S101 - it is below a folder with a descriptor
            return os.listdir(opened.descriptor)  # noqa: PTH208 - no path has a descriptor

    def below(self, name: str, *, readable: bool = False) -> Folder:
        """Return an open directory in this one.

        Raises:
            OSError: if the directory cannot be opened, or the name is a link.
        """
        path = self.path.parent if name == ".." else self.path / name
        if self.descriptor is None:
            return Folder(path, None)
        flags = _DIRECTORY if readable else _TRAVERSE_FLAGS
        return Folder(path, os.open(name, flags | _NO_LINK, dir_fd=self.descriptor))

    def make(self, name: str) -> None:
        """Make a directory that only its owner can use."""
        os.mkdir(self._path_of(name), _PRIVATE_DIRECTORY, dir_fd=self.descriptor)

    def unlink(self, name: str) -> None:
        """Remove a file or a link."""
        os.unlink(self._path_of(name), dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """Remove an empty directory."""
        os.rmdir(self._path_of(name), dir_fd=self.descriptor)

    def move(self, name: str, other: Folder, new: str) -> None:
        """Move a file into another directory; it replaces a file or link of that name there."""
        os.replace(self._path_of(name), other._path_of(new), src_dir_fd=self.descriptor, dst_dir_fd=other.descriptor)


@contextmanager
def closing(folder: Folder) -> Iterator[Folder]:
    """Close a directory after the block."""
    try:
        yield folder
    finally:
        if folder.descriptor is not None:
            os.close(folder.descriptor)


def any_link(_directory: Path) -> bool:
    """Allow every link: for the user's own files, in the home and the state directory."""
    return True


def no_link(_directory: Path) -> bool:
    """Allow no link: for files of a project whose directory is known."""
    return False


def outside_projects(home: Path | None) -> MayFollow:
    """Return a function that allows every link outside of projects.

    A directory counts as part of a project if it is in a git work tree, or if its content may come from an archive:

    * In the home, every directory, except those whose names begin with a dot and that do not contain the working
      directory.
    * Outside of the home, every directory, except the root and the directories in it that do not contain the working
      directory.
    * Everywhere, a directory that everybody may write to.

    The home itself is not a project, even if it is a git work tree.
    """
    own = None if home is None else Path(os.path.realpath(home))
    # Some system users have the root as their home.
    own = None if own is not None and own.parent == own else own

    def may_follow(directory: Path) -> bool:
        if directory == own:
            return True
        here = _here()
        if _work_tree(directory, own) is not None:
            return False
        if own is not None and directory.is_relative_to(own):
            first = own / directory.relative_to(own).parts[0]
            return first.name.startswith(".") and (own.is_relative_to(here) or not here.is_relative_to(first))
        is_on_the_way_home = home is not None and directory in home.parents
        is_top = len(directory.parts) == _TOP_LEVEL_PARTS and not here.is_relative_to(directory)
        is_systems = is_top or directory == Path(directory.anchor) or directory.parts[1:2] == ("proc",)
        return (is_on_the_way_home or is_systems) and not _is_world_writable(directory)

    return may_follow


@contextmanager
def open_directory(
    path: Path, may_follow: MayFollow, *, make: bool = False, follow_last: bool = True
) -> Iterator[tuple[Folder, str]]:
    """Open the directory of a file; yield it with the name of the file in it. The name is not a link.

    With `make`, missing directories are made, each for its owner only. Without `follow_last`, the name may be a link.

    Raises:
        LinkInProjectError: if the path contains a link that may not be followed.
        OSError: if the directory does not exist or cannot be opened.
    """
    walk = _Walk(path, may_follow, make=make, follow_last=follow_last)
    try:
        yield walk.walk()
    finally:
        walk.close()


def require_no_link(path: Path, may_follow: MayFollow) -> None:
    """Check that the path of a file, which need not exist, contains no link that may not be followed.

    Raises:
        LinkInProjectError: if it does.
    """
    with suppress(OSError), open_directory(path, may_follow):
        pass


class _Walk:
    """Walks to a file, one name at a time; each link is checked before it is followed."""

    def __init__(self, path: Path, may_follow: MayFollow, *, make: bool, follow_last: bool) -> None:
        here = _here()
        whole = here / path
        self._path_of, self._may_follow, self._make, self._follow_last = path, may_follow, make, follow_last
        self._links = 0
        self._folder = _start(here if whole.is_relative_to(here) else Path(whole.anchor))
        self._parts = list(whole.relative_to(self._folder.path).parts)

    def walk(self) -> tuple[Folder, str]:
        while self._parts:
            part = self._parts.pop(0)
            is_last = not self._parts
            target = self._folder.link(part) if self._follow_last or not is_last else None
            if target is not None:
                self._follow(part, target)
            elif is_last and part != "..":
                return self._folder, part
            else:
                self._enter(part)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))

    def close(self) -> None:
        if self._folder.descriptor is not None:
            os.close(self._folder.descriptor)

    def _follow(self, part: str, target: str) -> None:
        if not self._may_follow(self._folder.path):
            raise LinkInProjectError(
                f"{_display_path(self._folder.path / part)} is a link to {printable(target)}, and nothing is written "
                "through a link in a project",
                where=_display_path(self._path_of),
                hint="Remove the link, or name the file that it points to.",
            )
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target_path = Path(target)
        if target_path.is_absolute():
            self._move_to(_start(Path(target_path.anchor)))
        self._parts = [*target_path.parts[1 if target_path.is_absolute() else 0 :], *self._parts]

    def _enter(self, part: str) -> None:
        if self._make and self._folder.status(part) is None:
            with suppress(FileExistsError):
                self._folder.make(part)
        self._move_to(self._folder.below(part))

    def _move_to(self, folder: Folder) -> None:
        self.close()
        self._folder = folder


def _start(directory: Path) -> Folder:
    if not _HAS_DESCRIPTORS:
        return Folder(directory, None)
    # This user may not be allowed to open the directories above the working directory.
    return Folder(directory, os.open("." if directory == _here() else directory, _TRAVERSE_FLAGS))


def _here() -> Path:
    """Return the real path of the working directory."""
    return Path(os.path.realpath(Path.cwd()))


def _is_world_writable(directory: Path) -> bool:
    """Return whether everybody may write to a directory, such as /tmp: a link there may be another user's."""
    return bool(directory.stat().st_mode & stat.S_IWOTH)


def _display_path(path: Path) -> str:
    here = _here()
    return printable(f"./{path.relative_to(here).as_posix()}" if path.is_relative_to(here) else str(path))


def _work_tree(directory: Path, home: Path | None) -> Path | None:
    """Return the git work tree that contains a directory; None if there is none, or if it is the home itself."""
    tree = next((above for above in (directory, *directory.parents) if os.path.lexists(above / ".git")), None)
    return None if tree == home else tree
