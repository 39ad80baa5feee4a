"""The provider entry: the model of `modelProviders` in use, and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema import patterns as re
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_cfg.core.origin import Origin

    from .tree import Setting

# JavaScript lists members whose names are array indexes before all others.
_INDEX, _LAST_INDEX = re.compile(r"0|[1-9][0-9]{0,9}"), 2**32 - 2

METHODS = ("openai", "openai-responses", "qwen-oauth", "gemini", "vertex-ai", "anthropic")
_OPENAI = ("openai", "openai-responses")
_WIRE = {"chat-completions": "openai", "responses": "openai-responses"}

# The members that mark an entry that cannot be a session's model.
RESERVED = ("imageOnly", "voiceOnly", "realtimeOnly")

# The reason for the choice of an entry.
Reason = Literal["its id", "its id and base URL", "the id of the default model", "the first of the method"]


@record
class ProviderEntry:
    """One model of a provider: the provider's name, its method, and the entry itself."""

    provider: str
    method: str
    setting: Setting

    @property
    def model(self) -> str:
        """The ID of the model; empty if there is none."""
        return self._text("id")

    @property
    def key_variable(self) -> str:
        """The variable with the key; empty if none is named."""
        return self._text("envKey")

    @property
    def base_url(self) -> str:
        """The base URL; empty if there is none."""
        return self._text("baseUrl")

    @property
    def reserved_for(self) -> Setting | None:
        """The setting that reserves the model for images, voice or real-time use, so that no session can use it."""
        found = (self.setting.at(name) for name in RESERVED)
        return next((setting for setting in found if setting is not None and setting.is_true), None)

    def _text(self, name: str) -> str:
        found = self.setting.at(name)
        return "" if found is None or found.text is None else found.text


@record
class EntryChoice:
    """The entry in use, and the reason for the choice.

    `picked_by` is the place in a project's file that affects the choice (the model's name, the method), if there is
    one.
    """

    entry: ProviderEntry
    reason: Reason
    picked_by: Origin | None = None


def entries(settings: Mapping[str, Setting]) -> Iterator[ProviderEntry]:
    """Yield every entry of a provider with a known method, in order."""
    providers = settings.get("modelProviders")
    for provider, models in _in_javascript_order(providers.members or {} if providers is not None else {}):
        method = _method_of_provider(settings, provider)
        for setting in models.items or ():
            spoken = _method_of_entry(method, setting)
            if spoken is not None and setting.members is not None:
                yield ProviderEntry(provider, spoken, setting)


def entry_faults(settings: Mapping[str, Setting]) -> Iterator[tuple[Setting, str]]:
    """Yield each entry at which Qwen Code stops with any model, and its problem."""
    providers = settings.get("modelProviders")
    for provider, models in (providers.members or {} if providers is not None else {}).items():
        method = _method_of_provider(settings, provider)
        for setting in models.items or ():
            wrong = "" if method is None else _fault(method, setting)
            if wrong:
                yield setting, wrong


def _fault(method: str, setting: Setting) -> str:
    """Return the problem of an entry of a method; empty if there is none. Entries of qwen-oauth need no ID."""
    if setting.value is None:
        return "the provider entry is null"
    identity, wire = setting.at("id"), setting.at("wireApi")
    if wire is not None and (wire.text not in _WIRE or method not in _OPENAI):
        known = f"one of {', '.join(_WIRE)}" if method in _OPENAI else f"not for {method}"
        return f"the wireApi of the provider entry is not one that Qwen Code knows here ({known})"
    if method == "qwen-oauth" or (identity is not None and identity.text):
        return ""
    if setting.members is None:
        return "the provider entry is not an object"
    is_there = identity is not None and identity.is_true
    return "the id of the provider entry is not a string" if is_there else "the provider entry has no id"


def null_entry(settings: Mapping[str, Setting]) -> Setting | None:
    """Return the first null entry of any provider, at which Qwen Code stops when it looks for a model's name."""
    providers = settings.get("modelProviders")
    every = (*(providers.members or {}).values(), *(providers.items or ())) if providers is not None else ()
    return next((setting for models in every for setting in models.items or () if setting.value is None), None)


def choose_entry(
    settings: Mapping[str, Setting], method: str, model: str, *, base_url: str = "", is_named: bool = True
) -> EntryChoice | None:
    """Return the entry of a model under a method: the first with that ID, preferably with `base_url`.

    `base_url` is the base URL beside the name in settings. For the default model, which no source names, the first
    entry without a base URL is preferred.
    """
    of_model = [entry for entry in entries(settings) if entry.method == method and entry.model == model]
    if not is_named:
        of_model.sort(key=lambda entry: bool(entry.base_url))
        return EntryChoice(of_model[0], "the id of the default model") if of_model else None
    exact = next((entry for entry in of_model if base_url and entry.base_url == base_url), None)
    if exact is not None:
        return EntryChoice(exact, "its id and base URL")
    return EntryChoice(of_model[0], "its id") if of_model else None


def first_entry(settings: Mapping[str, Setting], method: str) -> EntryChoice | None:
    """Return the first entry of a method that can be a session's model."""
    entry = next((e for e in entries(settings) if e.method == method and e.reserved_for is None), None)
    return None if entry is None else EntryChoice(entry, "the first of the method")


def method_of_model(settings: Mapping[str, Setting], method: str, model: str, *, base_url: str | None = None) -> str:
    """Return the method for a model: an entry of OpenAI may select the other one of the two APIs."""
    if method not in _OPENAI or not model:
        return method
    found = [
        e for e in entries(settings) if e.model == model and e.method in _OPENAI and _may_change(settings, e, method)
    ]
    exact = [e for e in found if base_url is not None and e.base_url == base_url]
    for some in (exact, found):
        if some:
            return method if any(entry.method == method for entry in some) else some[0].method
    return method


def _may_change(settings: Mapping[str, Setting], entry: ProviderEntry, method: str) -> bool:
    declared = _method_of_provider(settings, entry.provider)
    return entry.method == method or entry.setting.at("wireApi") is not None or declared == "openai-responses"


def _method_of_provider(settings: Mapping[str, Setting], provider: str) -> str | None:
    """Return the method of a provider: that of `providerProtocol`, or else the method with the provider's name."""
    mapped = settings.get("providerProtocol")
    named = mapped.at(provider) if mapped is not None else None
    name = provider if named is None else named.text
    return name if name in METHODS else None


def _method_of_entry(method: str | None, setting: Setting) -> str | None:
    """Return the method of an entry; None if its `wireApi` is unknown or does not fit the method."""
    wire = setting.at("wireApi")
    if wire is None or method is None:
        return method
    wanted = _WIRE.get(wire.text or "")
    return wanted if method in _OPENAI else None


def _in_javascript_order(members: Mapping[str, Setting]) -> list[tuple[str, Setting]]:
    """Return members in JavaScript's order: names that are array indexes first, by number (ECMA-262, 6.1.7)."""
    indices = {name for name in members if _INDEX.fullmatch(name) and int(name) <= _LAST_INDEX}
    return [(name, members[name]) for name in (*sorted(indices, key=int), *(n for n in members if n not in indices))]
