"""The provider entry that a resolution uses, and its effect: it overrides the flags, as in Qwen Code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import show_value
from qwen_schema.records import replace

from .layers import DEFAULT, PROVIDER_ENTRY, SETTINGS, default_of, setting_origin
from .merge import override, with_losers, with_winner, without_other_sources
from .origin import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .layers import Sources
    from .merge import Decision
    from .origin import Origin
    from .settings import EntryChoice, ProviderEntry, SettingsLoad


def with_entry(
    decisions: Mapping[str, Decision], sources: Sources
) -> tuple[Mapping[str, Decision], EntryChoice | None]:
    """Return the decisions after the choice of the provider entry, and the entry; without one, unchanged decisions.

    The entry is that of the model from the other layers. Without an entry of that name, and without a key and a base
    URL, it is the first entry of the method. The base URL of the default model's entry is used only if no other layer
    sets one.
    """
    settings = sources.settings
    if settings is None or sources.auth_method is None or "modelProviders" not in settings.merged:
        return decisions, None
    from .settings import choose_entry, first_entry, method_of_model  # noqa: PLC0415 - few settings have entries

    model, base_url = _requested_model(decisions["model"], settings)
    method, is_named = sources.auth_method, not decisions["model"].by_default
    if is_named:
        method = method_of_model(settings.merged, method, model, base_url=base_url or None)
    choice = choose_entry(settings.merged, method, model, base_url=base_url, is_named=is_named)
    url = decisions["base_url"]
    if choice is None and decisions["api_key"].winner is None and (url.by_default or url.by_library):
        choice = first_entry(settings.merged, method)
    if choice is None:
        return decisions, None
    choice = replace(choice, picked_by=_project_origin(decisions, settings, choice.entry))
    with_it = replace(sources, auth_method=method, entry=choice.entry)
    names = ["api_key", "base_url", *(["model"] if choice.reason == "the first of the method" else [])]
    changed = dict(decisions)
    if method != sources.auth_method:
        changed["auth_method"] = _method_of_wire(changed["auth_method"], with_it, method)
    for name in names:
        changed[name] = _with_entry_value(changed[name], with_it)
    if choice.reason == "the id of the default model":
        changed |= _changes_for_default_model(decisions, changed, with_it)
    return changed, choice


def _requested_model(model: Decision, settings: SettingsLoad) -> tuple[str, str]:
    """Return the requested model, and the base URL beside its name in the settings."""
    if model.winner is None:
        return "", ""
    is_of_settings = model.winner.origin.layer == "settings"
    return model.winner.revealed, settings.text("model", "baseUrl") if is_of_settings else ""


def _project_origin(decisions: Mapping[str, Decision], settings: SettingsLoad, entry: ProviderEntry) -> Origin | None:
    """Return the place in a project's file that affects the choice of the entry; None if there is none."""
    winners = [decisions[name].winner for name in ("model", "auth_method")]
    settings_used = [settings.at("model", "baseUrl"), settings.at("providerProtocol", entry.provider)]
    origins = [w.origin for w in winners if w is not None]
    origins += [setting_origin(SETTINGS, setting) for setting in settings_used if setting is not None]
    return next((origin for origin in origins if origin.is_from_project), None)


def _with_entry_value(decision: Decision, sources: Sources) -> Decision:
    for candidate in PROVIDER_ENTRY.offers(decision.field, sources)[:1]:
        return override(decision, candidate)
    default = default_of(decision.field, sources)
    if decision.by_default and default is not None:
        return with_winner(decision, Candidate(decision.field.name, show_value(default), DEFAULT.origin("default")))
    return decision


def _changes_for_default_model(
    before: Mapping[str, Decision], after: Mapping[str, Decision], sources: Sources
) -> dict[str, Decision]:
    """Return the decisions that differ if the entry is that of the default model.

    Under openai, a base URL from another layer overrides the entry's. Under other methods, only the entry counts: no
    other key and no other base URL is used.
    """
    if sources.auth_method == "openai":
        url, offers = before["base_url"], PROVIDER_ENTRY.offers(before["base_url"].field, sources)
        is_open = url.by_default or url.by_library
        return {} if is_open else {"base_url": with_losers(url, offers)}
    return {name: _without_other_sources(after[name], sources) for name in ("api_key", "base_url")}


def _without_other_sources(decision: Decision, sources: Sources) -> Decision:
    winner = decision.winner
    if winner is None or winner.origin.layer == "provider-entry" or decision.by_default or decision.by_library:
        return decision
    default = default_of(decision.field, sources)
    origin, name = DEFAULT.origin("default"), decision.field.name
    return without_other_sources(decision, None if default is None else Candidate(name, show_value(default), origin))


def _method_of_wire(decision: Decision, sources: Sources, method: str) -> Decision:
    """Return the decision on the method, which the entry may change to the other one of OpenAI's two APIs."""
    origin = PROVIDER_ENTRY.origin_of_wire(sources)
    return override(decision, Candidate("auth_method", method, origin))
