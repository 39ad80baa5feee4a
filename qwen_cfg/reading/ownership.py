"""Whose file an env file is: one that another user could write decides nothing here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import is_in_qwen_directory
from qwen_schema import NotTrustedError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Tells whether a file may belong to a user, by its path and that user's number.
Allows = Callable[[Path, int], bool]

# Tells which other user an env file belongs to; None for one's own, or for one of root's.
OwnerOf = Callable[[Path], int | None]

_ROOT = 0


class ForeignFileError(NotTrustedError):
    """An env file belongs to another user. `path` is the file and `owner` that user's number."""

    def __init__(self, path: Path, shown: str, owner: int) -> None:
        is_settings = path.suffix == ".json"
        file = "this settings file" if is_settings else "this env file"
        what = f"{file}, or what holds it," if is_in_qwen_directory(path) else file
        without = "" if is_settings else "To do without it: --no-env-file, or name another: --env-file."
        super().__init__(
            f"{what} belongs to {_name_of(owner)}, who could decide with it where your keys go",
            where=shown,
            hint=f"If that is right: qwen-cfg trust, or in CI QWEN_CFG_TRUST_PROJECT=1. {without}".rstrip(),
        )
        self.path = path
        self.owner = owner


def allow_none(path: Path, owner: int) -> bool:  # noqa: ARG001 - an `Allows`
    """Allow no other user."""
    return False


def foreign_owner(path: Path, environ: Mapping[str, str] | None = None) -> int | None:
    """Return the number of another user, neither root nor the caller, to whom an env file belongs; None without one.

    The file counts, the link that stands in its place, and the `.qwen` that holds it (git's safe.directory has the
    same rule for repositories since CVE-2022-24765). The user behind sudo, whom `environ` names (by
    default that of this process), is the caller too.

    Raises:
        OSError: if the file cannot be looked at.
    """
    if os.name != "posix":
        return None
    known = {_ROOT, os.geteuid(), *_behind_sudo(os.environ if environ is None else environ)}
    holder = path.parent
    places = [path.stat(), path.lstat(), *([holder.stat(), holder.lstat()] if is_in_qwen_directory(path) else [])]
    return next((status.st_uid for status in places if status.st_uid not in known), None)


def refused(
    path: Path, shown: str, allows: Allows, environ: Mapping[str, str] | None = None
) -> ForeignFileError | None:
    """Return the error of an env file that belongs to another user whom nobody allows; None if it does not.

    Raises:
        OSError: if the file cannot be looked at.
    """
    owner = foreign_owner(path, environ)
    return None if owner is None or allows(path, owner) else ForeignFileError(path, shown, owner)


def _behind_sudo(environ: Mapping[str, str]) -> tuple[int, ...]:
    """Return the user who became root."""
    text = environ.get("SUDO_UID", "")
    return (int(text),) if os.geteuid() == _ROOT and text.isdecimal() else ()


def _name_of(owner: int) -> str:
    import pwd  # noqa: PLC0415 - rarely needed, and not on Windows

    try:
        return f"the user {pwd.getpwuid(owner).pw_name}"
    except KeyError:
        return f"the user number {owner}"
