"""The request: everything that a command line or a caller from Python asks for, and the process that asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from qwen_cfg.core.chosen_profile import ChosenProfile
from qwen_cfg.core.resolution import InferredMethod, Options, profile_named
from qwen_cfg.core.world import EnvFileChoice, FlagValue
from qwen_cfg.reading.disk import real
from qwen_cfg.reading.state_directory import state_directory
from qwen_cfg.trust.gate import trusts_project
from qwen_schema import Secret, declared_fields
from qwen_schema.records import field, record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_cfg.core.chosen_profile import InstalledProgram
    from qwen_cfg.reading.qwen_home import Home
    from qwen_schema import SecretReference
    from qwen_schema.envfile import Dialect

    # Typed texts by field.
    Texts = Mapping[str, str | Secret]

PROFILE_VARIABLE = "QWEN_CFG_PROFILE"
# The source of a profile's name that is neither a flag nor the variable.
THE_ARTIFACT = "the artifact"


@record
class Process:
    """The process that asks: its environment, its working directory and its home.

    Unless `remembers` is set, nothing from earlier runs is used, including the user's approvals.
    """

    environ: Mapping[str, str] = field(repr=False)
    cwd: Path
    home: Home
    remembers: bool = True

    @property
    def state(self) -> Path | None:
        """The directory of the data that the program keeps between runs."""
        return state_directory(self.environ, self.home.path) if self.remembers else None

    @cached_property
    def installed(self) -> InstalledProgram:
        """The Qwen Code that this process would start."""
        from qwen_cfg.reading.installed_program import find_program  # noqa: PLC0415 - not every command needs it

        return find_program(self.environ, self.cwd, self.home.path)


@record
class Request:
    """A request. An artifact can complete the parts that it does not set.

    `flags` are the flags of fields by the field's name. `profile` is the profile that a flag names, and
    `artifact_profile` the profile of the artifact that is replayed. `secret_from` is the artifact's reference to the
    key, and `assumed` the method to use if nothing here sets one. `in_place` has texts that replace the defaults.
    `config` is the artifact that --config names, and `artifact_file` the path of the artifact in use.
    """

    process: Process
    flags: Mapping[str, FlagValue] = field(default_factory=dict)
    choice: EnvFileChoice | None = None
    profile: str | None = None
    dialect: Dialect | None = None
    secret_from: SecretReference | None = None
    assumed: InferredMethod | None = None
    trust_project: bool = False
    in_place: Mapping[str, str] = field(default_factory=dict)
    config: str | None = None
    artifact_file: Path | None = None
    artifact_profile: str | None = None

    @property
    def options(self) -> Options:
        """The options of the resolution."""
        return Options(self.secret_from, self.assumed, self.in_place)

    @property
    def secrets(self) -> dict[str, Secret]:
        """The secrets among the flags, by the flag as the user wrote it."""
        return {flag.flag: flag.text for flag in self.flags.values() if isinstance(flag.text, Secret)}

    @property
    def trusts_project(self) -> bool:
        """Whether the project is trusted for this run, by --trust-project or by the environment."""
        return self.trust_project or trusts_project(self.process.environ)

    def chosen_profile(self) -> ChosenProfile:
        """Return the named profile, else the profile of the installed Qwen Code, else `documented`.

        Raises:
            UsageError: if the named profile does not exist.
        """
        installed = self.process.installed
        names = {
            "--profile": self.profile,
            THE_ARTIFACT: self.artifact_profile,
            PROFILE_VARIABLE: self.process.environ.get(PROFILE_VARIABLE),
        }
        named_by = next((place for place, name in names.items() if name), "")
        if not named_by:
            return ChosenProfile(installed.profile or profile_named(), installed)
        return ChosenProfile(profile_named(names[named_by] or "", where=named_by), installed, named_by)

    def at(self, artifact: Path) -> Request:
        """Return the request in the directory of an artifact; typed paths still start from the present directory.

        For a pipe or a device, the working directory does not change.
        """
        cwd = self.process.cwd
        if (cwd / artifact).exists() and not (cwd / artifact).is_file():
            return replace(self, artifact_file=cwd / artifact)
        path = real((cwd / artifact).parent) / artifact.name
        choice, reference = self.choice, self.secret_from
        if path.parent != cwd:
            if choice is not None and choice.path is not None:
                choice = replace(choice, path=cwd / choice.path)
            if reference is not None and reference.path is not None and not reference.path.startswith("~/"):
                reference = replace(reference, path=str(cwd / reference.path))
        flags = {name: _with_absolute_path(cwd, name, flag) for name, flag in self.flags.items()}
        process = replace(self.process, cwd=path.parent)
        return replace(self, process=process, flags=flags, choice=choice, secret_from=reference, artifact_file=path)

    def with_flags(self, place: str, texts: Texts) -> Request:
        """Return the request with typed texts as flags; `place` is where they were typed."""
        return replace(self, flags={**self.flags, **{name: FlagValue(place, text) for name, text in texts.items()}})

    def as_words(self) -> list[str]:
        """Return the options of the resolution as words of a command line, for a message; without a key."""
        from .secret_from import secret_from_text  # noqa: PLC0415 - for a message

        words = [] if self.config is None else ["--config", self.config]
        for name, flag in self.flags.items():
            if isinstance(flag.text, str):
                words.append(flag.flag if declared_fields()[name].is_switch else f"{flag.flag}={flag.text}")
        named = self.choice is not None and self.choice.chosen_by == "flag"
        options = {
            "--env-file": self.choice.path if self.choice is not None and named else None,
            "--profile": self.profile,
            "--env-dialect": self.dialect,
            "--secret-from": None if self.secret_from is None else secret_from_text(self.secret_from),
        }
        words += [f"{option}={value}" for option, value in options.items() if value is not None]
        is_without = self.choice is not None and self.choice.chosen_by == "none"
        switches = {"--no-env-file": is_without, "--trust-project": self.trust_project}
        return [*words, *(option for option, is_on in switches.items() if is_on)]


def _with_absolute_path(cwd: Path, name: str, flag: FlagValue) -> FlagValue:
    """Return a flag with its relative path made absolute."""
    is_path = declared_fields()[name].schema.get("format") == "file-path"
    if not is_path or not isinstance(flag.text, str) or not flag.text or flag.text.startswith("~/"):
        return flag
    return replace(flag, text=str(cwd / flag.text))
