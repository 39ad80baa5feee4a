"""The compilation of one request; each part is computed once, when it is first used."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qwen_cfg.core.artifact import rebase, to_artifact, user_files
from qwen_cfg.core.other_profiles import compare_profiles, outcome_of
from qwen_cfg.core.resolution import Resolution
from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.reading.disk import real
from qwen_cfg.reading.ownership import allow_none, foreign_owner
from qwen_cfg.reading.world import ask_git, read_world
from qwen_cfg.rules import SPLIT_ORIGIN, WARNINGS, diagnose
from qwen_cfg.trust import concern_of
from qwen_cfg.trust.gate import owner_rule, trusts_project
from qwen_schema import QwenCfgError, Secret, Surroundings, declared_fields, other_profiles
from qwen_schema.records import record, replace

from .telemetry import note_resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.other_profiles import Outcome, ProfileComparison
    from qwen_cfg.core.world import FileProvenance, World
    from qwen_cfg.reading.ownership import Allows, OwnerOf
    from qwen_cfg.reading.world import AsksGit
    from qwen_cfg.rules import Diagnostic
    from qwen_cfg.trust import Concern, TrustStore
    from qwen_schema import Profile, ResolvedConfig

    from .request import Process, Request

# How much of the world is read: the places of one search; in addition all other places, if reading them changes
# nothing; or the places of every profile's search.
Extent = Literal["search", "survey", "every profile"]


def _ignore(resolution: Resolution) -> None:
    """Discard a resolution."""


@record
class Compilation:
    """The compilation of one request.

    `allows` returns whether env files of another user may be used, `owner_of` the owner of a file, and `git_status`
    git's status of a file; `note` is called with the resolution.

    Every part can raise the errors of reading and resolving: UsageError for an unknown profile, ConfigurationError for
    a working directory that does not exist, EnvFileError for an env file that cannot be read.
    """

    request: Request
    extent: Extent = "search"
    allows: Allows = allow_none
    git_status: AsksGit = ask_git
    owner_of: OwnerOf = foreign_owner
    note: Callable[[Resolution], object] = _ignore

    @cached_property
    def chosen_profile(self) -> ChosenProfile:
        """The profile in use, and the reason for it."""
        return self.request.chosen_profile()

    @property
    def profile(self) -> Profile:
        """The profile in use."""
        return self.chosen_profile.profile

    @cached_property
    def world(self) -> World:
        """The world that the request is resolved in."""
        process = self.request.process
        every = (self.profile, *other_profiles(self.profile))
        return read_world(
            flags=self.request.flags,
            environ=process.environ,
            cwd=process.cwd,
            home=process.home,
            profiles=every if self.extent == "every profile" else (self.profile,),
            choice=self.request.choice or EnvFileChoice(),
            dialect=self.request.dialect or "dotenv",
            survey=self.extent != "search",
            allows=self.allows,
            git_status=self.git_status,
            owner_of=self.owner_of,
        )

    @property
    def resolution(self) -> Resolution:
        """The resolution under the profile in use."""
        if not isinstance(self._outcome, Resolution):
            raise self._outcome
        return self._outcome

    @cached_property
    def outcomes(self) -> Mapping[Profile, Outcome]:
        """The resolution, or the error, under each profile; the profile in use is the first."""
        every = other_profiles(self.profile)
        others = [other for other in every if self.world.surveyed or other in self.world.loads]
        return {self.profile: self._outcome} | {other: self._under(other) for other in others}

    @cached_property
    def other_profiles(self) -> tuple[ProfileComparison, ...]:
        """The differences of the other profiles; empty if the world was read for one profile only."""
        return compare_profiles(self.resolution, self.outcomes)

    @cached_property
    def settings_readers(self) -> tuple[ProfileComparison, ...]:
        """The results of the profiles that read settings files which this profile does not read; usually none exist."""
        if not self.resolution.settings_files:
            return ()
        return tuple(other for other in self.other_profiles if other.profile.reads_settings)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of all rules."""
        return diagnose(self.resolution, other_profiles=self.other_profiles, chosen_profile=self.chosen_profile)

    @cached_property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of the rules with severity warning."""
        return diagnose(
            self.resolution, WARNINGS, other_profiles=self.settings_readers, chosen_profile=self.chosen_profile
        )

    def without_trust_questions(self, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """Return diagnostics without those that the trust question covers."""
        return without_split(diagnostics, lambda: self.concern is not None)

    def without_trusted(self, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """Return diagnostics without those that the user has approved."""
        return without_split(diagnostics, lambda: is_answered(self.concern, self.request.process))

    @cached_property
    def concern(self) -> Concern | None:
        """The concern that needs an approval before anything is sent, approved or not; None if there is none."""
        return self.concern_in(self.resolution)

    @property
    def surroundings(self) -> Surroundings:
        """The context of the secret references in the resolution."""
        request, world = self.request, self.world
        return Surroundings(
            request.process.environ,
            request.secrets,
            world.cwd,
            world.home,
            world.dialect,
            user_files=user_files(self.resolution),
            # The merge refuses commands from a project's file.
            may_run_commands=True,
        )

    @cached_property
    def artifact(self) -> ResolvedConfig:
        """The resolved config, with the settings of this machine.

        Raises:
            IncompleteError: if a value is missing or not valid.
        """
        self._require_complete()
        return to_artifact(self.resolution, of_this_machine=True)

    def artifact_at(self, path: Path, *, inline_secrets: bool = False) -> ResolvedConfig:
        """Return the resolved config for a file; its paths are relative to the file's directory.

        With `inline_secrets`, it contains the key itself.

        Raises:
            IncompleteError: if a value is missing or not valid.
            ConfigurationError: if `inline_secrets` is set and there is no key.
        """
        here, there = self.world.standpoint, real(path.parent)
        return rebase(self.file_artifact(inline_secrets=inline_secrets), here, replace(here, cwd=there))

    def file_artifact(self, *, inline_secrets: bool = False) -> ResolvedConfig:
        """Return the resolved config for a file, without the settings of this machine.

        Raises:
            IncompleteError: if a value is missing or not valid.
            ConfigurationError: if `inline_secrets` is set and there is no key.
        """
        self._require_complete()
        return to_artifact(self.resolution, inline_secrets=inline_secrets)

    def concern_in(self, resolution: Resolution) -> Concern | None:
        """Return the concern about a resolution of this world; None if there is none."""
        if resolution.decisions["api_key"].problem is not None:
            return None
        concern = concern_of(resolution, self._file_provenance)
        return concern and replace(concern, file=Path(os.path.realpath(concern.file)))

    def _require_complete(self) -> None:
        if not self.resolution.is_complete:
            from .incomplete import IncompleteError  # noqa: PLC0415 - usually it is complete

            raise IncompleteError(self.diagnostics)

    @cached_property
    def _outcome(self) -> Outcome:
        # All keys are read first: from then on they are redacted, and no artifact can contain one.
        _ = self._keys_in_files
        outcome = self._under(self.profile)
        if isinstance(outcome, Resolution):
            self.note(outcome)
        return outcome

    @cached_property
    def _keys_in_files(self) -> tuple[Secret, ...]:
        """The keys in all env files of the world. A secret is known, and redacted, while a reference to it exists."""
        names = _variables_of_keys()
        files = [path for path, path_state in self.world.path_states.items() if path_state.text]
        return tuple(Secret(a.value) for path in files for a in self.world.assignments(path) if a.name in names)

    def _under(self, profile: Profile) -> Outcome:
        return outcome_of(self.world, profile, self.request.options)

    def _file_provenance(self, path: Path) -> FileProvenance:
        """Return where a file comes from; git is not asked again about a file whose status is known."""
        from qwen_cfg.reading.git import is_tracked  # noqa: PLC0415 - for a file of a project
        from qwen_cfg.trust.file_provenance import file_provenance_of  # noqa: PLC0415

        status = self.world.in_git.get(path, "not asked")
        if status == "not asked":
            return file_provenance_of(path, is_tracked)
        return file_provenance_of(path, lambda _: None if status == "may be tracked" else status == "tracked")


@cache
def _variables_of_keys() -> frozenset[str]:
    """Return the names of the declared variables that contain a key."""
    return frozenset().union(*(field.variable_names for field in declared_fields().values() if field.secret))


def compilation_of(request: Request, extent: Extent = "search", *, of_artifact: bool = False) -> Compilation:
    """Return the compilation of a request, with the env files of other users that the process's user approved.

    The resolution decides whether telemetry is on, unless it replays an artifact (`of_artifact`).
    """
    allows = allowed_owners(request.process, all_of_them=request.trusts_project)
    owner_of = partial(foreign_owner, environ=request.process.environ)
    note = _ignore if of_artifact else note_resolution
    return Compilation(request, extent, allows, owner_of=owner_of, note=note)


def allowed_owners(process: Process, *, all_of_them: bool) -> Allows:
    """Return the function that decides which env files of other users may be used."""
    return owner_rule(lambda: trust_store(process), all_of_them=all_of_them)


def trust_store(process: Process) -> TrustStore:
    """Return the approvals of a process's user."""
    from qwen_cfg.trust.store import TrustStore  # noqa: PLC0415 - for what needs an approval

    return TrustStore(process.state)


def is_answered(concern: Concern | None, process: Process) -> bool:
    """Return whether a process's user has approved a concern."""
    with suppress(QwenCfgError):
        return concern is not None and (trusts_project(process.environ) or trust_store(process).covers(concern))
    return False


def without_split(diagnostics: tuple[Diagnostic, ...], is_settled: Callable[[], bool]) -> tuple[Diagnostic, ...]:
    """Return diagnostics without QC301 if it is settled; `is_settled` is called only if there is one."""
    others = tuple(diagnostic for diagnostic in diagnostics if diagnostic.code != SPLIT_ORIGIN)
    return others if len(others) < len(diagnostics) and is_settled() else diagnostics
