"""The home directory, and the directory of Qwen Code's files for the user, in the home or elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.layers import ENV_FILE, ENVIRONMENT
from qwen_cfg.core.paths import OAUTH_CACHE_NAME, home_level_files, inside
from qwen_cfg.core.place import Place
from qwen_cfg.core.world import QwenDirectory
from qwen_schema.envfile import last_of_each
from qwen_schema.records import record

from .disk import is_missing, real

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.world import Start
    from qwen_schema import Profile

    from .disk import DiskReader


@record
class Home:
    """The home directory, or the reason why there is none."""

    path: Path | None
    problem: str = ""


def home_of(environ: Mapping[str, str]) -> Home:
    """Return the home directory of an environment; without `HOME`, the home of the user's account."""
    variable = "USERPROFILE" if os.name == "nt" else "HOME"
    if variable in environ:
        return Home(Path(environ[variable]) if environ[variable] else None, _home_problem(variable, environ[variable]))
    account = _account_home()
    return Home(account, "" if account else f"{variable} is not set, and this account has no home")


def usable_home(home: Home, cwd: Path) -> Home:
    """Return the home with its links resolved, or with the reason why it cannot be used.

    `cwd` is the working directory with its links resolved, so a home above it has none.
    """
    if home.path is None or not home.path.is_absolute():
        return Home(None, home.problem or "the home is not an absolute path")
    if is_missing(home.path):
        wrong = "is not a directory" if os.path.exists(home.path) else "does not exist"  # noqa: PTH110 - never raises
        return Home(real(home.path), f"the home directory {wrong}: {home.path.as_posix()}")
    is_above = f"{cwd}{os.sep}".startswith(f"{home.path}{os.sep}")
    return Home(home.path if is_above else real(home.path), home.problem)


def find_qwen_directory(start: Start, profile: Profile, reader: DiskReader) -> QwenDirectory:
    """Return the user's Qwen directory: `~/.qwen`, or the directory that the profile's variable names.

    The variable in the environment is used, even if it is empty, which means `~/.qwen`; else the variable in the first
    home-level file that sets it, if env files are searched at all. `~` is the home, and a relative path starts from the
    working directory (QwenLM/qwen-code#2953).
    """
    text, origin = _directory_variable(start, profile, reader)
    moved, problem = _directory_named(text, start, profile.directory_variable, reader) if text else (None, "")
    directory = moved or (inside(start.home, ".qwen") if start.home is not None else None)
    return QwenDirectory(
        moved_to=moved,
        reach="user" if text and (_starts_at_home(text) or Path(text).is_absolute()) else "project",
        origin=origin,
        text=text,
        problem=problem,
        login=reader.existing_file(inside(directory, OAUTH_CACHE_NAME)) if directory is not None else None,
        settings=reader.existing_file(inside(directory, "settings.json")) if directory is not None else None,
    )


def _directory_variable(start: Start, profile: Profile, reader: DiskReader) -> tuple[str, Origin | None]:
    """Return the value of the variable that may move the directory, and its origin."""
    variable = profile.directory_variable
    if variable in start.environ:
        return str(start.environ[variable]), ENVIRONMENT.origin(variable, variable)
    if not variable or start.choice.chosen_by != "search":
        return "", None
    for rank, path in enumerate(home_level_files(start.home)):
        assignment = last_of_each(reader.look(path).assignments(start.dialect)).get(variable)
        if assignment is not None and assignment.value:
            place = Place(path, "user", rank)
            return assignment.value, ENV_FILE.origin_of(assignment, place, start.standpoint.show(path))
    return "", None


def _directory_named(text: str, start: Start, variable: str, reader: DiskReader) -> tuple[Path | None, str]:
    """Return the directory that a text names, or None and the reason why it names none."""
    if "\0" in text:
        return None, f"{variable} contains a NUL character"
    path = Path(text)
    if _starts_at_home(text):
        if start.home is None:
            return None, f"{variable} starts from the home (~), but there is no home"
        path = start.home.joinpath(*Path(text.replace("\\", "/") if text.startswith("~\\") else text).parts[1:])
    directory = real(start.cwd / path)
    if reader.existing_file(directory) is not None:
        return None, f"{variable} names a file: {text}"
    plain = start.home / ".qwen" if start.home is not None else None
    return (plain if plain is not None and directory == real(plain) else directory), ""


def _starts_at_home(text: str) -> bool:
    """Return whether a path starts from the home; `~name` is an ordinary relative path."""
    return text == "~" or text.startswith(("~/", "~\\"))


def _home_problem(variable: str, value: str) -> str:
    if not value:
        return f"{variable} is empty"
    return "" if Path(value).is_absolute() else f"{variable} is not an absolute path: {value}"


def _account_home() -> Path | None:
    if os.name == "nt":
        return None
    import pwd  # noqa: PLC0415 - rarely needed, and not on Windows

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None
