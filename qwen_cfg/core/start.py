"""What a world starts with: the flags, the environment, the working directory and the home."""

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


# Where Qwen Code's settings of the system are, but for macOS and Windows.
SYSTEM_SETTINGS = Path("/etc/qwen-code/settings.json")


@record
class FlagValue:
    """A flag as it was given: its spelling and its text."""

    flag: str
    text: str | Secret


@record
class EnvFileChoice:
    """Who chooses the env file: the search, `--env-file PATH`, or nobody (`--no-env-file`)."""

    chosen_by: ChosenBy = "search"
    path: Path | None = None


@record
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


@record(kw_only=True)
class Start:
    """What a world starts with, before the disk is searched.

    `environ` holds declared variables only, `variables` all that are there, for settings that name them. `cwd` and
    `home` are real paths; `home` is None when there is none, and `home_problem` then says why. `surveyed` says that all
    places under every profile are looked at, and not only those that the search reaches. `system_settings` is where
    Qwen Code's settings of the system are, unless a variable says where.
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
        """Where paths are shown from."""
        return Standpoint(self.cwd, self.home)
