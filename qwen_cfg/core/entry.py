"""The provider entry that a resolution uses, and what it changes: it comes before the flags, as in Qwen Code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_schema import show_value

from .layers import DEFAULT, PROVIDER_ENTRY, SETTINGS, default_of, setting_origin
from .merge import outranked, settled
from .origin import Candidate
from .settings import choose_entry, first_entry, method_of_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .layers import Sources
    from .merge import Decision
    from .origin import Origin
    from .settings import EntryChoice, ProviderEntry, SettingsLoad


def with_entry(
    decisions: Mapping[str, Decision], sources: Sources
) -> tuple[Mapping[str, Decision], EntryChoice | None]:
    """Return the decisions after the provider entry was chosen, and the entry; both as they are where there is none.

    The entry is that of the model that the other layers decide. Where there is none of that name, and neither a key
    nor a base URL, it is the first of the method.
    """
    settings = sources.settings
    if settings is None or sources.auth_method is None or "modelProviders" not in settings.merged:
        return decisions, None
    model, base_url = _wanted(decisions["model"], settings)
    method = sources.auth_method
    if not decisions["model"].by_default:
        method = method_of_model(settings.merged, method, model, base_url=base_url or None)
    choice = choose_entry(settings.merged, method, model, base_url=base_url)
    if choice is None and decisions["api_key"].winner is None and decisions["base_url"].by_default:
        choice = first_entry(settings.merged, method)
    if choice is None:
        return decisions, None
    choice = replace(choice, picked_by=_project_of(decisions, settings, choice.entry))
    with_it = replace(sources, auth_method=method, entry=choice.entry)
    names = ["api_key", "base_url", *(["model"] if choice.reason == "the first of the method" else [])]
    changed = dict(decisions)
    if method != sources.auth_method:
        changed["auth_method"] = _of_wire(changed["auth_method"], with_it, method)
    for name in names:
        changed[name] = _decided(changed[name], with_it)
    return changed, choice


def _wanted(model: Decision, settings: SettingsLoad) -> tuple[str, str]:
    """Return the model that is asked for, and the base URL that the settings have beside its name."""
    if model.winner is None:
        return "", ""
    is_of_settings = model.winner.origin.layer == "settings"
    return model.winner.revealed, settings.text("model", "baseUrl") if is_of_settings else ""


def _project_of(decisions: Mapping[str, Decision], settings: SettingsLoad, entry: ProviderEntry) -> Origin | None:
    """Return where a project's file has a say in which entry is used; None if none has."""
    winners = [decisions[name].winner for name in ("model", "auth_method")]
    said = [settings.at("model", "baseUrl"), settings.at("providerProtocol", entry.provider)]
    origins = [w.origin for w in winners if w is not None]
    origins += [setting_origin(SETTINGS, setting) for setting in said if setting is not None]
    return next((origin for origin in origins if origin.is_project_said), None)


def _decided(decision: Decision, sources: Sources) -> Decision:
    for candidate in PROVIDER_ENTRY.offers(decision.field, sources)[:1]:
        return outranked(decision, candidate)
    default = default_of(decision.field, sources)
    if decision.by_default and default is not None:
        return settled(decision, Candidate(decision.field.name, show_value(default), DEFAULT.origin("default")))
    return decision


def _of_wire(decision: Decision, sources: Sources, method: str) -> Decision:
    """Return the decision on the method where the entry asks for another one of OpenAI's two APIs."""
    origin = PROVIDER_ENTRY.origin_of_wire(sources)
    return outranked(decision, Candidate("auth_method", method, origin))
