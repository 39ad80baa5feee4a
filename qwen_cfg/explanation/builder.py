"""Builds the document that explains a resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.merge import Decision, ShadowedCandidate
from qwen_cfg.core.other_profiles import compare_profiles
from qwen_cfg.core.unread_files import would_set
from qwen_cfg.rules import OF_ALL_FIELDS
from qwen_schema import Secret, declared_fields, redact_known, safe_text, show_value
from qwen_schema.records import replace

from .document import DirectoryStory, Explanation, FieldStory, Offer, OtherStory, PlaceStory, ScopeStory

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.other_profiles import ProfileComparison
    from qwen_cfg.core.place import Place, Visit
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
        others=tuple(_other(other, reveal) for other in others),
        settings=_scopes(resolution),
    )


def about(explanation: Explanation, field: str) -> Explanation:
    """Return the part of an explanation that is about one field."""
    return replace(
        explanation,
        fields=tuple(story for story in explanation.fields if story.name == field),
        diagnostics=tuple(d for d in explanation.diagnostics if d.finding.field == field or d.code in OF_ALL_FIELDS),
        others=tuple(_about(other, field) for other in explanation.others),
    )


def _about(other: OtherStory, field: str) -> OtherStory:
    told = tuple(difference for difference in other.differences if difference[0].name == field)
    return replace(other, differences=told, agrees=not (told or other.unread or other.error))


def _other(other: ProfileComparison, reveal: bool) -> OtherStory:  # noqa: FBT001
    told = other.resolution
    return OtherStory(
        other.profile.name,
        other.profile.title,
        other.agrees,
        tuple((_field(told, d.decision, reveal), d.same_value) for d in other.differences) if told else (),
        other.unread,
        f"{other.error.where}: {other.error.what}" if other.error else None,
    )


def _directory(resolution: Resolution) -> DirectoryStory | None:
    directory, show = resolution.directory, resolution.world.standpoint.show_directory
    plain = resolution.world.home and resolution.world.home / ".qwen"
    if directory.origin is None or not directory.text or directory.moved_to == plain:
        return None
    return DirectoryStory(
        show(directory.moved_to) if directory.moved_to else None,
        str(directory.origin),
        directory.text,
        directory.problem or None,
    )


def _field(resolution: Resolution, decision: Decision, reveal: bool) -> FieldStory:  # noqa: FBT001
    field, decision = decision.field, _as_used(resolution, decision)
    winner = decision.winner
    origin = winner.origin if winner else None
    return FieldStory(
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
        won_by=_won_by(resolution, decision),
        problem=decision.problem.wrong if decision.problem else None,
        shadowed=tuple(
            Offer(
                lost.fate,
                _text(lost.candidate, reveal),
                lost.candidate.origin.layer,
                lost.candidate.origin.place,
                lost.candidate.origin.variable,
                str(lost.by.origin) if lost.by else None,
            )
            for lost in decision.shadowed
        ),
        unreached=_unreached(resolution, field.name, reveal),
    )


def _as_used(resolution: Resolution, decision: Decision) -> Decision:
    """Return the decision; for the key under Qwen OAuth, which uses no key, without a winner."""
    if not decision.field.secret or resolution.auth_method != "qwen-oauth" or decision.winner is None:
        return decision
    every = (decision.winner, *(lost.candidate for lost in decision.shadowed if lost.fate == "beaten"))
    others = tuple(lost for lost in decision.shadowed if lost.fate != "beaten")
    unused = tuple(ShadowedCandidate(candidate, "not under this method") for candidate in every)
    return Decision(decision.field, None, (*unused, *others))


def _value(decision: Decision, reveal: bool) -> str | None:  # noqa: FBT001
    if decision.winner is None:
        return None
    if decision.value is None or isinstance(decision.value, Secret):
        return _text(decision.winner, reveal)
    return show_value(decision.value) if reveal else redact_known(show_value(decision.value))


def _text(candidate: Candidate, reveal: bool) -> str:  # noqa: FBT001
    return candidate.revealed if reveal else safe_text(declared_fields()[candidate.field], candidate.revealed)


def _won_by(resolution: Resolution, decision: Decision) -> str:
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


def _unreached(resolution: Resolution, field: str, reveal: bool) -> tuple[Offer, ...]:  # noqa: FBT001
    offers = (would_set(file, field, resolution.auth_method) for file in resolution.unreached)
    return tuple(
        Offer("not reached", _text(o, reveal), o.origin.layer, o.origin.place, o.origin.variable)
        for o in offers
        if o is not None
    )


def _places(resolution: Resolution) -> tuple[PlaceStory, ...]:
    """Return the places in the order of the search, then the places that fill in, in their order of precedence."""
    reached = tuple(_visited(resolution, v) for v in resolution.search.visits if v.outcome != "not-reached")
    show = resolution.world.standpoint.show
    order = [show(place.path) for place in (*resolution.search.places, *resolution.everywhere)]
    filling = [show(place.path) for place in resolution.search.read[1:]]
    stories = sorted(reached + _not_reached(resolution), key=lambda story: order.index(story.path))
    return tuple(sorted(stories, key=lambda story: filling.index(story.path) if story.path in filling else -1))


def _scopes(resolution: Resolution) -> tuple[ScopeStory, ...]:
    """Return the explanation of each scope of settings, in their order of precedence."""
    stories = []
    for scope in reversed(resolution.settings.scopes if resolution.settings is not None else ()):
        sets = tuple(name for name, d in resolution.decisions.items() if _is_from(d.winner, scope.file.path))
        unused = (
            n for n, d in resolution.decisions.items() for s in d.shadowed if _is_from(s.candidate, scope.file.path)
        )
        rest = tuple(name for name in dict.fromkeys(unused) if name not in sets)
        line = f" (line {scope.line})" if scope.line is not None else ""
        why = f"{scope.why}{line}" if scope.why else ""
        stories.append(ScopeStory(scope.file.scope, scope.file.shown, scope.outcome, why, sets, rest))
    return tuple(stories)


def _is_from(candidate: Candidate | None, path: Path) -> bool:
    """Return whether a candidate, or a variable that it comes through, is set in the file at a path."""
    origins = () if candidate is None else (candidate.origin, *candidate.origin.behind)
    return any(origin.path == path for origin in origins)


def _visited(resolution: Resolution, visit: Visit) -> PlaceStory:
    shown = resolution.world.standpoint.show(visit.place.path)
    file = next((file for file in resolution.files if file.place == visit.place), None)
    offers = file.offers.values() if file else ()
    return PlaceStory(
        shown,
        visit.outcome,
        visit.kind != "absent",
        visit.kind,
        tuple(name for name, d in resolution.decisions.items() if _won_from(d, visit.place)),
        tuple(dict.fromkeys(o.field for o in offers if not _won_from(resolution.decisions[o.field], visit.place))),
        file.excluded if file else (),
        moves=resolution.directory.origin is not None and resolution.directory.origin.path == visit.place.path,
    )


def _won_from(decision: Decision, place: Place) -> bool:
    return _is_from(decision.winner, place.path)


def _not_reached(resolution: Resolution) -> tuple[PlaceStory, ...]:
    world = resolution.world
    files = {file.place.path: file for file in resolution.unreached}
    stories = []
    for place in resolution.unread_places:
        sighting = world.look(place.path)
        file = files.get(place.path)
        sets = (
            tuple(name for name in resolution.decisions if would_set(file, name, resolution.auth_method))
            if file
            else ()
        )
        stories.append(
            PlaceStory(
                world.standpoint.show(place.path),
                "not-reached",
                sighting.kind != "absent",
                sighting.kind,
                sets,
                unreadable=sighting.error.what if sighting.error else None,
            )
        )
    return tuple(stories)
