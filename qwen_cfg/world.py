"""The world as plain values: what flags, environment and files say, read once and never looked at again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .paths import Standpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Profile, QwenCfgError, Reach, Secret
    from qwen_schema.artifact import ChosenBy
    from qwen_schema.envfile import Dialect

    from .layers import Origin
    from .standing import Standing


@dataclass(frozen=True)
class Given:
    """A flag as it was given: its spelling and its text."""

    flag: str
    text: str | Secret


@dataclass(frozen=True)
class Sighting:
    """What stands at a place: its kind, and the text of an env file or the reason why it cannot be read.

    `mode` holds the permission bits, where there are such. `is_foreign` says that it belongs to another user, who is
    allowed, and `is_shared` that others can read it.

    `kind` is `absent`, `file`, `fifo`, `unreadable`, `dangling link`, `link loop`, or what else stands there, in a word
    (`directory`, `socket`, …).
    """

    kind: str
    text: str | None = field(default=None, repr=False)
    error: QwenCfgError | None = None
    mode: int | None = None
    is_foreign: bool = False
    is_shared: bool = False

    @property
    def is_env_file(self) -> bool:
        """Whether this ends a search: a file or a FIFO, readable or not."""
        return self.kind in ("file", "fifo", "unreadable")


ABSENT = Sighting("absent")

GitStatus = Literal["tracked", "not ignored", "ignored"]


@dataclass(frozen=True)
class EnvFileChoice:
    """Who chooses the env file: the search, `--env-file PATH`, or nobody (`--no-env-file`)."""

    chosen_by: ChosenBy = "search"
    path: Path | None = None


@dataclass(frozen=True)
class QwenDirectory:
    """The directory where Qwen Code keeps what is the user's: `~/.qwen`, or where a variable moves it.

    `origin` is the variable's, and `text` what it says, where it says anything; `problem` tells why that names no
    directory. `moved_to` is a real path; its files have reach project where the text leads there from the working
    directory, since any project can then be it. `login` and `settings` are the files of that kind that are there.
    """

    moved_to: Path | None = None
    reach: Reach = "user"
    origin: Origin | None = None
    text: str = ""
    problem: str = ""
    login: Path | None = None
    settings: Path | None = None

    @property
    def users_own(self) -> Path | None:
        """The directory in place of `~/.qwen`, where it is the user's and no project's."""
        return self.moved_to if self.reach == "user" else None


@dataclass(frozen=True)
class World:
    """Everything that a resolution depends on.

    `environ` holds declared variables only. `sightings` holds the places that were looked at; after a survey these
    are all places under every profile, otherwise only those that the search reached. `cwd` and `home` are real paths;
    `home` is None when there is none, and `home_problem` then says why. `directories` holds the Qwen directory by the
    variable that may move it. After a survey, `lookalikes` holds the names of the environment that are nearly those of
    declared variables, and `in_git` what git says of each project's env file that was read and stands in a work tree.
    """

    cwd: Path
    home: Path | None
    flags: Mapping[str, Given]
    environ: Mapping[str, str | Secret]
    sightings: Mapping[Path, Sighting] = field(repr=False)
    choice: EnvFileChoice = EnvFileChoice()
    dialect: Dialect = "dotenv"
    home_problem: str = ""
    directories: Mapping[str, QwenDirectory] = field(default_factory=dict)
    project_settings: Path | None = None
    surveyed: bool = False
    lookalikes: tuple[str, ...] = ()
    in_git: Mapping[Path, GitStatus] = field(default_factory=dict)

    @property
    def standpoint(self) -> Standpoint:
        """Where paths are shown from."""
        return Standpoint(self.cwd, self.home)

    def qwen_directory(self, profile: Profile) -> QwenDirectory:
        """Return where the user's Qwen directory is under a profile."""
        return self.directories.get(profile.directory_variable, QwenDirectory())

    def look(self, path: Path) -> Sighting:
        """Return what stood at a place when the world was read."""
        return self.sightings.get(path, ABSENT)

    def standing(self, path: Path) -> Standing:
        """Return where a project's file comes from, as far as it was seen: git is asked in a survey alone."""
        if self.look(path).is_foreign:
            return "another user's"
        return "came with the project" if self.in_git.get(path) == "tracked" else "unknown"
