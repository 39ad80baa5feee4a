"""Drift: the differences between two artifacts, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema import ResolvedConfig, SecretReference, declared_fields, show_value
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_schema import Value

Part = Literal["value", "secret reference", "missing secret", "missing file", "provenance", "resolution"]


# Differences that a new artifact does not remove: something does not exist on this machine.
MISSING = ("missing secret", "missing file")


@record
class Difference:
    """One difference: the field (or the key of the resolution as a whole), the old and the new value."""

    field: str
    part: Part
    old: str
    new: str
    old_origin: str
    new_origin: str


def drift(old: ResolvedConfig, new: ResolvedConfig, *, strict: bool = False) -> tuple[Difference, ...]:
    """Return the differences in the values of `[config]`; with `strict`, also in their origins."""
    differences = [*_values(old, new)]
    if strict:
        differences += [*_references(old, new), *_provenance(old, new), *_resolution(old, new)]
    return tuple(differences)


def _difference(old: ResolvedConfig, new: ResolvedConfig, name: str, part: Part, texts: tuple[str, str]) -> Difference:
    return Difference(name, part, *texts, old.provenance[name].text, new.provenance[name].text)


def _values(old: ResolvedConfig, new: ResolvedConfig) -> Iterator[Difference]:
    for name, before in old.config.items():
        after = new.config[name]
        if _is_machines(old, name):
            continue
        if not isinstance(before, SecretReference) and not isinstance(after, SecretReference) and before != after:
            yield _difference(old, new, name, "value", (show_value(before), show_value(after)))


def _is_machines(artifact: ResolvedConfig, name: str) -> bool:
    """Return whether an artifact contains a value of one machine, as earlier versions wrote it."""
    return artifact.provenance[name].layer == "environment" and declared_fields()[name].machine


def _references(old: ResolvedConfig, new: ResolvedConfig) -> Iterator[Difference]:
    for name, before in old.config.items():
        after = new.config[name]
        if isinstance(before, SecretReference) and before != after:
            same_words = _text(before) == _text(after)
            new_text = f"another key in {_text(after)}" if same_words else _text(after)
            yield _difference(old, new, name, "secret reference", (_text(before), new_text))


def _provenance(old: ResolvedConfig, new: ResolvedConfig) -> Iterator[Difference]:
    for name, before in old.provenance.items():
        after = new.provenance[name]
        if before != after and not _is_machines(old, name):
            texts = (f"{before.text} ({before.reach})", f"{after.text} ({after.reach})")
            yield _difference(old, new, name, "provenance", texts)


def _resolution(old: ResolvedConfig, new: ResolvedConfig) -> Iterator[Difference]:
    pairs = {
        "profile": (old.profile, new.profile),
        "dialect": (old.dialect, new.dialect),
        "env_file": (_env_file_text(old), _env_file_text(new)),
        "settings": (_settings_text(old), _settings_text(new)),
        "excluded": (_excluded_text(old), _excluded_text(new)),
    }
    for name, (before, after) in pairs.items():
        if before != after:
            yield Difference(name, "resolution", before, after, "", "")


def _text(value: SecretReference | Value) -> str:
    return str(value) if isinstance(value, SecretReference) else show_value(value)


def _env_file_text(artifact: ResolvedConfig) -> str:
    return f"{', '.join(artifact.env_file.paths) or 'none'} (chosen by {artifact.env_file.chosen_by})"


def _settings_text(artifact: ResolvedConfig) -> str:
    return ", ".join(f"{use.path} ({use.scope})" for use in artifact.settings) or "none"


def _excluded_text(artifact: ResolvedConfig) -> str:
    return ", ".join(f"{entry.variable} {entry.origin}" for entry in artifact.excluded) or "none"
