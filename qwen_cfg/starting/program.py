"""Finds a program as a shell does, and replaces this process by it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from qwen_cfg.reading.start_errors import cannot_start
from qwen_schema import UsageError, did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Signals that Python ignores; a started program would inherit that.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")


def program_named(name: str, environ: Mapping[str, str]) -> Path:
    """Return the program that a shell would start for a word. Relative directories on the PATH are skipped.

    Raises:
        UsageError: if the program does not exist, or is not executable.
    """
    if not name:
        raise UsageError("the name of the program is empty", hint="Name a program after --.")
    if os.sep in name:
        path = Path(os.path.abspath(name))  # noqa: PTH100 - a link stays one
        if not path.exists():
            raise UsageError(f"{printable(name)} was not found", hint="No such file.")
        _require_executable(path, name)
        return path
    directories = [Path(d) for d in environ.get("PATH", os.defpath).split(os.pathsep) if Path(d).is_absolute()]
    found = [path for d in directories if _is_file(path := d / name)]
    path_or_none = next((path for path in found if os.access(path, os.X_OK)), None)
    if path_or_none is not None:
        return path_or_none
    if found:
        _require_executable(found[0], str(found[0]))
    near = did_you_mean(name, [n for n in ("qwen", "python", "python3", "node") if n != name])
    raise UsageError(f"{printable(name)} was not found on the PATH", hint=f"{near}{_to_install(name)}")


def replace_process(program: Path, words: Sequence[str], environ: Mapping[str, str], keep_open: int | None) -> NoReturn:
    """Replace this process by a program; a descriptor stays open in it.

    Raises:
        UsageError: if the system cannot start it.
    """
    if keep_open is not None:
        os.set_inheritable(keep_open, True)  # noqa: FBT003
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execve(program, [*words], dict(environ))  # noqa: S606 - the user named it, and no shell is needed
    except (OSError, ValueError) as error:
        raise cannot_start(program, error) from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _require_executable(path: Path, name: str) -> None:
    if path.is_dir() or not os.access(path, os.X_OK):
        what = "is a directory" if path.is_dir() else "is not executable"
        raise UsageError(f"{printable(name)} {what}", hint="Name a program.")


def _to_install(name: str) -> str:
    return "To install Qwen Code: npm install -g @qwen-code/qwen-code" if name == "qwen" else "Check its name."
