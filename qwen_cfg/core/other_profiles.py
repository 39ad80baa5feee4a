"""The comparison of the profile in use with the other profiles, in the same world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import EnvFileError, NotTrustedError, Secret, SettingsError, other_profiles
from qwen_schema.records import record

from .resolution import Options, Resolution, resolve_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Profile, QwenCfgError

    from .merge import Decision
    from .world import World

# The result under a profile: a resolution, or the error for a file that cannot be read.
Outcome = Resolution | EnvFileError | NotTrustedError | SettingsError


@record
class ProfileDifference:
    """A field that another profile decides differently: in its value, or (`same_value`) only in its origin."""

    decision: Decision
    same_value: bool

    @property
    def name(self) -> str:
        """The field's name."""
        return self.decision.field.name


@record
class ProfileComparison:
    """The result of another profile in the same world.

    `error` is set if a file that the profile reads cannot be read. `unread` are files of the profile that were not read
    here (FIFOs), so that their values are unknown.
    """

    profile: Profile
    resolution: Resolution | None
    differences: tuple[ProfileDifference, ...] = ()
    unread: tuple[str, ...] = ()
    error: QwenCfgError | None = None

    @property
    def agrees(self) -> bool:
        """Whether every field is known to have the same value and origin."""
        return self.error is None and not self.unread and not self.differences


def outcome_of(world: World, profile: Profile, options: Options) -> Outcome:
    """Return the result of a world under a profile."""
    try:
        return resolve_world(world, profile, options)
    except (EnvFileError, NotTrustedError, SettingsError) as error:
        return error


def compare_profiles(
    resolution: Resolution, outcomes: Mapping[Profile, Outcome] | None = None
) -> tuple[ProfileComparison, ...]:
    """Return the result of every other profile that the world was read for.

    `outcomes` are the results that are already known.
    """
    known = outcomes or {}
    return tuple(
        _comparison(
            resolution, profile, known.get(profile) or outcome_of(resolution.world, profile, resolution.options)
        )
        for profile in other_profiles(resolution.profile)
        if resolution.world.surveyed or profile in resolution.world.loads
    )


def differences(one: Resolution, other: Resolution) -> tuple[ProfileDifference, ...]:
    """Return the fields that two resolutions of the same world decide differently, with the other's decisions."""
    return tuple(
        ProfileDifference(decision, same_value)
        for name, decision in other.decisions.items()
        if not (same_value := _result(one, one.decisions[name]) == _result(other, decision))
        or _origin(one, one.decisions[name]) != _origin(other, decision)
    )


def _comparison(resolution: Resolution, profile: Profile, other: Outcome) -> ProfileComparison:
    if not isinstance(other, Resolution):
        return ProfileComparison(profile, None, error=other)
    unread = tuple(file.shown for file in other.files if resolution.world.look(file.place.path).text is None)
    return ProfileComparison(profile, other, differences(resolution, other), unread)


def _result(resolution: Resolution, decision: Decision) -> object:
    """Return the result for a field: its value, its problem, or the replacement of a key."""
    if decision.field.secret and resolution.options.secret_from is not None:
        return resolution.options.secret_from
    if decision.winner is None:
        is_login = decision.field.secret and resolution.auth_method == "qwen-oauth"
        return ("the login in", resolution.directory.moved_to) if is_login else None
    if decision.problem is not None:
        return decision.problem.wrong, decision.winner.revealed
    return decision.value.reveal() if isinstance(decision.value, Secret) else decision.value


def _origin(resolution: Resolution, decision: Decision) -> object:
    """Return the visible origin of a value."""
    if decision.winner is None or (decision.field.secret and resolution.options.secret_from is not None):
        return None
    origin = decision.winner.origin
    # The text about an inferred default differs between profiles.
    return (origin.layer,) if origin.source.is_default else (origin.layer, origin.place, origin.variable)
