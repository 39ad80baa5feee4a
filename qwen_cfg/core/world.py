"""The world as plain values: what flags, environment and files say, read once and never looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import field, record

from .sighting import ABSENT, GitStatus, Sighting, Standing
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
    "FlagValue",
    "GitStatus",
    "QwenDirectory",
    "Sighting",
    "Standing",
    "Start",
    "World",
]


@record(kw_only=True)
class World(Start):
    """Everything that a resolution depends on. It is made once, when all of it has been read.

    `sightings` holds the places of env files that were looked at, `settings_seen` those of settings, `directories` the
    Qwen directory by the variable that may move it, and `folders` the paths that a folder in a trust rule stands for.
    `loads` holds what each profile that the world was read for (after a survey, every profile) loads from it, or why it
    cannot. After a survey, `lookalikes` holds the names in the environment that are nearly those of declared variables,
    and `in_git` what git says of each project's file that was read (None: in no work tree).
    """

    sightings: Mapping[Path, Sighting] = field(repr=False)
    loads: Mapping[Profile, Load | QwenCfgError] = field(default_factory=dict)
    directories: Mapping[str, QwenDirectory] = field(default_factory=dict)
    settings_seen: Mapping[Path, Sighting] = field(default_factory=dict, repr=False)
    folders: Mapping[str, tuple[PurePath, ...]] = field(default_factory=dict)
    project_settings: Path | None = None
    lookalikes: tuple[str, ...] = ()
    in_git: Mapping[Path, GitStatus | None] = field(default_factory=dict)

    def qwen_directory(self, profile: Profile) -> QwenDirectory:
        """Return where the user's Qwen directory is under a profile."""
        return self.directories.get(profile.directory_variable, QwenDirectory())

    def look(self, path: Path) -> Sighting:
        """Return what stood at a place when the world was read."""
        return self.sightings.get(path, ABSENT)

    def look_at_settings(self, path: Path) -> Sighting:
        """Return what stood at a place of settings when the world was read."""
        return self.settings_seen.get(path, ABSENT)

    def places_of(self, folder: str) -> tuple[PurePath, ...]:
        """Return the paths that a folder in a trust rule stands for: as it is named, and with its links resolved."""
        return self.folders.get(folder, ())

    def assignments(self, path: Path) -> tuple[Assignment, ...]:
        """Return what the env file at a place assigns, in the dialect that counts."""
        return self.look(path).assignments(self.dialect)

    def standing(self, path: Path) -> Standing:
        """Return where a project's file comes from, as far as it was seen: git is asked in a survey alone."""
        if self.look(path).is_foreign:
            return "another user's"
        return "came with the project" if self.in_git.get(path) in ("tracked", "may be tracked") else "unknown"
