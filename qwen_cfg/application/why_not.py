"""Finds the smallest edits after which a value wins here, by resolving the edited world under each profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.changes import NOT_SET, field_difference, value_text
from qwen_cfg.core.other_profiles import differences, outcome_of
from qwen_cfg.core.resolution import Resolution
from qwen_schema.records import record, replace

from .candidate_edits import removal, setting_edits
from .edits import apply, with_lines
from .goal import goal_of
from .unused_offers import unused_offers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.drift import Difference
    from qwen_cfg.core.origin import Candidate, Origin
    from qwen_cfg.core.world import World
    from qwen_schema import Profile

    from .compilation import Compilation
    from .edits import Edit
    from .goal import Goal

# The most fixes that are shown, and the most removals in one fix.
_MOST_FIXES = 5
_MOST_REMOVALS = 3

# Weights that rank edits of a new file, and of a file of the system, below edits of an existing file.
_NEW_FILE, _SYSTEM_FILE = 1, 2


@record
class Fix:
    """Edits after which the value wins, its origin after them, and the other fields that they change.

    `is_incomplete` says that the configuration is complete now, but would not be complete after the edits.
    """

    edits: tuple[Edit, ...]
    origin: str
    also: tuple[Difference, ...] = ()
    is_incomplete: bool = False


@record
class Verdict:
    """The result under a profile: the present value and its origin, whether it is the wanted value, and else the fixes.

    `unused_offers` are the places with the wanted value that are not used, each with the reason. `reasons` say why
    there is no fix, and `error` why nothing can be resolved.
    """

    profile: Profile
    value: str
    origin: str
    wins: bool
    unused_offers: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    reasons: tuple[str, ...] = ()
    error: str = ""


@record
class WhyNot:
    """The answer: the field, the wanted value for display, and the results; the profile in use comes first."""

    field: str
    wanted: str
    verdicts: tuple[Verdict, ...]

    @property
    def is_possible(self) -> bool:
        """Whether the value wins under the profile in use, now or after a fix."""
        first = self.verdicts[0]
        return first.wins or bool(first.fixes)


def why_not(words: str, compilation: Compilation) -> WhyNot:
    """Return why FIELD=VALUE does not win, and the edits after which it would; nothing is written.

    Raises:
        UsageError: if the field is unknown, or the value contains a key.
        QwenCfgError: if nothing can be resolved under the profile in use.
    """
    world = compilation.world
    goal = goal_of(words, compilation.profile, world.cwd, world.home)
    _ = compilation.resolution
    verdicts = (_verdict(replace(goal, profile=profile), compilation) for profile in compilation.outcomes)
    return WhyNot(goal.field.name, words.partition("=")[2], tuple(verdicts))


def _verdict(goal: Goal, compilation: Compilation) -> Verdict:
    before = compilation.outcomes[goal.profile]
    if not isinstance(before, Resolution):
        return Verdict(goal.profile, NOT_SET, "", wins=False, error=str(before))
    decision = before.decisions[goal.field.name]
    origin = "" if decision.winner is None else str(decision.winner.origin)
    now = Verdict(goal.profile, value_text(before, goal.field.name), origin, wins=goal.is_met(before))
    if now.wins:
        return now
    if goal.problem is not None:
        return replace(now, reasons=(f"it is not valid: {goal.problem.wrong}; expected {goal.problem.expected}",))
    return _with_fixes(replace(now, unused_offers=unused_offers(goal, before)), goal, before)


@record
class _Attempt:
    """Edits, the world after them, and the resolution of that world, which does not have the wanted value."""

    edits: tuple[Edit, ...]
    world: World
    after: Resolution


def _with_fixes(now: Verdict, goal: Goal, before: Resolution) -> Verdict:
    """Return a verdict with the fixes, the least invasive first, or with the reasons why there is no fix."""
    fixes, attempts, reasons = _single_edits(goal, before)
    for attempt in attempts:
        if attempt.edits[0].kind_of_place in {fix.edits[0].kind_of_place for fix in fixes}:
            continue
        found = _after_removals(goal, before, attempt, fixes)
        if isinstance(found, Fix):
            fixes.append(found)
        elif found:
            reasons.append(found)
    best = [fix for fix in fixes if not fix.is_incomplete] or fixes
    ranked = sorted(_smallest(best), key=_invasiveness)
    if not ranked:
        return replace(now, reasons=tuple(dict.fromkeys(reasons)) or (_no_place(goal),))
    return replace(now, fixes=tuple(ranked[:_MOST_FIXES]))


def _single_edits(goal: Goal, before: Resolution) -> tuple[list[Fix], list[_Attempt], list[str]]:
    """Return the fixes with one edit, the attempts that need more edits, and the reasons of failures."""
    uncovered = _after_removals(goal, before, _Attempt((), before.world, before), [])
    fixes = [uncovered] if isinstance(uncovered, Fix) else []
    attempts: list[_Attempt] = []
    reasons = [uncovered] if isinstance(uncovered, str) and uncovered else []
    for edit in setting_edits(before, goal):
        # A fix of several edits is no reason to leave out a single edit in the same place.
        if edit.kind_of_place in {fix.edits[0].kind_of_place for fix in fixes if len(fix.edits) == 1}:
            continue
        result = _try(goal, before, before.world, (edit,))
        if isinstance(result, Fix):
            fixes.append(result)
        elif isinstance(result, _Attempt):
            attempts.append(result)
        elif result:
            reasons.append(result)
    return fixes, attempts, reasons


def _try(goal: Goal, before: Resolution, world: World, edits: tuple[Edit, ...]) -> Fix | _Attempt | str:
    """Return the result of the last edit in a world: a fix, an attempt, or the reason why the edit is not possible."""
    changed = apply(world, edits[-1])
    if changed is None:
        return ""
    after = outcome_of(changed, goal.profile, before.options)
    if not isinstance(after, Resolution):
        return str(after)
    if goal.is_met(after):
        return _fix(goal, before, after, edits)
    return _Attempt(edits, changed, after)


def _no_place(goal: Goal) -> str:
    if goal.variable:
        names = ", ".join(v.name for v in goal.field.variables if goal.profile.reads(v))
        return (
            f"{goal.variable} is not read as the key by these rules; they read {names}, or envKey of a provider entry"
        )
    if goal.file is not None:
        return "these rules do not search that file, or the file exists and cannot be changed"
    return "no place that these rules read can have this value"


def _after_removals(goal: Goal, before: Resolution, attempt: _Attempt, fixes: list[Fix]) -> Fix | str:
    """Return the fix from an attempt and removals of the values that override it, or the reason why there is none."""
    settled = [frozenset(edit.place for edit in fix.edits) for fix in fixes]
    edits, world, after = attempt.edits, attempt.world, attempt.after
    for _ in range(_MOST_REMOVALS):
        blocking = _blocking_origin(goal, after)
        obstacle = None if blocking is None else removal(after, goal.field.name, blocking)
        if obstacle is None or any(obstacle.place == edit.place for edit in edits):
            break
        edits = (*edits, obstacle)
        if any(fix <= {edit.place for edit in edits} for fix in settled):
            # Some of these edits are already a fix.
            return ""
        found = _try(goal, before, world, edits)
        if not isinstance(found, _Attempt):
            return found
        world, after = found.world, found.after
    return _reason(goal, after, attempt.edits)


def _fix(goal: Goal, before: Resolution, after: Resolution, edits: tuple[Edit, ...]) -> Fix | str:
    new_stops = [stop for stop in after.stops if stop not in before.stops]
    if new_stops:
        return "Qwen Code would not start after this edit"
    also = tuple(
        field_difference(before, after, one.name)
        for one in differences(before, after)
        if not one.same_value and one.name != goal.field.name
    )
    placed = tuple(with_lines(edit, before.world) for edit in edits)
    origin = _origin(after.decisions[goal.field.name].winner, edits)
    return Fix(placed, origin, also, is_incomplete=before.is_complete and not after.is_complete)


def _origin(winner: Candidate | None, edits: tuple[Edit, ...]) -> str:
    """Return the origin of a value after edits; for an edited settings file without the line, which is not known."""
    if winner is None:
        return ""
    origin = winner.origin
    is_edited = any(edit.where == "settings" and edit.path == origin.path for edit in edits)
    return str(origin).replace(f"{origin.file}:{origin.line}", str(origin.file), 1) if is_edited else str(origin)


def _blocking_origin(goal: Goal, resolution: Resolution) -> Origin | None:
    """Return the origin of the value that overrides the wanted value, if its removal can help."""
    decision = resolution.decisions[goal.field.name]
    winner = decision.winner
    for lost in decision.shadowed:
        if goal.is_wanted(lost.candidate) and lost.fate in (
            "beaten",
            "hidden by an empty variable",
            "not beside the entry",
        ):
            by = lost.by or winner
            return None if by is None or by.origin.source.is_default else by.origin
    # Without the winner, the wanted value may be inferred, or be the default.
    return None if winner is None or winner.origin.source.is_default else winner.origin


def _reason(goal: Goal, resolution: Resolution, edits: tuple[Edit, ...]) -> str:
    """Return the reason why a value does not win after edits."""
    decision = resolution.decisions[goal.field.name]
    for edit in edits:
        for file in resolution.files:
            if edit.name in file.excluded and edit.path == file.place.path:
                return f"{file.shown} may not set {edit.name}: it is excluded there"
    for lost in decision.shadowed:
        if goal.is_wanted(lost.candidate) and lost.fate == "needs reach user":
            return f"{lost.candidate.origin}: a project's file may not set {goal.field.name}"
        if goal.is_wanted(lost.candidate) and lost.fate == "not under this method":
            return f"{lost.candidate.origin}: not read under {resolution.auth_method}"
    if decision.winner is not None and goal.is_wanted(decision.winner) and decision.problem is not None:
        return f"{decision.winner.origin}: {decision.problem.wrong}"
    return ""


def _smallest(fixes: list[Fix]) -> Iterator[Fix]:
    """Yield the fixes without those that contain another fix, each once."""
    every = [frozenset(edit.place for edit in fix.edits) for fix in fixes]
    for number, fix in enumerate(fixes):
        if every[number] not in every[:number] and not any(other < every[number] for other in every):
            yield fix


def _invasiveness(fix: Fix) -> tuple[int, int]:
    weight = sum(_NEW_FILE * edit.creates + _SYSTEM_FILE * _is_of_system(edit) for edit in fix.edits)
    return len(fix.edits) + len(fix.also), weight


def _is_of_system(edit: Edit) -> bool:
    return edit.where == "settings" and edit.path is not None and edit.path.parent.name != ".qwen"
