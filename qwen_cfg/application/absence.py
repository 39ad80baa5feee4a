"""What an artifact took from files that are not here: nothing can be said of that, and it is no drift."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_schema import SecretReference, locate_path, show_value
from qwen_schema.records import record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Profile, ResolvedConfig


@record
class Absence:
    """The files that an artifact was made from and that are not here, and the fields that it took from them."""

    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def in_place(self, old: ResolvedConfig) -> Mapping[str, str]:
        """Return what the artifact says of these fields, to stand in the place of their defaults."""
        values = {name: old.config[name] for name in self.fields if name != "auth_method"}
        return {name: show_value(value) for name, value in values.items() if not isinstance(value, SecretReference)}

    def unknown(self, old: ResolvedConfig, new: ResolvedConfig, profile: Profile) -> tuple[str, ...]:
        """Return the fields of which nothing can be said: no layer above that of the file gives them a value here."""
        return tuple(
            name
            for name in self.fields
            if not _is_above(profile.order_of(name), new.provenance[name].layer, old.provenance[name].layer)
        )


def absence_of(old: ResolvedConfig, *, base: Path, home: Path | None) -> Absence:
    """Return what an artifact took from files that are not here."""
    named = dict.fromkeys([*old.env_file.paths, *(use.path for use in old.settings)])
    files = tuple(name for name in named if not os.path.lexists(locate_path(name, base=base, home=home)))
    fields = (
        name
        for name, provenance in old.provenance.items()
        if any(provenance.origin.startswith(f"{file}:") for file in files)
    )
    return Absence(files, tuple(fields))


def with_absent(old: ResolvedConfig, new: ResolvedConfig, absence: Absence, unknown: tuple[str, ...]) -> ResolvedConfig:
    """Return a new artifact with what the old one took from files that are not here."""
    if not absence.files:
        return new
    of_env, of_settings = (
        any(file in absence.files for file in files)
        for files in (old.env_file.paths, [use.path for use in old.settings])
    )
    return replace(
        new,
        config={name: old.config[name] if name in unknown else value for name, value in new.config.items()},
        provenance={name: old.provenance[name] if name in unknown else p for name, p in new.provenance.items()},
        env_file=old.env_file if of_env else new.env_file,
        excluded=old.excluded if of_env else new.excluded,
        settings=old.settings if of_settings else new.settings,
    )


def _is_above(order: tuple[str, ...], layer: str, other: str) -> bool:
    return layer in order and other in order and order.index(layer) < order.index(other)
