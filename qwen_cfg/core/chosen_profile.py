"""The profile in use and the reason for it: a named profile, or that of the installed Qwen Code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import declared_profiles
from qwen_schema import patterns as re
from qwen_schema.records import record

if TYPE_CHECKING:
    from qwen_schema import Profile

# Semantic versioning 2.0.0, in a length that a screen can show.
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+][0-9A-Za-z.+-]{1,60})?", re.ASCII)


@record
class InstalledProgram:
    """The `qwen` on the PATH: its version, or the reason why that is unknown. With neither, there is no `qwen`.

    There are several versions if a version manager has several and chooses one when it runs.
    """

    versions: tuple[str, ...] = ()
    problem: str = ""

    @property
    def profile(self) -> Profile | None:
        """The profile of its version; None if the version is unknown."""
        profiles = {profile_of(version) for version in self.versions}
        return profiles.pop() if len(profiles) == 1 else None

    @property
    def name(self) -> str:
        """The installed program, for messages."""
        return f"qwen {' or '.join(self.versions)}"

    def __str__(self) -> str:
        if self.versions:
            return f"{self.name} on PATH"
        return f"qwen on PATH, version unknown: {self.problem}" if self.problem else "no qwen on PATH"


@record
class ChosenProfile:
    """The profile in use. `named_by` is the flag, variable or file that names it; empty if none does."""

    profile: Profile
    installed: InstalledProgram
    named_by: str = ""

    @property
    def because(self) -> str:
        """The reason for the profile."""
        return self.named_by or str(self.installed)

    @property
    def is_found(self) -> bool:
        """Whether the `qwen` on the PATH decided, which another machine may not have."""
        return not self.named_by and self.installed != InstalledProgram()

    @property
    def rules(self) -> str:
        """The rules in use and the reason, as in the first line of a screen."""
        return f"{self.profile.rules} ({self.because})"

    @property
    def ignored(self) -> Profile | None:
        """The profile of the installed program, if another profile is named."""
        profile = self.installed.profile
        return profile if self.named_by and profile != self.profile else None


def release_of(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a version; None for a text that is not a version.

    Text after the numbers is ignored. `0.21.0-nightly.…` and `0.21.0-preview.1` are built from the code of 0.21.0, and
    have its rules, although they are ordered before it.
    """
    match = _VERSION.fullmatch(version)
    return tuple(map(int, match.groups())) if match else None


def profile_of(version: str) -> Profile | None:
    """Return the profile of a version of Qwen Code; None if the text is not a version, or older than all profiles."""
    release = release_of(version) or ()
    candidates = {
        first: profile
        for profile in declared_profiles().values()
        if (first := release_of(profile.from_version)) is not None and first <= release
    }
    return candidates[max(candidates)] if candidates else None
