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


# The displayed paths, by the texts of the standpoint and the path.
_display_texts: dict[tuple[type[PurePath], str, str | None, str], str] = {}
_MOST_SHOWN = 4096


@record
class Standpoint:
    """The working directory and the home that paths are relative to; both without links."""

    cwd: PurePath
    home: PurePath | None

    def show(self, path: PurePath) -> str:
        """Return the path of a file for display.

        A home-level file is shown with `~/`, and a file in a directory between here and the root with `./` or `../`.
        For other files, `~/` is used below the home, and else the absolute path.
        """
        key = type(path), str(self.cwd), text_of(self.home), str(path)
        if key not in _display_texts:
            if len(_display_texts) >= _MOST_SHOWN:
                _display_texts.clear()
            _display_texts[key] = self._show(path)
        return _display_texts[key]

    def _show(self, path: PurePath) -> str:
        if path in home_level_files(self.home):
            return self._from_home(path)
        common = _common_length(self.cwd, path)
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
        assert self.home is not None  # noqa: S101 - callers have checked it
        return "~/" + ("/".join(path.parts[len(self.home.parts) :]) or ".")

    def _from_cwd(self, path: PurePath, common: int) -> str:
        up = len(self.cwd.parts) - common
        return "../" * up + ("" if up else "./") + ("/".join(path.parts[common:]) or ".")


def text_of(path: PurePath | None) -> str | None:
    """Return the text of a path; None if there is no path.

    Caches use texts as keys, since two paths of Windows that differ only in case are equal.
    """
    return None if path is None else str(path)


def inside(directory: P, *names: str) -> P:
    """Return a path inside a directory."""
    return _inside(type(directory), str(directory), names)  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _inside(kind: type[PurePath], directory_text: str, names: tuple[str, ...]) -> PurePath:
    """Return the path. The result is cached, since every profile and every resolution needs the same few paths."""
    return kind(directory_text, *names)


def home_level_files(home: P | None, moved: P | None = None) -> tuple[P, ...]:
    """Return the env files of a home in the order of the search, each once.

    `moved` is the directory in place of `~/.qwen`, if there is one; its `.env` comes first.
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
    """Return an absolute path without `..`. Each `..` removes the part before it; links are not read."""
    parts: list[str] = []
    for part in path.parts[1:]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return type(path)(path.anchor, *parts)


def is_in_qwen_directory(path: PurePath) -> bool:
    """Return whether an env file is a `.qwen/.env`, which may set every variable."""
    return path.parent.name == ".qwen"


def _directory(path: PurePath) -> PurePath:
    """Return the directory that an env file belongs to; for `.qwen/.env` the parent of `.qwen`."""
    return path.parent.parent if is_in_qwen_directory(path) else path.parent


def _is_in(path: PurePath, directory: PurePath) -> bool:
    """Return whether a path is equal to a directory or below it."""
    return _common_length(path, directory) == len(directory.parts)


def _common_length(one: PurePath, other: PurePath) -> int:
    """Return the number of equal parts at the beginning of two paths, including the root."""
    some, others = _comparable_parts(one), _comparable_parts(other)
    least, most = 0, min(len(some), len(others))
    while least < most:
        # A binary search, since paths may be deep.
        middle = (least + most + 1) // 2
        if some[least:middle] == others[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _comparable_parts(path: PurePath) -> tuple[str, ...]:
    return tuple(map(str.lower, path.parts)) if isinstance(path, PureWindowsPath) else path.parts
