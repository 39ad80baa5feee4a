"""The owner of an env file: a file that another user can write is not used without the user's approval."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import is_in_qwen_directory
from qwen_schema import NotTrustedError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Returns whether the user approves a file of another user; the arguments are the path and that user's ID.
Allows = Callable[[Path, int], bool]

# Returns the ID of the other user who owns an env file; None if the owner is the user or root.
OwnerOf = Callable[[Path], int | None]

_ROOT = 0


class ForeignFileError(NotTrustedError):
    """An env file belongs to another user. `path` is the file and `owner` that user's ID."""

    def __init__(self, path: Path, shown: str, owner: int) -> None:
        is_settings = path.suffix == ".json"
        file = "this settings file" if is_settings else "this env file"
        what = f"{file}, or its directory," if is_in_qwen_directory(path) else file
        without = "" if is_settings else "To use no env file: --no-env-file; to use another: --env-file."
        super().__init__(
            f"{what} belongs to {_name_of(owner)}, who could change where your keys are sent",
            where=shown,
            hint=f"To use it: qwen-cfg trust, or in CI QWEN_CFG_TRUST_PROJECT=1. {without}".rstrip(),
        )
        self.path = path
        self.owner = owner


def allow_none(path: Path, owner: int) -> bool:  # noqa: ARG001 - an `Allows`
    """Return False: no other user is allowed."""
    return False


def foreign_owner(path: Path, environ: Mapping[str, str] | None = None) -> int | None:
    """Return the ID of the other user who owns an env file; None if the owner is the caller or root.

    The owners of the file, of a link in its place, and of its `.qwen` directory are checked (git's safe.directory has
    the same rule for repositories since CVE-2022-24765). The user who called sudo, whom `environ` names (by default the
    environment of this process), counts as the caller, too.

    Raises:
        OSError: if the file's status cannot be read.
    """
    if os.name != "posix":
        return None
    known = {_ROOT, os.geteuid(), *_behind_sudo(os.environ if environ is None else environ)}
    places = (path, path.parent) if is_in_qwen_directory(path) else (path,)
    return next((owner for place in places for owner in _owners(place) if owner not in known), None)


def _owners(path: Path) -> tuple[int, ...]:
    """Return the ID of a file's owner, and, if a link is in its place, then that of the link's owner."""
    status = path.lstat()
    return (path.stat().st_uid, status.st_uid) if stat.S_ISLNK(status.st_mode) else (status.st_uid,)


def ownership_error(
    path: Path, shown: str, allows: Allows, environ: Mapping[str, str] | None = None
) -> ForeignFileError | None:
    """Return the error for an env file of another user who is not allowed; None if the file may be used.

    Raises:
        OSError: if the file's status cannot be read.
    """
    owner = foreign_owner(path, environ)
    return None if owner is None or allows(path, owner) else ForeignFileError(path, shown, owner)


def _behind_sudo(environ: Mapping[str, str]) -> tuple[int, ...]:
    """Return the ID of the user who called sudo, if this process runs as root."""
    text = environ.get("SUDO_UID", "")
    return (int(text),) if os.geteuid() == _ROOT and text.isdecimal() else ()


def _name_of(owner: int) -> str:
    import pwd  # noqa: PLC0415 - rarely needed, and not on Windows

    try:
        return f"the user {pwd.getpwuid(owner).pw_name}"
    except KeyError:
        return f"the user number {owner}"
