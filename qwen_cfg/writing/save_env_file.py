"""Saves settings in `.qwen/.env` of the working directory, for the next session."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import Standpoint
from qwen_cfg.reading.git import may_be_tracked
from qwen_schema import ConfigurationError, OutputError, Secret, declared_fields, is_unicode
from qwen_schema.bounded import LARGEST_BYTES, kind_of
from qwen_schema.envfile import read_env_text
from qwen_schema.folders import any_link, no_link, open_directory, require_no_link
from qwen_schema.records import record
from qwen_schema.save import save

from .assignment import CannotAssignError, assign
from .gitignore import keep_out, require_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_schema.folders import MayFollow

    from .gitignore import Accept


@record
class EnvFileUpdate:
    """The env file that settings were saved in, its path for display, and messages about the changes."""

    path: Path
    shown: str
    done: tuple[str, ...]


def save_settings(
    values: Mapping[str, str | Secret],
    cwd: Path,
    home: Path | None = None,
    accept: Accept | None = None,
    variables: Mapping[str, str] | None = None,
) -> EnvFileUpdate:
    """Save settings, texts by field, in `.qwen/.env` of a directory; git ignores the file before it contains a key.

    Each setting is assigned to the first variable of its field, or to the one that `variables` names for it. A variable
    that stands for one value of its field is set for that value only. The file is written completely or not at all,
    with mode 0600. Links are followed only in the home. If git does not ignore the file, `accept` decides.

    Raises:
        ConfigurationError: if the existing file cannot be read, or a value cannot be written in it.
        OutputError: if the file cannot be written, git tracks it or does not ignore it, or its path has a project's
        link.
    """
    cwd, home = Path(os.path.realpath(cwd)), None if home is None else Path(os.path.realpath(home))
    standpoint = Standpoint(cwd, home)
    path = env_file_of(cwd)
    shown = standpoint.show(path)
    may_follow = any_link if cwd == home else no_link
    require_no_link(path, may_follow)
    text = _present_text(path, shown)
    _refuse_tracked(path, shown)
    new = _assign(text, _variables(values, variables or {}), shown)
    # Links are followed only in the home, where the user made them. The user is asked only once.
    once = cache(accept or _no) if Path(os.path.realpath(path)) == path else _yes
    with _directory(path, shown, may_follow):
        # Even if the program is killed here, git never adds a file with a key.
        ignored = keep_out(path, standpoint, once)
        save(path, new, may_follow=may_follow, private=True, require=partial(require_out, shown=shown, accept=once))
    return EnvFileUpdate(path, shown, (f"saved in {shown} (mode 0600)", *ignored))


def _yes(_reason: str) -> bool:
    return True


def _no(_reason: str) -> bool:
    return False


def env_file_of(cwd: Path) -> Path:
    """Return the path of the env file in which a working directory's settings are saved."""
    return cwd / ".qwen" / ".env"


def _present_text(path: Path, shown: str) -> str:
    try:
        kind = kind_of(path.stat().st_mode)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _error(f"nothing can be saved here: {error.strerror}", shown) from None
    if kind != "file":
        raise _error(f"nothing can be saved here: it is a {kind}", shown)
    return read_env_text(path, shown)


def _refuse_tracked(path: Path, shown: str) -> None:
    """Raise an error if git tracks the target of a path."""
    if may_be_tracked(Path(os.path.realpath(path))):
        raise OutputError(
            "git tracks this file or may track it, so the key would be committed",
            where=shown,
            hint=f"Remove it from version control (git rm --cached {path.name} in its directory), or use the settings "
            "only in this session.",
        )


def _assign(text: str, variables: Mapping[str, str], shown: str) -> str:
    try:
        new = assign(text, variables)
    except CannotAssignError as error:
        raise ConfigurationError(
            f"{error.name} cannot be written in this file so that every program, and a shell that sources it, reads "
            f"the exact value{f': it contains {error.why}' if error.why else ''}",
            where=shown,
            hint=f"{'Remove that part' if error.why else 'Look for an unclosed quote in the file'}, or use the "
            "settings only in this session.",
        ) from None
    if "\x00" in new or not is_unicode(new) or len(new.encode()) > LARGEST_BYTES:
        raise ConfigurationError(
            "the settings do not fit into an env file: it would not be UTF-8 text of at most 1 MiB",
            where=shown,
            hint="Use the settings only in this session.",
        )
    return new


def _variables(values: Mapping[str, str | Secret], named: Mapping[str, str]) -> dict[str, str]:
    variables = {}
    for name, value in values.items():
        variable, text = declared_fields()[name].variables[0], value.reveal() if isinstance(value, Secret) else value
        if variable.means in (None, text):
            variables[named.get(name, variable.name)] = text if variable.means is None else "1"
    return variables


@contextmanager
def _directory(path: Path, shown: str, may_follow: MayFollow) -> Iterator[None]:
    """Make the directory of the file; remove it again if it is new and the block raises an OutputError."""
    is_new = not os.path.lexists(path.parent)
    try:
        with open_directory(path, may_follow, make=True):
            pass
    except OSError as error:
        raise _error(f"its directory cannot be created: {error.strerror}", shown) from None
    try:
        yield
    except OutputError:
        if is_new:
            with suppress(OSError):
                path.parent.rmdir()
        raise


def _error(what: str, shown: str) -> OutputError:
    return OutputError(what, where=shown, hint="Move it, or use the settings only in this session.")
