"""Rules about other versions of Qwen Code: one that resolves differently, and one that is installed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, safe_text, show_value

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.other_profiles import ProfileComparison, ProfileDifference
    from qwen_schema import Field, Profile

    from .diagnostic import Case


def resolves_differently(case: Case) -> Iterator[Finding]:
    """Another version of Qwen Code resolves another value from the same files and variables."""
    for other in case.others:
        yield from _unknown_results(other)
        for difference in other.differences:
            if not difference.same_value:
                yield _finding(other, difference)


def other_is_installed(case: Case) -> Iterator[Finding]:
    """The installed Qwen Code follows other rules than the named profile."""
    if case.chosen_profile is not None:
        yield from installed_differs(case.chosen_profile)


def installed_differs(chosen_profile: ChosenProfile) -> Iterator[Finding]:
    """Yield the finding about an installed Qwen Code with other rules than the profile; it needs no resolution."""
    ignored = chosen_profile.ignored
    if ignored is not None:
        yield Finding(
            f"{chosen_profile.installed} follows the {ignored.rules}, but {chosen_profile.named_by} names "
            f"{chosen_profile.profile.name}.",
            f"To see the values that it resolves: qwen-cfg resolve --explain --profile {ignored.name}",
        )


def _unknown_results(other: ProfileComparison) -> Iterator[Finding]:
    title = other.profile.title
    if other.error is not None:
        where = other.error.where
        yield Finding(f"{title} reads {where}, which cannot be read: {other.error.what}.", other.error.hint, path=where)
    for path in other.unread:
        yield Finding(f"{title} reads {path}, a FIFO; its result is unknown.", path=path)


def _finding(other: ProfileComparison, difference: ProfileDifference) -> Finding:
    field, winner = difference.decision.field, difference.decision.winner
    return Finding(
        f"For {other.profile.title}, {difference.name} {_outcome_text(other, difference)}.",
        _how_to_agree(other.profile, field),
        difference.name,
        winner.origin.file if winner else None,
        winner.origin.line if winner else None,
    )


def _how_to_agree(profile: Profile, field: Field) -> str:
    """Return the ways to set a field under every profile: the flag, and the variable unless settings override it."""
    order = profile.order_of(field.name)
    if "settings" in order and order.index("settings") < order.index("environment"):
        return f"{field.flags[0]} applies under every profile."
    return f"{field.variables[0].name} in the environment, or {field.flags[0]}, applies under every profile."


def _outcome_text(other: ProfileComparison, difference: ProfileDifference) -> str:
    decision, there = difference.decision, other.resolution
    if decision.winner is None:
        if there is not None and decision.field.secret and there.auth_method == "qwen-oauth":
            return f"is not needed: the login is {there.login_path}"
        return "has no value"
    origin = decision.winner.origin
    by = "by default" if origin.place == "default" else f"from {origin}"
    return f"is {_value(difference) or '(empty)'} {by}"


def _value(difference: ProfileDifference) -> str:
    decision, field = difference.decision, difference.decision.field
    assert decision.winner is not None  # noqa: S101 - callers have checked it
    if field.secret or decision.problem or decision.value is None or isinstance(decision.value, Secret):
        return safe_text(field, decision.winner.revealed)
    return show_value(decision.value)
