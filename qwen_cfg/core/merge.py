"""The merge: the winning candidate of a field, and the fate of all others."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from qwen_schema import BadValue, Secret, is_recognised, kind_of_pointer, looks_like_key, parse_value
from qwen_schema.proxy import is_direct, split_login
from qwen_schema.records import record, replace
from qwen_schema.spellings import TELLTALE_LENGTH

from .layers import DEFAULT, FieldLayer, VariableLayer, layers_in
from .origin import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_schema import Field, LayerName, Profile, Value

    from .layers import Sources

Fate = Literal[
    "beaten",
    "hidden by an empty variable",
    "empty",
    "needs reach user",
    "not under this method",
    "not beside the entry",
]


@record
class ShadowedCandidate:
    """A candidate that is not used: its fate, and the candidate that overrides it, if any."""

    candidate: Candidate
    fate: Fate
    by: Candidate | None = None


@record
class Decision:
    """The decision for one field.

    `value` is the typed value of the winner; None if there is no winner, or if `problem` says why it is invalid.
    `unused` says why the winner's value is invalid if no request needs it, so that the empty value is used.
    """

    field: Field
    winner: Candidate | None
    shadowed: tuple[ShadowedCandidate, ...]
    value: Value | Secret | None = None
    problem: BadValue | None = None
    unused: BadValue | None = None
    unrecognised: bool = False

    @property
    def by_default(self) -> bool:
        """Whether the value is the default."""
        return self.winner is not None and self.winner.origin.source.is_default

    @property
    def by_library(self) -> bool:
        """Whether the value comes from a variable that only the provider's library reads, not Qwen Code itself."""
        name = None if self.winner is None else self.winner.origin.variable
        return any(variable.of_library and variable.name == name for variable in self.field.variables)

    @property
    def items(self) -> tuple[str, ...]:
        """The value of a list field; empty if it is not valid."""
        return self.value if isinstance(self.value, tuple) else ()


def decide(field: Field, profile: Profile, sources: Sources) -> Decision:
    """Select the value of the highest layer that has one, in the profile's order for the field."""
    winner: Candidate | None = None
    shadowed: list[ShadowedCandidate] = []
    for candidate, lost in _candidates(field, profile, sources):
        if lost is not None:
            shadowed.append(lost)
        elif winner is None:
            winner = candidate
        else:
            shadowed.append(ShadowedCandidate(candidate, "beaten", winner))
    if not shadowed and winner is not None and winner.origin is DEFAULT.declared and not field.secret:
        return _default_decision(field, winner.revealed)
    return _decision(field, winner, _with_overriding(shadowed, winner))


@lru_cache
def _default_decision(field: Field, text: str) -> Decision:
    """Return the decision for a field that only its default sets. Most fields are such, so the result is cached."""
    return _decision(field, Candidate(field.name, text, DEFAULT.declared), ())


def with_winner(decision: Decision, winner: Candidate) -> Decision:
    """Return a decision with another candidate as its winner, for example an inferred one."""
    return _decision(decision.field, winner, decision.shadowed)


def override(decision: Decision, winner: Candidate) -> Decision:
    """Return a decision with a candidate that overrides all others."""
    lost = () if decision.winner is None else (ShadowedCandidate(decision.winner, "beaten", winner),)
    others = tuple(
        ShadowedCandidate(s.candidate, s.fate, winner if s.fate == "beaten" else s.by) for s in decision.shadowed
    )
    return _decision(decision.field, winner, (*lost, *others))


def with_losers(decision: Decision, losers: tuple[Candidate, ...]) -> Decision:
    """Return a decision with further candidates, which the winner overrides."""
    lost = tuple(ShadowedCandidate(loser, "beaten", decision.winner) for loser in losers)
    return replace(decision, shadowed=(*lost, *decision.shadowed))


