"""Reads the world that a resolution needs, as plain values: flags, environment, env files and settings files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from qwen_cfg.core.load import load
from qwen_cfg.core.paths import home_level_files, inside
from qwen_cfg.core.search import places
from qwen_cfg.core.similar_names import similar_variable
from qwen_cfg.core.start import SYSTEM_SETTINGS
from qwen_cfg.core.world import EnvFileChoice, GitStatus, Start, World
from qwen_schema import (
    ConfigurationError,
    EnvFileError,
    NotTrustedError,
    QwenCfgError,
    Secret,
    SettingsError,
    declared_fields,
    declared_profiles,
    field_of_variable,
)
from qwen_schema.records import field, record

from .disk import Disk, DiskReader, is_missing, real
from .ownership import allow_none, foreign_owner
from .qwen_home import Home, find_qwen_directory, usable_home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.load import Load
    from qwen_cfg.core.place import Place
    from qwen_cfg.core.world import FlagValue, QwenDirectory
    from qwen_schema import Profile
    from qwen_schema.envfile import Dialect

    from .disk import Look
    from .ownership import Allows, OwnerOf

# The path of Qwen Code's system settings, by platform (packages/cli/src/config/settings.ts).
_SYSTEM_SETTINGS = {
    "darwin": Path("/Library/Application Support/QwenCode/settings.json"),
    "win32": Path("C:/ProgramData/qwen-code/settings.json"),
}

# Returns git's status of a file; None if it is in no work tree.
AsksGit = Callable[[Path], GitStatus | None]


def ask_git(path: Path) -> GitStatus | None:
    """Return git's status of a file; None if it is in no work tree."""
    from .git import status_of  # noqa: PLC0415 - for a file of a project

    return status_of(path)


def read_world(  # noqa: PLR0913 - a world has this many parts
    *,
    flags: Mapping[str, FlagValue],
    environ: Mapping[str, str],
    cwd: Path,
    home: Home,
    profiles: tuple[Profile, ...],
    choice: EnvFileChoice,
    dialect: Dialect,
    survey: bool,
    allows: Allows = allow_none,
    git_status: AsksGit = ask_git,
    owner_of: OwnerOf = foreign_owner,
) -> World:
    """Read everything that resolutions under these profiles depend on.

    With `survey`, places that their searches do not reach are read, too, and the places of all other profiles, for a
    command that explains them; a FIFO there is not read. `allows` returns whether env files of another user may be
    used, `owner_of` returns the owner of a file, and `git_status` git's status of a file, which only a survey needs.

    Raises:
        ConfigurationError: if `cwd` is not a directory.
        EnvFileError: if the file named with --env-file does not exist or is not a file.
    """
    start = _start(flags, environ, cwd, home, choice, dialect, survey=survey)
    parts = _WorldParts(start, Disk(start.standpoint, allows, start.choice.path, owner_of))
    for profile in profiles:
        parts.load(profile, parts.disk.look)
    _require_choice(start, parts.disk.look)
    parts.settings()
    if not survey:
        return _world_of(parts)
    in_git = _in_git(start, parts.disk, git_status)
    parts.survey()
    return _world_of(parts, in_git, tuple(filter(similar_variable, environ)))


def _world_of(
    parts: _WorldParts, in_git: Mapping[Path, GitStatus | None] | None = None, similar_names: tuple[str, ...] = ()
) -> World:
    disk = parts.disk
    return World(
        **vars(parts.start),
        path_states=MappingProxyType(disk.path_states.copy()),
        settings_states=MappingProxyType(disk.settings_states),
        folders=MappingProxyType(disk.folders),
        loads=MappingProxyType(parts.loads),
        directories=MappingProxyType(parts.directories),
        in_git=MappingProxyType(in_git or {}),
        project_settings=parts.project_settings,
        similar_names=similar_names,
    )


def users_directory(
    profile: Profile, environ: Mapping[str, str], cwd: Path, home: Home, dialect: Dialect = "dotenv"
) -> Path | None:
    """Return the directory that the user sets in place of `~/.qwen` under a profile; reads no file of a project.

    Raises:
        ConfigurationError: if `cwd` is not a directory, or a file of the home cannot be read.
    """
    start = _start({}, environ, cwd, home, EnvFileChoice(), dialect, survey=False)
    disk = Disk(start.standpoint)
    return find_qwen_directory(start, profile, DiskReader(disk, disk.survey)).users_own


def _locate(choice: EnvFileChoice, cwd: Path) -> EnvFileChoice:
    if choice.path is None:
        return choice
    # Links are not resolved: /dev/fd/63 and a mounted file must keep their names.
    return EnvFileChoice(choice.chosen_by, Path(os.path.normpath(cwd / choice.path)))


