"""The world as plain values: what flags, environment and files say, read once and never looked at again."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from qwen_schema.envfile import reader_of

from .paths import Standpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Profile, QwenCfgError, Reach, Secret
    from qwen_schema.artifact import ChosenBy
    from qwen_schema.envfile import Assignment, Dialect

    from .origin import Origin
    from .place import Search


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

    def assignments(self, dialect: Dialect) -> tuple[Assignment, ...]:
        """Return what the text assigns in a dialect; it is parsed once, when it is first asked for."""
        match dialect:
            case "dotenv":
                return self._in_dotenv
            case "python":
                return self._in_python

    @cached_property
    def _in_dotenv(self) -> tuple[Assignment, ...]:
        return reader_of("dotenv")(self.text or "")

    @cached_property
    def _in_python(self) -> tuple[Assignment, ...]:
        return reader_of("python")(self.text or "")


ABSENT = Sighting("absent")

# "may be tracked" is said where git gives no answer.
GitStatus = Literal["tracked", "may be tracked", "not ignored", "ignored"]

# Where a project's file comes from. Nothing proves that a file is the user's own: an archive can hold a `.git`.
Standing = Literal["came with the project", "may have come with it", "in a .git", "another user's", "unknown"]


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


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a world starts with, before the disk is searched.

    `environ` holds declared variables only. `cwd` and `home` are real paths; `home` is None when there is none, and
    `home_problem` then says why. `surveyed` says that all places under every profile are looked at, and not only those
    that the search reaches.
    """

    cwd: Path
    home: Path | None
    flags: Mapping[str, Given]
    environ: Mapping[str, str | Secret]
    choice: EnvFileChoice = EnvFileChoice()
    dialect: Dialect = "dotenv"
    home_problem: str = ""
    surveyed: bool = False

    @property
    def standpoint(self) -> Standpoint:
        """Where paths are shown from."""
        return Standpoint(self.cwd, self.home)


@dataclass(frozen=True, kw_only=True)
class World(Start):
    """Everything that a resolution depends on. It is made once, when all of it has been read.

    `sightings` holds the places that were looked at, `searches` the search under each profile that the world was read
    for (after a survey, under every profile), and `directories` the Qwen directory by the variable that may move it.
    After a survey, `lookalikes` holds the names in the environment that are nearly those of declared variables, and
    `in_git` what git says of each project's env file that was read (None: in no work tree).
    """

    sightings: Mapping[Path, Sighting] = field(repr=False)
    searches: Mapping[Profile, Search] = field(default_factory=dict)
    directories: Mapping[str, QwenDirectory] = field(default_factory=dict)
    project_settings: Path | None = None
    lookalikes: tuple[str, ...] = ()
    in_git: Mapping[Path, GitStatus | None] = field(default_factory=dict)

    def qwen_directory(self, profile: Profile) -> QwenDirectory:
        """Return where the user's Qwen directory is under a profile."""
        return self.directories.get(profile.directory_variable, QwenDirectory())

    def look(self, path: Path) -> Sighting:
        """Return what stood at a place when the world was read."""
        return self.sightings.get(path, ABSENT)

    def assignments(self, path: Path) -> tuple[Assignment, ...]:
        """Return what the env file at a place assigns, in the dialect that counts."""
        return self.look(path).assignments(self.dialect)

    def standing(self, path: Path) -> Standing:
        """Return where a project's file comes from, as far as it was seen: git is asked in a survey alone."""
        if self.look(path).is_foreign:
            return "another user's"
        return "came with the project" if self.in_git.get(path) in ("tracked", "may be tracked") else "unknown"
