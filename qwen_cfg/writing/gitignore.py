"""Keeps an env file out of version control: adds a line to `.gitignore`, and checks that git ignores the file."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.reading.git import in_work_tree, is_ignored
from qwen_cfg.reading.git_command import is_installed
from qwen_schema import OutputError
from qwen_schema.bounded import LARGEST_BYTES, Unreadable, kind_of, read_file
from qwen_schema.folders import no_link, open_directory
from qwen_schema.records import record

if TYPE_CHECKING:
    from qwen_cfg.core.paths import Standpoint

LINE = ".qwen/.env"

# Shows the user why git might add a file, and returns whether to write a key into it nevertheless.
Accept = Callable[[str], bool]

# Lines that ignore the file, too; used only if git cannot be asked.
_AS_GOOD = {LINE, f"/{LINE}", ".qwen", ".qwen/", "/.qwen", "/.qwen/", ".qwen/*", ".env", "*.env", ".env*"}


@record
class _IgnoreLine:
    """The size of `.gitignore` before the line was appended, None for a new file; or why it was not appended."""

    size: int | None = None
    obstacle: str = ""


def keep_out(path: Path, standpoint: Standpoint, accept: Accept | None = None) -> tuple[str, ...]:
    """Make git ignore `.qwen/.env` of the working directory, and return messages about the changes.

    The file need not exist yet: it is written after git ignores it. In a work tree, git is asked. If it does not ignore
    the file, `accept` decides; without `accept`, the answer is no.

    Raises:
        OutputError: if git does not ignore the file, or does not answer, and the user does not accept that;
                `.gitignore` is then unchanged.
    """
    real, gitignore = Path(os.path.realpath(path)), path.parent.parent / ".gitignore"
    in_tree = _is_in_work_tree(real)
    if is_ignored(real) if in_tree else _needs_no_line(path, real, gitignore, standpoint):
        return ()
    appended = _append(gitignore) if real == path else _IgnoreLine(obstacle="a link leads to the file")
    done = () if appended.obstacle else (f"added {LINE} to {standpoint.show(gitignore)}",)
    try:
        why = f"{standpoint.show(gitignore)}: {appended.obstacle}" if appended.obstacle else ""
        if require_ignored(real, standpoint.show(real), accept, why) if in_tree else done:
            return done
    except OutputError:
        _remove_line(gitignore, appended)
        raise
    return (
        *done,
        f"make sure that git ignores {standpoint.show(real)}: the file contains the key and is not ignored yet",
    )


def require_ignored(path: Path, shown: str, accept: Accept | None, why: str = "") -> bool:
    """Return whether git ignores a file of a work tree; false if it does not and the user accepts that.

    Raises:
        OutputError: if git does not ignore the file and the user does not accept that.
    """
    ignored = is_ignored(path)
    if ignored:
        return True
    what = "git does not ignore this file" if ignored is False else "git does not report whether it ignores this file"
    what = f"{what}, and the next commit could publish the key{f' ({why})' if why else ''}"
    if accept is None or not accept(f"{shown}: {what}"):
        raise OutputError(
            what,
            where=shown,
            hint=f"Make git ignore it. To see the rule: git check-ignore -v {shlex.quote(shown)}",
        )
    return False


def require_out(path: Path, *, shown: str, accept: Accept | None) -> None:
    """Check that git ignores a file, that it is in no work tree, or that the user accepts that it is not ignored.

    Raises:
        OutputError: if none of these holds.
    """
    if _is_in_work_tree(path):
        require_ignored(path, shown, accept)


def _is_in_work_tree(path: Path) -> bool:
    """Return whether a file is in a work tree and git is installed: without git, nothing is committed here."""
    return in_work_tree(path) and is_installed()


def _needs_no_line(path: Path, real: Path, gitignore: Path, standpoint: Standpoint) -> bool:
    """Return whether a file outside of a work tree needs no line: a link, a file of the home, or a listed file."""
    return real != path or standpoint.cwd == standpoint.home or _is_listed(gitignore)


def _is_listed(gitignore: Path) -> bool:
    try:
        lines = read_file(gitignore).decode("utf-8", "replace").splitlines()
    except (OSError, Unreadable):
        return False
    return any(line.strip() in _AS_GOOD for line in lines)


def _append(gitignore: Path) -> _IgnoreLine:
    """Append the line, only to a regular file."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    try:
        # git does not follow a link with this name, either (gitignore(5)).
        with open_directory(gitignore, no_link) as (folder, name):
            there = folder.status(name)
            obstacle = "" if there is None or stat.S_ISLNK(there.st_mode) else _obstacle(there)
            if obstacle:
                return _IgnoreLine(obstacle=obstacle)
            with os.fdopen(folder.open(name, flags, 0o666), "rb+") as file:
                content = file.read()
                file.write(_separator(content) + LINE.encode() + b"\n")
    except OSError as error:
        return _IgnoreLine(obstacle=f"it cannot be written: {error.strerror or error}")
    except OutputError as error:
        return _IgnoreLine(obstacle=error.what)
    return _IgnoreLine(None if there is None else len(content))


def _obstacle(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return f"it is a {kind_of(status.st_mode)}"
    return "it is over 1 MiB" if status.st_size > LARGEST_BYTES else ""


def _remove_line(gitignore: Path, appended: _IgnoreLine) -> None:
    """Remove the appended line."""
    if appended.obstacle:
        return
    with suppress(OSError, OutputError), open_directory(gitignore, no_link) as (folder, name):
        if appended.size is None:
            folder.unlink(name)
            return
        descriptor = folder.open(name, os.O_RDWR)
        try:
            os.ftruncate(descriptor, appended.size)
        finally:
            os.close(descriptor)


def _separator(content: bytes) -> bytes:
    """Return the text between the existing content and a new line."""
    return b"" if not content or content.endswith(b"\n") else b"\n"
