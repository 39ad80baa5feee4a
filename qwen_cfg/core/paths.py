"""The displayed and written form of paths, with `./`, `../` and `~/`, so that they are the same on every machine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath, PureWindowsPath
from typing import TypeVar

from qwen_schema.records import record

P = TypeVar("P", bound=PurePath)


# The file of the login that Qwen Code and this program share.
OAUTH_CACHE = "~/.qwen/oauth_creds.json"
OAUTH_CACHE_NAME = "oauth_creds.json"


# How paths are shown, by the texts of the standpoint and the path.
_shown: dict[tuple[type[PurePath], str, str | None, str], str] = {}
_MOST_SHOWN = 4096


@record
class Standpoint:
    """The working directory and the home that paths are relative to; both without links."""

    cwd: PurePath
    home: PurePath | None

    def show(self, path: PurePath) -> str:
        """Return the path of a file for display.

        A home-level file is shown with `~/`, a file of a directory on the way up with `./` or `../`; another one by
        whichever of the two says it without leaving the home, and absolute if neither does.
        """
        said = type(path), str(self.cwd), text_of(self.home), str(path)
        if said not in _shown:
            if len(_shown) >= _MOST_SHOWN:
                _shown.clear()
            _shown[said] = self._show(path)
        return _shown[said]

    def _show(self, path: PurePath) -> str:
        if path in home_level_files(self.home):
            return self._from_home(path)
        common = _shared(self.cwd, path)
        if self.home is not None and _is_in(path, self.home) and common <= len(self.home.parts):
            return self._from_home(path)
        if common > 1 or (common and common == len(_directory(path).parts)):
            return self._from_cwd(path, common)
        return path.as_posix()

    def show_directory(self, path: PurePath) -> str:
        """Return the path of a directory as a shell prompt does: from the home, or absolute."""
        if self.home is None or not _is_in(path, self.home):
            return path.as_posix()
        return self._from_home(path) if path != self.home else "~"

    def _from_home(self, path: PurePath) -> str:
        assert self.home is not None  # noqa: S101 - callers have looked
        return "~/" + ("/".join(path.parts[len(self.home.parts) :]) or ".")

    def _from_cwd(self, path: PurePath, common: int) -> str:
        up = len(self.cwd.parts) - common
        return "../" * up + ("" if up else "./") + ("/".join(path.parts[common:]) or ".")


def text_of(path: PurePath | None) -> str | None:
    """Return the text of a path, if there is one.

    What is remembered of paths is remembered by their texts: two paths of Windows that differ in case are equal.
    """
    return None if path is None else str(path)


def home_level_files(home: P | None, moved: P | None = None) -> tuple[P, ...]:
    """Return the env files of a home in the order in which they are looked at, each once.

    `moved` is the directory that takes the place of `~/.qwen`, where there is one: its `.env` comes first.
    """
    path = moved if home is None else home
    return () if path is None else _home_level_files(type(path), text_of(home), text_of(moved))  # type: ignore[return-value]


@lru_cache(maxsize=16)
def _home_level_files(kind: type[PurePath], home_text: str | None, moved_text: str | None) -> tuple[PurePath, ...]:
    home = None if home_text is None else kind(home_text)
    moved = None if moved_text is None else kind(moved_text)
    in_moved = () if moved is None else (moved / ".env",)
    in_home = () if home is None else (home / ".qwen" / ".env", home / ".env")
    return tuple(dict.fromkeys((*in_moved, *in_home)))


def without_dots(path: PurePath) -> PurePath:
    """Return an absolute path without `..` in it, each taken to lead back the way it came; links are not looked at."""
    parts: list[str] = []
    for part in path.parts[1:]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return type(path)(path.anchor, *parts)


def is_in_qwen_directory(path: PurePath) -> bool:
    """Return whether an env file is a `.qwen/.env`, which may set every variable."""
    return path.parent.name == ".qwen"


def _directory(path: PurePath) -> PurePath:
    """Return the directory that an env file belongs to: for `.qwen/.env` the one that `.qwen` stands in."""
    return path.parent.parent if is_in_qwen_directory(path) else path.parent


def _is_in(path: PurePath, directory: PurePath) -> bool:
    """Return whether a path is a directory, or below it."""
    return _shared(path, directory) == len(directory.parts)


def _shared(one: PurePath, other: PurePath) -> int:
    """Return how many parts, the root among them, two paths have in common from their beginning."""
    some, others = _compared(one), _compared(other)
    least, most = 0, min(len(some), len(others))
    while least < most:
        # Halving compares many parts at once: paths may be deep.
        middle = (least + most + 1) // 2
        if some[least:middle] == others[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _compared(path: PurePath) -> tuple[str, ...]:
    return tuple(map(str.lower, path.parts)) if isinstance(path, PureWindowsPath) else path.parts
