"""The world as plain values: flags, environment and files, read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import field, record

from .path_state import ABSENT, FileProvenance, GitStatus, PathState
from .start import EnvFileChoice, FlagValue, QwenDirectory, Start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePath

    from qwen_schema import Profile, QwenCfgError
    from qwen_schema.envfile import Assignment

    from .load import Load

__all__ = [
    "ABSENT",
    "EnvFileChoice",
    "FileProvenance",
    "FlagValue",
    "GitStatus",
    "PathState",
    "QwenDirectory",
    "Start",
    "World",
]


@record(kw_only=True)
class World(Start):
    """Everything that a resolution depends on. It is made once, after everything has been read.

    `path_states` has the results at the places of env files, `settings_states` those of settings, `directories` the
    Qwen directory by the variable that may move it, and `folders` the paths of folders in trust rules. `loads` has, for
    each profile that the world was read for (after a survey, every profile), its files or the error. After a survey,
    `similar_names` has the names in the environment that are similar to declared variables, and `in_git` git's status
    of each file of the project that was read (None: in no work tree).
    """

    path_states: Mapping[Path, PathState] = field(repr=False)
    loads: Mapping[Profile, Load | QwenCfgError] = field(default_factory=dict)
    directories: Mapping[str, QwenDirectory] = field(default_factory=dict)
    settings_states: Mapping[Path, PathState] = field(default_factory=dict, repr=False)
    folders: Mapping[str, tuple[PurePath, ...]] = field(default_factory=dict)
    project_settings: Path | None = None
    similar_names: tuple[str, ...] = ()
    in_git: Mapping[Path, GitStatus | None] = field(default_factory=dict)

    def qwen_directory(self, profile: Profile) -> QwenDirectory:
        """Return the user's Qwen directory under a profile."""
        return self.directories.get(profile.directory_variable, QwenDirectory())

    def look(self, path: Path) -> PathState:
        """Return the result of reading the path of an env file."""
        return self.path_states.get(path, ABSENT)

    def look_at_settings(self, path: Path) -> PathState:
        """Return the result of reading the path of a settings file."""
        return self.settings_states.get(path, ABSENT)

    def places_of(self, folder: str) -> tuple[PurePath, ...]:
        """Return the paths of a folder in a trust rule: as named, and with its links resolved."""
        return self.folders.get(folder, ())

    def assignments(self, path: Path) -> tuple[Assignment, ...]:
        """Return the assignments of the env file at a path, in the dialect in use."""
        return self.look(path).assignments(self.dialect)

    def file_provenance(self, path: Path) -> FileProvenance:
        """Return where a project's file comes from, as far as known: git is asked only in a survey."""
        if self.look(path).is_foreign:
            return "another user's"
        return "came with the project" if self.in_git.get(path) in ("tracked", "may be tracked") else "unknown"
