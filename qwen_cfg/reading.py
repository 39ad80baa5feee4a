"""Reading the world: flags, environment and the env files that a resolution needs, into plain values."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import (
    ConfigurationError,
    EnvFileError,
    Secret,
    declared_fields,
    declared_profiles,
    field_of_variable,
)

from .disk import Disk, if_there, is_missing, real
from .git import status_of
from .homes import Home, checked, find_qwen_directory
from .lookalikes import meant
from .owners import allow_none
from .paths import Standpoint, home_level_files
from .search import places_in, search
from .world import EnvFileChoice, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Profile
    from qwen_schema.envfile import Dialect

    from .homes import Look
    from .owners import Allows
    from .world import GitStatus, Given


def read_world(  # noqa: PLR0913 - the world has as many sides
    *,
    flags: Mapping[str, Given],
    environ: Mapping[str, str],
    cwd: Path,
    home: Home,
    profiles: tuple[Profile, ...],
    choice: EnvFileChoice,
    dialect: Dialect,
    survey: bool,
    allows: Allows = allow_none,
) -> World:
    """Read everything that resolutions under some profiles depend on.

    With `survey`, the places that none of their searches reaches are looked at too, and those of every other profile,
    for a command that explains them. A FIFO there is not read. `allows` tells whose env files may count beside the
    caller's and root's.

    Raises:
        ConfigurationError: if `cwd` is no directory.
        EnvFileError: if the env file named with --env-file does not exist or is none.
    """
    cwd = real(cwd)
    if is_missing(cwd):
        raise ConfigurationError("the working directory does not exist", where=str(cwd), hint="Name one that does.")
    home = checked(home)
    choice = _located(choice, cwd)
    disk = Disk(Standpoint(cwd, home.path), allows, choice.path)
    world = World(
        cwd=cwd,
        home=home.path,
        home_problem=home.problem,
        flags=flags,
        environ=_declared(environ),
        sightings=disk.sightings,
        choice=choice,
        dialect=dialect,
        project_settings=if_there(cwd / ".qwen" / "settings.json") if survey else None,
        surveyed=survey,
        lookalikes=tuple(name for name in environ if meant(name) is not None) if survey else (),
    )
    for profile in profiles:
        world = _with_directory(world, profile, disk.look)
        search(places_in(world, profile), profile, disk.look)
    _require_choice(world)
    return _surveyed(world, disk) if survey else world


def users_directory(
    profile: Profile, environ: Mapping[str, str], cwd: Path, home: Home, dialect: Dialect = "dotenv"
) -> Path | None:
    """Return the directory in place of `~/.qwen` under a profile, where the user says one; no project's file is read.

    Raises:
        ConfigurationError: if `cwd` is no directory, or a file of the home cannot be read.
    """
    choice = EnvFileChoice()
    world = read_world(
        flags={}, environ=environ, cwd=cwd, home=home, profiles=(), choice=choice, dialect=dialect, survey=False
    )
    return find_qwen_directory(world, profile, Disk(world.standpoint, allow_none).survey).users_own


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


def _located(choice: EnvFileChoice, cwd: Path) -> EnvFileChoice:
    if choice.path is None:
        return choice
    # Links in it are kept: /dev/fd/63 and a mounted file are what they are called.
    return EnvFileChoice(choice.chosen_by, Path(os.path.normpath(cwd / choice.path)))


def _with_directory(world: World, profile: Profile, look: Look) -> World:
    found = find_qwen_directory(world, profile, look)
    return replace(world, directories={**world.directories, profile.directory_variable: found})


def _surveyed(world: World, disk: Disk) -> World:
    """Look at every place that any profile knows, and was not looked at yet; and ask git about the files that were."""
    in_git = _in_git(world)
    for profile in declared_profiles().values():
        if profile.directory_variable not in world.directories:
            world = _with_directory(world, profile, disk.survey)
        for place in places_in(world, profile, EnvFileChoice()):
            disk.survey(place.path)
    return replace(world, in_git=in_git)


def _in_git(world: World) -> dict[Path, GitStatus]:
    """Ask git about every project's env file that was read so far."""
    read = [path for path, seen in world.sightings.items() if seen.kind == "file" and seen.text is not None]
    of_projects = [path for path in read if path not in home_level_files(world.home)]
    statuses = {path: status_of(path) for path in of_projects}
    return {path: status for path, status in statuses.items() if status is not None}


def _require_choice(world: World) -> None:
    """Refuse an env file that is named and is none."""
    path = world.choice.path
    if path is not None and not world.look(path).is_env_file:
        kind = world.look(path).kind
        what = "does not exist" if kind == "absent" else f"is a {kind}"
        raise EnvFileError(
            f"the env file named with --env-file {what}",
            where=world.standpoint.show(path),
            hint="Name a file, or do without one: --no-env-file.",
        )


def _declared(environ: Mapping[str, str]) -> dict[str, str | Secret]:
    """Return the declared variables of an environment; the others are none of this program's business."""
    feeds = field_of_variable(declared_fields())
    moving = {profile.directory_variable for profile in declared_profiles().values()}
    return {
        name: Secret(environ[name]) if name in feeds and feeds[name].secret else environ[name]
        for name in (*feeds, *sorted(moving))
        if name in environ
    }
