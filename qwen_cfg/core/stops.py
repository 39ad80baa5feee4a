"""The reasons for which Qwen Code would not start, beside a value that is missing or not valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .settings import entry_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .merge import Decision
    from .settings import EntryChoice, SettingsLoad
    from .variables import Variables


@dataclass(frozen=True)
class Stop:
    """One reason: what is the matter, what to do, the field that it is about, and where it stands."""

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
    """Return the reasons; none where no settings are read, since only Qwen Code 0.21 and later stop for them."""
    method = decisions["auth_method"]
    if settings is None or method.value is None:
        return ()
    return (
        *_broken_entries(settings),
        *_unnamed_key(entry),
        *_enforced(str(method.value), settings),
        *_without_base_url(str(method.value), entry, variables),
    )


def _broken_entries(settings: SettingsLoad) -> Iterator[Stop]:
    for setting, wrong in entry_faults(settings.merged):
        yield Stop(
            f"{setting.place}: {wrong}",
            "Every entry of modelProviders is looked at, whichever model is used.",
            "model",
            setting.file.shown,
            setting.line,
        )


def _unnamed_key(entry: EntryChoice | None) -> Iterator[Stop]:
    found = None if entry is None else entry.entry.setting.at("envKey")
    if found is not None and found.text is None and found.value not in (None, False, 0.0):
        yield Stop(
            f"{found.place}: it is no text",
            "Write the name of the variable with the key in double quotes.",
            "api_key",
            found.file.shown,
            found.line,
        )


def _enforced(method: str, settings: SettingsLoad) -> Iterator[Stop]:
    found = settings.at("security", "auth", "enforcedType")
    if method != "qwen-oauth" and found is not None and found.value and found.value != method:
        wanted = found.text or "something that is no text"
        yield Stop(
            f"{found.place} allows {wanted} only, and the method is {method}",
            f"Use it (--auth-type {wanted}), or change the setting if it is yours."
            if found.text
            else "Write the method in double quotes.",
            "auth_method",
            found.file.shown,
            found.line,
        )


def _without_base_url(method: str, entry: EntryChoice | None, variables: Variables) -> Iterator[Stop]:
    """Anthropic's API is asked only where an entry or the variable says where it is; settings do not count."""
    if method != "anthropic" or (entry is not None and entry.entry.base_url):
        return
    said = variables.value("ANTHROPIC_BASE_URL")
    if said is None or not said.text.strip():
        yield Stop(
            "anthropic needs a base URL, and neither ANTHROPIC_BASE_URL nor a provider entry gives one",
            "Set ANTHROPIC_BASE_URL, or baseUrl in the provider entry.",
            "base_url",
        )
