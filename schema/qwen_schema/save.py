"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from .errors import OutputError

PRIVATE = 0o600


def save(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text to a file, in UTF-8, so that nobody ever sees half of it; `private` makes its mode 0600.

    A file that was there keeps its mode, and a link to it stays one. What is no regular file (a pipe, /dev/null) is
    written to as it is, and so is an open file (/dev/fd/3).

    Raises:
        OutputError: if it cannot be written; what was there is untouched.
    """
    try:
        if _is_special(path):
            _write_through(path, text, private=private)
        else:
            target = Path(os.path.realpath(path))
            _replace(target, text, PRIVATE if private else _mode(target))
    except OSError as error:
        raise OutputError(
            f"the file cannot be written: {error.strerror}",
            where=str(path),
            hint="Is its directory there, and may you write to it?",
        ) from None


def _is_special(path: Path) -> bool:
    """Tell whether a path is something to write to as it is, rather than a file to put into its place."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(status.st_mode) or path.is_relative_to("/dev") or path.is_relative_to("/proc")


def _write_through(target: Path, text: str, *, private: bool) -> None:
    if private:
        raise OutputError(
            "a secret is written to a regular file only",
            where=str(target),
            hint="Name one with -o, or leave the secret out.",
        )
    with target.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _replace(target: Path, text: str, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".qwen-cfg.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode(target: Path) -> int:
    """Return the mode of a file that is there, or the one that the umask leaves a new one."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
