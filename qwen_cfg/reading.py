"""Reading the world: flags, environment and the env files that a resolution needs, into plain values."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import (
    ConfigurationError,
    EnvFileError,
    Profile,
    Secret,
    declared_fields,
    field_of_variable,
    located,
)

from .disk import Disk, exists, real
from .paths import OAUTH_CACHE, Standpoint
from .search import places, search
from .world import EnvFileChoice, Given, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Field
    from qwen_schema.envfile import Dialect


@dataclass(frozen=True)
class Home:
    """The home directory, or the reason why there is none."""

    path: Path | None
    problem: str = ""


def read_world(
    *,
    flags: Mapping[str, Given],
    environ: Mapping[str, str],
    cwd: Path,
    home: Home,
    profile: Profile,
    choice: EnvFileChoice,
    dialect: Dialect,
    survey: bool,
) -> World:
    """Read everything that a resolution depends on.

    With `survey`, the places that the search never reaches are looked at too, for a command that explains them.

    Raises:
        ConfigurationError: if `cwd` is no directory.
        EnvFileError: if the env file named with --env-file does not exist or is none.
    """
    cwd = real(cwd)
    if _is_missing(cwd):
        raise ConfigurationError("the working directory does not exist", where=str(cwd), hint="Name one that does.")
    home = _checked(home)
    standpoint = Standpoint(cwd, home.path)
    choice = _located(choice, cwd)
    disk = Disk(standpoint)
    ordered = places(cwd, home.path, profile, choice)
    search(ordered, profile, disk.look)
    if choice.path is not None:
        _require_file(choice.path, disk, standpoint)
    if survey:
        for place in places(cwd, home.path, profile, EnvFileChoice()):
            disk.survey(place.path)
    return World(
        cwd=cwd,
        home=home.path,
        home_problem=home.problem,
        flags=flags,
        environ=_declared(environ, declared_fields()),
        sightings=disk.sightings,
        choice=choice,
        dialect=dialect,
        oauth_cache=_oauth_cache(cwd, home.path),
        settings_files=_settings_files(cwd, home.path) if survey else (),
    )


def home_of(environ: Mapping[str, str]) -> Home:
    """Return the home directory that an environment names; without `HOME`, the one of the user's account."""
    variable = "USERPROFILE" if os.name == "nt" else "HOME"
    if variable in environ:
        return Home(Path(environ[variable]) if environ[variable] else None, _home_problem(variable, environ[variable]))
    account = _account_home()
    return Home(account, "" if account else f"{variable} is not set, and this account has no home")


def working_directory() -> Path:
    """Return the working directory.

    Raises:
        ConfigurationError: if it has been deleted, or may not be looked at.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigurationError(
            f"the working directory cannot be found: {error.strerror}",
            where=os.environ.get("PWD", ""),
            hint="It was deleted or moved, it seems. Change into a directory that exists.",
        ) from None


def _home_problem(variable: str, value: str) -> str:
    if not value:
        return f"{variable} is empty"
    return "" if Path(value).is_absolute() else f"{variable} is not an absolute path: {value}"


def _checked(home: Home) -> Home:
    """Return the home with its links resolved; one that is not absolute is none."""
    if home.path is None or not home.path.is_absolute():
        return Home(None, home.problem or "the home is not an absolute path")
    if _is_missing(home.path):
        wrong = "is not a directory" if os.path.exists(home.path) else "does not exist"  # noqa: PTH110 - a name that is too long does not
        return Home(real(home.path), f"the home directory {wrong}: {home.path.as_posix()}")
    return Home(real(home.path), home.problem)


def _account_home() -> Path | None:
    if os.name == "nt":
        return None
    import pwd  # noqa: PLC0415 - rarely needed, and not on Windows

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None


def _is_missing(directory: Path) -> bool:
    """Tell whether there is no such directory; one that may not be looked at is left to the search."""
    try:
        return not stat.S_ISDIR(directory.stat().st_mode)
    except PermissionError:
        return False
    except OSError:
        return True


def _located(choice: EnvFileChoice, cwd: Path) -> EnvFileChoice:
    if choice.path is None:
        return choice
    # Links in it are kept: /dev/fd/63 and a mounted file are what they are called.
    return EnvFileChoice(choice.chosen_by, Path(os.path.normpath(cwd / choice.path)))


def _require_file(path: Path, disk: Disk, standpoint: Standpoint) -> None:
    sighting = disk.look(path)
    if not sighting.is_env_file:
        what = "does not exist" if sighting.kind == "absent" else f"is a {sighting.kind}"
        raise EnvFileError(
            f"the env file named with --env-file {what}",
            where=standpoint.show(path),
            hint="Name a file, or do without one: --no-env-file.",
        )


def _declared(environ: Mapping[str, str], fields: Mapping[str, Field]) -> dict[str, str | Secret]:
    """Return the declared variables of an environment; the others are none of this program's business."""
    feeds = field_of_variable(fields)
    return {
        name: Secret(environ[name]) if feed.secret else environ[name] for name, feed in feeds.items() if name in environ
    }


def _oauth_cache(cwd: Path, home: Path | None) -> Path | None:
    cache = located(OAUTH_CACHE, base=cwd, home=home) if home is not None else None
    return cache if cache is not None and exists(cache) else None


def _settings_files(cwd: Path, home: Path | None) -> tuple[Path, ...]:
    directories = dict.fromkeys([cwd, *([home] if home is not None else [])])
    files = (directory / ".qwen" / "settings.json" for directory in directories)
    return tuple(file for file in files if exists(file))
