"""Builds the document that explains a resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.merge import Decision, ShadowedCandidate
from qwen_cfg.core.other_profiles import compare_profiles
from qwen_cfg.core.unread_files import unread_candidate
from qwen_cfg.rules import OF_ALL_FIELDS
from qwen_schema import Secret, declared_fields, redact_known, safe_text, show_value
from qwen_schema.records import replace

from .document import (
    DirectoryExplanation,
    Explanation,
    FieldExplanation,
    OtherProfileExplanation,
    PlaceExplanation,
    ScopeExplanation,
    UnusedValue,
)

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.other_profiles import ProfileComparison
    from qwen_cfg.core.place import Visit
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.rules import Diagnostic


def explain(
    resolution: Resolution,
    diagnostics: tuple[Diagnostic, ...],
    *,
    other_profiles: tuple[ProfileComparison, ...] | None = None,
    chosen_profile: ChosenProfile | None = None,
    reveal: bool = False,
) -> Explanation:
    """Return the explanation of a resolution. With `reveal`, secrets are not masked.

    `other_profiles` are the results of the other profiles, if they are already known. `chosen_profile` is the profile
    with the reason for its choice, if there is one.
    """
    world = resolution.world
    others = compare_profiles(resolution) if other_profiles is None else other_profiles
    return Explanation(
        cwd=world.standpoint.show_directory(world.cwd),
        profile=resolution.profile.name,
        title=resolution.profile.title,
        rules=chosen_profile.rules if chosen_profile else resolution.profile.rules,
        because=chosen_profile.because if chosen_profile else None,
        home_fills_in=resolution.profile.home_fills_in,
        dialect=world.dialect,
        chosen_by=world.choice.chosen_by,
        complete=resolution.is_complete,
        fields=tuple(_field(resolution, decision, reveal) for decision in resolution.decisions.values()),
        directory=_directory(resolution),
        places=_places(resolution),
        read=tuple(file.shown for file in resolution.files),
        excluded=resolution.excluded,
        diagnostics=diagnostics,
        not_considered=tuple(world.standpoint.show(path) for path in resolution.settings_files),
        others=tuple(_other_profile(other, reveal) for other in others),
        settings=_scopes(resolution),
    )


def about(explanation: Explanation, field: str) -> Explanation:
    """Return the part of an explanation that is about one field."""
    return replace(
        explanation,
        fields=tuple(each for each in explanation.fields if each.name == field),
        diagnostics=tuple(d for d in explanation.diagnostics if d.finding.field == field or d.code in OF_ALL_FIELDS),
        others=tuple(_about_field(other, field) for other in explanation.others),
    )


def _about_field(other: OtherProfileExplanation, field: str) -> OtherProfileExplanation:
    differences = tuple(difference for difference in other.differences if difference[0].name == field)
    return replace(other, differences=differences, agrees=not (differences or other.unread or other.error))


def _other_profile(other: ProfileComparison, reveal: bool) -> OtherProfileExplanation:  # noqa: FBT001
    resolution = other.resolution
    return OtherProfileExplanation(
        other.profile.name,
        other.profile.title,
        other.agrees,
        tuple((_field(resolution, d.decision, reveal), d.same_value) for d in other.differences) if resolution else (),
        other.unread,
        f"{other.error.where}: {other.error.what}" if other.error else None,
    )


def _directory(resolution: Resolution) -> DirectoryExplanation | None:
    directory, show = resolution.directory, resolution.world.standpoint.show_directory
    plain = resolution.world.home and resolution.world.home / ".qwen"
    if directory.origin is None or not directory.text or directory.moved_to == plain:
        return None
    return DirectoryExplanation(
        show(directory.moved_to) if directory.moved_to else None,
        str(directory.origin),
        directory.text,
        directory.problem or None,
    )


def _field(resolution: Resolution, decision: Decision, reveal: bool) -> FieldExplanation:  # noqa: FBT001
    field, decision = decision.field, _used_decision(resolution, decision)
    winner = decision.winner
    origin = winner.origin if winner else None
    return FieldExplanation(
        name=field.name,
        description=field.description,
        flags=field.flags,
        variables=tuple(
            variable.name
            for variable in filter(resolution.profile.reads, field.variables)
            if variable.is_read_under(resolution.auth_method)
        ),
        needs_reach=field.reach,
        secret=field.secret,
        value=_value(decision, reveal),
        layer=origin.layer if origin else None,
        origin=origin.place if origin else None,
        variable=origin.variable if origin else None,
        reach=origin.reach if origin else None,
        won_by=_source_text(resolution, decision),
        problem=decision.problem.wrong if decision.problem else None,
        shadowed=tuple(
            UnusedValue(
                unused.fate,
                _text(unused.candidate, reveal),
                unused.candidate.origin.layer,
                unused.candidate.origin.place,
                unused.candidate.origin.variable,
                str(unused.by.origin) if unused.by else None,
            )
            for unused in decision.shadowed
        ),
        unreached=_unreached_values(resolution, field.name, reveal),
    )


def _used_decision(resolution: Resolution, decision: Decision) -> Decision:
    """Return the decision. Qwen OAuth uses no key, so the decision about the key has no winner then."""
    if not decision.field.secret or resolution.auth_method != "qwen-oauth" or decision.winner is None:
        return decision
    keys = (decision.winner, *(shadowed.candidate for shadowed in decision.shadowed if shadowed.fate == "beaten"))
    others = tuple(shadowed for shadowed in decision.shadowed if shadowed.fate != "beaten")
    unused = tuple(ShadowedCandidate(key, "not under this method") for key in keys)
    return Decision(decision.field, None, (*unused, *others))


def _value(decision: Decision, reveal: bool) -> str | None:  # noqa: FBT001
    if decision.winner is None:
        return None
    if decision.value is None or isinstance(decision.value, Secret):
        return _text(decision.winner, reveal)
    return show_value(decision.value) if reveal else redact_known(show_value(decision.value))


def _text(candidate: Candidate, reveal: bool) -> str:  # noqa: FBT001
    return candidate.revealed if reveal else safe_text(declared_fields()[candidate.field], candidate.revealed)


def _source_text(resolution: Resolution, decision: Decision) -> str:
    """Return the origin of the value as text; without a value, the reason."""
    if decision.winner is not None:
        return str(decision.winner.origin)
    if decision.field.secret and resolution.auth_method == "qwen-oauth":
        return f"not needed: Qwen OAuth logs in without a key, with {resolution.login_path}"
    if decision.field.secret and resolution.options.secret_from is not None:
        return f"to come from {resolution.options.secret_from}"
    if decision.field.secret and resolution.google_project is not None:
        named = resolution.google_project.origin
        return f"not needed: Google's application default credentials are used ({named} names the project)"
    return "not set"


def _unreached_values(resolution: Resolution, field: str, reveal: bool) -> tuple[UnusedValue, ...]:  # noqa: FBT001
    offers = (unread_candidate(file, field, resolution.auth_method) for file in resolution.unreached)
    return tuple(
        UnusedValue("not reached", _text(o, reveal), o.origin.layer, o.origin.place, o.origin.variable)
        for o in offers
        if o is not None
    )


def _places(resolution: Resolution) -> tuple[PlaceExplanation, ...]:
    """Return the places in the order of the search, then the places that fill in, in their order of precedence."""
    reached = tuple(_visited_place(resolution, v) for v in resolution.search.visits if v.outcome != "not-reached")
    show = resolution.world.standpoint.show
    order = [show(place.path) for place in (*resolution.search.places, *resolution.search_places)]
    filling = [show(place.path) for place in resolution.search.read[1:]]
    places = sorted(reached + _unreached_places(resolution), key=lambda place: order.index(place.path))
    return tuple(sorted(places, key=lambda place: filling.index(place.path) if place.path in filling else -1))


def _scopes(resolution: Resolution) -> tuple[ScopeExplanation, ...]:
    """Return the explanation of each scope of settings, in their order of precedence."""
    scopes, decisions = [], resolution.decisions
    for scope in reversed(resolution.settings.scopes if resolution.settings is not None else ()):
        file = scope.file
        sets = tuple(name for name, decision in decisions.items() if _is_from(decision.winner, file.path))
        unused = (name for name, d in decisions.items() for s in d.shadowed if _is_from(s.candidate, file.path))
        only_unused = tuple(name for name in dict.fromkeys(unused) if name not in sets)
        line = f" (line {scope.line})" if scope.line is not None else ""
        why = f"{scope.why}{line}" if scope.why else ""
        scopes.append(ScopeExplanation(file.scope, file.shown, scope.outcome, why, sets, only_unused))
    return tuple(scopes)


def _is_from(candidate: Candidate | None, path: Path) -> bool:
    """Return whether a candidate, or a variable that it comes through, is set in the file at a path."""
    origins = () if candidate is None else (candidate.origin, *candidate.origin.behind)
    return any(origin.path == path for origin in origins)


def _visited_place(resolution: Resolution, visit: Visit) -> PlaceExplanation:
    path, decisions = visit.place.path, resolution.decisions
    file = next((file for file in resolution.files if file.place == visit.place), None)
    offers = file.offers.values() if file else ()
    return PlaceExplanation(
        resolution.world.standpoint.show(path),
        visit.outcome,
        visit.kind != "absent",
        visit.kind,
        tuple(name for name, decision in decisions.items() if _is_from(decision.winner, path)),
        tuple(dict.fromkeys(o.field for o in offers if not _is_from(decisions[o.field].winner, path))),
        file.excluded if file else (),
        moves=resolution.directory.origin is not None and resolution.directory.origin.path == path,
    )


def _unreached_places(resolution: Resolution) -> tuple[PlaceExplanation, ...]:
    world = resolution.world
    files = {file.place.path: file for file in resolution.unreached}
    explanations = []
    for place in resolution.unread_places:
        path_state = world.look(place.path)
        file = files.get(place.path)
        sets = (
            tuple(name for name in resolution.decisions if unread_candidate(file, name, resolution.auth_method))
            if file
            else ()
        )
        explanations.append(
            PlaceExplanation(
                world.standpoint.show(place.path),
                "not-reached",
                path_state.kind != "absent",
                path_state.kind,
                sets,
                unreadable=path_state.error.what if path_state.error else None,
            )
        )
    return tuple(explanations)
