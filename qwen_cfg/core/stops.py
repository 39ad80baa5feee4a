"""The reasons why Qwen Code would not start, except missing or invalid values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import record

from .settings import choose_entry, entry_faults, null_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .merge import Decision
    from .settings import EntryChoice, SettingsLoad
    from .variables import Variables


@record
class Stop:
    """One reason: the problem, the fix, the field, and the place."""

    message: str
    hint: str
    field: str
    path: str | None = None
    line: int | None = None


def stops_of(
    decisions: Mapping[str, Decision],
    settings: SettingsLoad | None,
    entry: EntryChoice | None,
    variables: Variables,
) -> tuple[Stop, ...]:
    """Return the reasons; empty without settings, since only Qwen Code 0.21 and later stop for these reasons."""
    method = decisions["auth_method"]
    if settings is None or method.value is None:
        return ()
    return (
        *_broken_entries(settings),
        *_null_entry(str(method.value), settings, decisions["model"]),
        *_reserved_model(entry),
        *_invalid_config(settings, entry),
        *_invalid_key_variable(entry),
        *_other_enforced_method(str(method.value), settings),
        *_without_base_url(str(method.value), settings, entry, decisions["base_url"], variables),
    )


def _broken_entries(settings: SettingsLoad) -> Iterator[Stop]:
    for setting, wrong in entry_faults(settings.merged):
        yield Stop(
            f"{setting.place}: {wrong}",
            "Fix the entry: Qwen Code checks every entry of modelProviders, whichever model is used.",
            "model",
            setting.file.shown,
            setting.line,
        )


def _null_entry(method: str, settings: SettingsLoad, model: Decision) -> Iterator[Stop]:
    """Yield the stop for a null entry, even in an ignored provider, if Qwen Code looks for a model's name."""
    found = null_entry(settings.merged)
    if found is None or not _is_named(model) or method not in ("openai", "openai-responses"):
        return
    if not any(setting is found for setting, _ in entry_faults(settings.merged)):
        yield Stop(
            f"{found.place}: the provider entry is null",
            "Remove it: Qwen Code checks every entry, even those of ignored providers.",
            "model",
            found.file.shown,
            found.line,
        )


def _is_named(model: Decision) -> bool:
    """Return whether a source other than the provider entry in use names a model."""
    beaten = (lost.candidate for lost in model.shadowed if lost.fate == "beaten")
    every = (candidate for candidate in (model.winner, *beaten) if candidate is not None)
    return any(not c.origin.source.is_default and c.origin.layer != "provider-entry" for c in every)


def _invalid_config(settings: SettingsLoad, entry: EntryChoice | None) -> Iterator[Stop]:
    """Yield the stop for a generationConfig that is a string, a number or true."""
    is_named = entry is not None and entry.reason in ("its id", "its id and base URL")
    of_entry = entry.entry.setting.at("generationConfig") if entry is not None and is_named else None
    for found in (of_entry, settings.at("model", "generationConfig")):
        if found is not None and found.is_true and found.members is None and found.items is None:
            yield Stop(
                f"{found.place}: it is not an object",
                "Write an object, or remove it.",
                "model",
                found.file.shown,
                found.line,
            )


def _reserved_model(entry: EntryChoice | None) -> Iterator[Stop]:
    reserved = None if entry is None else entry.entry.reserved_for
    if entry is not None and reserved is not None:
        use = reserved.names[-1].removesuffix("Only")
        yield Stop(
            f"{reserved.place}: {entry.entry.model} is only for {use}, so it cannot be the model of a session",
            f"Choose another model (--model), or remove {reserved.names[-1]}.",
            "model",
            reserved.file.shown,
            reserved.line,
        )


def _invalid_key_variable(entry: EntryChoice | None) -> Iterator[Stop]:
    found = None if entry is None else entry.entry.setting.at("envKey")
    if found is not None and found.text is None and found.is_true:
        yield Stop(
            f"{found.place}: it is not a string",
            "Write the name of the variable with the key in double quotes.",
            "api_key",
            found.file.shown,
            found.line,
        )


def _other_enforced_method(method: str, settings: SettingsLoad) -> Iterator[Stop]:
    found = settings.at("security", "auth", "enforcedType")
    if method != "qwen-oauth" and found is not None and found.value and found.value != method:
        wanted = found.text or "a value that is not a string"
        yield Stop(
            f"{found.place} allows only {wanted}, but the method is {method}",
            f"Use it (--auth-type {wanted}), or change the setting if it is yours."
            if found.text
            else "Write the method in double quotes.",
            "auth_method",
            found.file.shown,
            found.line,
        )


def _without_base_url(
    method: str, settings: SettingsLoad, entry: EntryChoice | None, base_url: Decision, variables: Variables
) -> Iterator[Stop]:
    """Yield the stop for Anthropic's API without a base URL, in the model's entry or else in the variable."""
    if method != "anthropic":
        return
    if entry is not None:
        chosen, text = entry.entry, base_url.winner.revealed if base_url.winner is not None else ""
        found = choose_entry(settings.merged, method, chosen.model, base_url=text)
        if found is not None and not found.entry.base_url:
            setting = found.entry.setting
            yield Stop(
                f"{setting.place}: anthropic needs a base URL, and the provider entry has none"
                f"{_ignored_url_remark(base_url, 'that of the entry')}",
                "Write baseUrl into the entry.",
                "base_url",
                setting.file.shown,
                setting.line,
            )
        return
    endpoint = variables.value("ANTHROPIC_BASE_URL")
    if endpoint is None or not endpoint.text.strip():
        yield Stop(
            "anthropic needs a base URL, but neither ANTHROPIC_BASE_URL nor a provider entry sets one"
            f"{_ignored_url_remark(base_url, 'these')}",
            "Set ANTHROPIC_BASE_URL, or baseUrl in the provider entry.",
            "base_url",
        )


def _ignored_url_remark(base_url: Decision, used: str) -> str:
    """Return a remark about a base URL that is not used; empty if there is none."""
    winner = base_url.winner
    if winner is None or winner.origin.source.is_default or winner.origin.layer == "provider-entry":
        return ""
    return f"; the base URL from {winner.origin} is ignored: Qwen Code uses only {used}"
