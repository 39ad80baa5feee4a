"""The error for a program that exists but cannot be started."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from qwen_schema import UsageError, printable

if TYPE_CHECKING:
    from pathlib import Path

# The hints for errors of the system.
_HINTS = {
    errno.ENOEXEC: "Name a program for this system. A script begins with a line such as #!/bin/sh.",
    errno.ENOENT: "The interpreter that its first line names, or the loader that it needs, does not exist.",
    errno.EACCES: "The interpreter that its first line names is not executable, or its disk is mounted with noexec.",
    errno.E2BIG: "Use fewer or shorter arguments and variables.",
}


def cannot_start(program: Path, error: OSError | ValueError) -> UsageError:
    """Return the error for a program, with a hint for the error of the system."""
    where = printable(str(program))
    if not isinstance(error, OSError):
        hint = "Remove the NUL character from the arguments and the environment."
        return UsageError("it cannot be started: a NUL character in an argument or a variable", where=where, hint=hint)
    hint = _HINTS.get(error.errno or 0, "Run it without qwen-cfg to see whether it works.")
    return UsageError(f"it cannot be started: {error.strerror}", where=where, hint=hint)
