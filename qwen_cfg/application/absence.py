"""Values that an artifact has from files that do not exist here: they cannot be compared, and are not drift."""

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
    """The files that an artifact was made from and that do not exist here, and the fields with values from them."""

    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def in_place(self, old: ResolvedConfig) -> Mapping[str, str]:
        """Return the artifact's values of these fields, to use in place of the defaults."""
        values = {name: old.config[name] for name in self.fields if name != "auth_method"}
        return {name: show_value(value) for name, value in values.items() if not isinstance(value, SecretReference)}

    def unknown(self, old: ResolvedConfig, new: ResolvedConfig, profile: Profile) -> tuple[str, ...]:
        """Return the fields that cannot be compared: no layer above that of the file sets them here."""
        return tuple(
            name
            for name in self.fields
            if not _is_above(profile.order_of(name), new.provenance[name].layer, old.provenance[name].layer)
        )


def absence_of(old: ResolvedConfig, *, base: Path, home: Path | None) -> Absence:
    """Return the missing files of an artifact and the fields with values from them."""
    files = tuple(name for name in old.files if not os.path.lexists(locate_path(name, base=base, home=home)))
    fields = (
        name
        for name, provenance in old.provenance.items()
        if any(provenance.origin.startswith(f"{file}:") for file in files)
    )
    return Absence(files, tuple(fields))


def with_absent(old: ResolvedConfig, new: ResolvedConfig, absence: Absence, unknown: tuple[str, ...]) -> ResolvedConfig:
    """Return a new artifact with the old one's values from files that do not exist here."""
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