def without_other_sources(decision: Decision, winner: Candidate | None) -> Decision:
    """Return a decision whose former winner is not used, since only the provider entry counts."""
    before = () if decision.winner is None else (ShadowedCandidate(decision.winner, "beaten"),)
    every = (*before, *decision.shadowed)
    lost = tuple(ShadowedCandidate(s.candidate, "not beside the entry") if s.fate == "beaten" else s for s in every)
    return _decision(decision.field, winner, tuple(s for s in lost if not s.candidate.origin.source.is_default))


def without_secrets_elsewhere(decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """Return the decisions; a value that contains the secret of another field becomes a problem.

    Such a value, for example a key as the model, would be shown, written and sent.
    """
    texts = {text for d in decisions.values() if d.field.secret for text in _texts(d)}
    secrets = {text for text in texts if len(text) >= TELLTALE_LENGTH and kind_of_pointer(text) is None}
    return {name: _without_secrets(decision, secrets) for name, decision in decisions.items()}


def _without_secrets(decision: Decision, secrets: set[str]) -> Decision:
    if decision.field.secret or decision.winner is None:
        return decision
    text = decision.winner.revealed
    if decision.field.schema.get("format") == "proxy-url":
        text, _ = split_login(text)
    if not _contains_any(text, secrets) and not looks_like_key(text):
        return decision
    return replace(decision, value=None, problem=BadValue("it contains an API key", "a value without a key"))


def _contains_any(text: str, secrets: set[str]) -> bool:
    for secret in secrets:  # noqa: SIM110 - a generator takes longer than comparing the usual one secret
        if secret in text:
            return True
    return False


def without_unused_proxy(decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """Return the decisions without an invalid proxy that no request would use.

    An invalid proxy from a flag stays a problem, since it was typed for this command.
    """
    proxy, url = decisions["proxy"], decisions["base_url"].value
    named_by_flag = proxy.winner is not None and proxy.winner.origin.layer == "flag"
    if proxy.problem is None or named_by_flag or not isinstance(url, str):
        return dict(decisions)
    if not is_direct(url, decisions["no_proxy"].items):
        return dict(decisions)
    return {**decisions, "proxy": replace(proxy, value="", problem=None, unused=proxy.problem)}


def _texts(decision: Decision) -> list[str]:
    candidates = [lost.candidate for lost in decision.shadowed]
    return [c.revealed for c in (decision.winner, *candidates) if c is not None]


def _candidates(
    field: Field, profile: Profile, sources: Sources
) -> Iterator[tuple[Candidate, ShadowedCandidate | None]]:
    """Yield every candidate from the highest layer down, with its fate if it cannot win."""
    groups, asks_always = _groups(profile.order_of(field.name))
    has_variables = asks_always or sources.variables.has_any(field.variable_names)
    for group in groups:
        if isinstance(group, tuple):
            if has_variables:
                yield from _variables_candidates(field, group, sources, of_library=False)
            continue
        if group.is_default and has_variables:
            every = tuple([layer for group in groups if isinstance(group, tuple) for layer in group])
            yield from _variables_candidates(field, every, sources, of_library=True)
        for candidate in group.offers(field, sources):
            yield candidate, None if group.is_default else _refusal(field, candidate)


def _variables_candidates(
    field: Field, layers: tuple[VariableLayer, ...], sources: Sources, *, of_library: bool
) -> Iterator[tuple[Candidate, ShadowedCandidate | None]]:
    """Yield the candidates of a field's variables: those that Qwen Code reads, or those that a library reads."""
    for variable in field.variables:
        if variable.of_library != of_library or (variable.under and not sources.profile.reads(variable)):
            continue
        candidates = [c for layer in layers for c in layer.offers(field, variable, sources)]
        if not candidates:
            continue
        if of_library:
            candidates = [c if isinstance(c.text, Secret) else replace(c, text=c.text.strip()) for c in candidates]
        if variable.is_read_under(sources.method_of_library if of_library else sources.auth_method):
            yield from _variable_candidates(field, candidates, sources.profile)
        else:
            yield from ((candidate, ShadowedCandidate(candidate, "not under this method")) for candidate in candidates)


@cache
def _groups(order: tuple[LayerName, ...]) -> tuple[tuple[FieldLayer | tuple[VariableLayer, ...], ...], bool]:
    """Return the layers in their order, and whether one of them has variables that are not in `Sources.variables`.

    Adjacent variable layers are read together, so they form one tuple.
    """
    layers = layers_in(order)
    groups: list[FieldLayer | tuple[VariableLayer, ...]] = []
    for layer in layers:
        if isinstance(layer, FieldLayer):
            groups.append(layer)
        elif groups and isinstance(groups[-1], tuple):
            groups[-1] = (*groups[-1], layer)
        else:
            groups.append((layer,))
    return tuple(groups), any(isinstance(one, VariableLayer) and not one.is_in_variables for one in layers)


def _variable_candidates(
    field: Field, candidates: list[Candidate], profile: Profile
) -> Iterator[tuple[Candidate, ShadowedCandidate | None]]:
    """Yield the candidates of one variable.

    An empty candidate is no value; under some profiles it also hides the same variable in later sources. Under profiles
    in which an empty variable counts as unset, a variable of only blanks hides it.
    """
    hidden_by: Candidate | None = None
    for candidate in candidates:
        lost = _refusal(field, candidate)
        if lost is None and not profile.empty_hides and not field.is_switch and not candidate.revealed.strip():
            lost = ShadowedCandidate(candidate, "empty")
            hidden_by = hidden_by or candidate
        elif hidden_by is not None and (lost is None or lost.fate == "empty"):
            lost = ShadowedCandidate(candidate, "hidden by an empty variable", hidden_by)
        elif lost is not None and lost.fate == "empty" and profile.empty_hides:
            hidden_by = candidate
        yield candidate, lost


def _refusal(field: Field, candidate: Candidate) -> ShadowedCandidate | None:
    """Return the fate of a candidate that cannot win: it may not set the field, or is empty. A default always can."""
    needed = field.reach
    if candidate.origin.layer == "settings" and field.setting is not None:
        needed = field.setting.reach
    if needed == "user" and candidate.origin.reach != "user":
        return ShadowedCandidate(candidate, "needs reach user")
    if candidate.is_empty and not _is_empty_flag(field, candidate):
        return ShadowedCandidate(candidate, "empty")
    return None


def _is_empty_flag(field: Field, candidate: Candidate) -> bool:
    """Return whether an empty flag sets a field to no value, whatever lower layers set."""
    return candidate.origin.layer == "flag" and field.schema.get("default") == ""


def _with_overriding(shadowed: list[ShadowedCandidate], winner: Candidate | None) -> tuple[ShadowedCandidate, ...]:
    return tuple(ShadowedCandidate(s.candidate, s.fate, s.by or winner) for s in shadowed)


def _decision(field: Field, winner: Candidate | None, shadowed: tuple[ShadowedCandidate, ...]) -> Decision:
    if winner is None:
        return Decision(field, None, shadowed)
    try:
        if winner.problem is not None:
            raise BadValue(winner.problem.wrong, winner.problem.expected)
        _require_own_command(field, winner)
        # Qwen Code replaces variables in settings, and leaves an unset variable as written.
        is_expanded = winner.origin.layer in ("settings", "settings-env")
        value = parse_value(field, winner.revealed, is_expanded=is_expanded)
    except BadValue as problem:
        return Decision(field, winner, shadowed, problem=problem)
    final = winner.text if isinstance(winner.text, Secret) else value
    return Decision(field, winner, shadowed, final, unrecognised=not is_recognised(field, winner.revealed))


def _require_own_command(field: Field, winner: Candidate) -> None:
    """Raise an error for a command from a project's file, which the user has not approved by unpacking the project."""
    if field.secret and kind_of_pointer(winner.revealed) == "command" and winner.origin.is_from_project:
        raise BadValue(
            "a file of a project may not set a command, which would be run",
            "an API key or keyring:SERVICE/NAME here, or the command in the environment or in ~/.qwen/.env",
        )
