"""The start of a world: the flags, the environment, the working directory and the home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema.records import field, record

from .paths import Standpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Reach, Secret
    from qwen_schema.artifact import ChosenBy
    from qwen_schema.envfile import Dialect

    from .origin import Origin


# The path of Qwen Code's system settings, except on macOS and Windows.
SYSTEM_SETTINGS = Path("/etc/qwen-code/settings.json")


@record
class FlagValue:
    """A flag as the user wrote it, and its text."""

    flag: str
    text: str | Secret


@record
class EnvFileChoice:
    """The choice of the env file: by the search, by `--env-file PATH`, or none (`--no-env-file`)."""

    chosen_by: ChosenBy = "search"
    path: Path | None = None


@record
class QwenDirectory:
    """The directory of Qwen Code's files for the user: `~/.qwen`, or the directory that a variable names.

    `origin` and `text` are those of the variable, if it is set; `problem` says why the text names no directory.
    `moved_to` is a real path; its files have reach project if the text is relative to the working directory, since it
    may then name a directory of any project. `login` and `settings` are these files, if they exist.
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
        """The directory in place of `~/.qwen`, if it is the user's and not a project's."""
        return self.moved_to if self.reach == "user" else None


@record(kw_only=True)
class Start:
    """The start of a world, before the disk is searched.

    `environ` has only declared variables, `variables` all variables, for settings that name them. `cwd` and `home` are
    real paths; without a home, `home` is None and `home_problem` has the reason. `surveyed` says that all places of all
    profiles are read, not only those that the search reaches. `system_settings` is the path of Qwen Code's system
    settings, unless a variable names another one.
    """

    cwd: Path
    home: Path | None
    flags: Mapping[str, FlagValue]
    environ: Mapping[str, str | Secret] = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    choice: EnvFileChoice = EnvFileChoice()
    dialect: Dialect = "dotenv"
    home_problem: str = ""
    system_settings: Path = SYSTEM_SETTINGS
    surveyed: bool = False

    @property
    def standpoint(self) -> Standpoint:
        """The standpoint for displayed paths."""
        return Standpoint(self.cwd, self.home)