def _start(
    flags: Mapping[str, FlagValue],
    environ: Mapping[str, str],
    cwd: Path,
    home: Home,
    choice: EnvFileChoice,
    dialect: Dialect,
    *,
    survey: bool,
) -> Start:
    cwd = real(cwd)
    if is_missing(cwd):
        raise ConfigurationError("the working directory does not exist", where=str(cwd), hint="Name one that does.")
    home = usable_home(home, cwd)
    return Start(
        cwd=cwd,
        home=home.path,
        home_problem=home.problem,
        flags=MappingProxyType(dict(flags)),
        environ=MappingProxyType(_declared_values(environ)),
        variables=MappingProxyType(dict(environ)),
        system_settings=_SYSTEM_SETTINGS.get(sys.platform, SYSTEM_SETTINGS),
        choice=_locate(choice, cwd),
        dialect=dialect,
        surveyed=survey,
    )


@record
class _WorldParts:
    """The parts of a world while it is read."""

    start: Start
    disk: Disk
    loads: dict[Profile, Load | QwenCfgError] = field(default_factory=dict)
    directories: dict[str, QwenDirectory] = field(default_factory=dict)

    def load(self, profile: Profile, look: Look) -> None:
        """Find the Qwen directory under a profile, and load the profile's files, or store the error."""
        reader = DiskReader(self.disk, look)
        directory = find_qwen_directory(self.start, profile, reader)
        self.directories[profile.directory_variable] = directory
        try:
            self.loads[profile] = load(self.start, profile, directory, reader)
        except (EnvFileError, SettingsError, NotTrustedError) as error:
            self.loads[profile] = error

    @cached_property
    def project_settings(self) -> Path | None:
        """The settings file of the project, if it exists and the working directory is not the home."""
        if self.start.cwd == self.start.home:
            return None
        return self.disk.existing_file(inside(self.start.cwd, ".qwen", "settings.json"))

    def settings(self) -> None:
        """Load the profiles that read settings files, if settings files exist and those profiles are not loaded yet."""
        directories = [inside(self.start.home, ".qwen")] if self.start.home is not None else []
        directories += [d.moved_to for d in self.directories.values() if d.moved_to is not None]
        files = [inside(directory, "settings.json") for directory in directories]
        if self.project_settings is None and not any(map(self.disk.existing_file, files)):
            return
        for profile in declared_profiles().values():
            if profile.reads_settings and profile not in self.loads:
                self.load(profile, self.disk.survey)

    def survey(self) -> None:
        """Read the places of all profiles that have not been read yet."""
        for profile in declared_profiles().values():
            if profile not in self.loads:
                self.load(profile, self.disk.survey)
            for place in self._places(profile):
                self.disk.survey(place.path)

    def _places(self, profile: Profile) -> tuple[Place, ...]:
        """Return the places of a search that are not read, even if an option replaces the search."""
        found = self.loads[profile]
        if self.start.choice.chosen_by == "search" and not isinstance(found, QwenCfgError):
            # The others have been read.
            return found.search.unreached
        directory = self.directories[profile.directory_variable]
        return places(self.start.cwd, self.start.home, profile, EnvFileChoice(), directory)


def _in_git(start: Start, disk: Disk, git_status: AsksGit) -> dict[Path, GitStatus | None]:
    """Return git's status of each env file and settings file read so far, except those of the home."""
    path_states = {**disk.path_states, **disk.settings_states}
    read = [path for path, state in path_states.items() if state.kind == "file" and state.text is not None]
    return {path: git_status(path) for path in read if path not in home_level_files(start.home)}


def _require_choice(start: Start, look: Look) -> None:
    """Raise an error if the env file that the user named is not a file."""
    path = start.choice.path
    if path is not None and not look(path).is_env_file:
        kind = look(path).kind
        what = "does not exist" if kind == "absent" else f"is a {kind}"
        raise EnvFileError(
            f"the env file named with --env-file {what}",
            where=start.standpoint.show(path),
            hint="Name a file, or use no env file: --no-env-file.",
        )


def _declared_values(environ: Mapping[str, str]) -> dict[str, str | Secret]:
    """Return the declared variables of an environment, with keys as secrets."""
    declared = _declared_variables()
    return {
        name: Secret(environ[name]) if declared[name] else environ[name]
        for name in filter(environ.__contains__, declared)
    }


@cache
def _declared_variables() -> Mapping[str, bool]:
    """Return the names of the variables that are read, each with whether it contains a secret."""
    feeds = field_of_variable(declared_fields())
    moving = {profile.directory_variable for profile in declared_profiles().values()}
    return {name: name in feeds and feeds[name].secret for name in (*feeds, *sorted(moving))}
