"""The layer of the provider entry: the chosen model of `modelProviders`, its endpoint and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.origin import Candidate, Origin
from qwen_schema import Secret

from .layer import FieldLayer
from .settings import reference_in_settings, setting_candidate, setting_origin

if TYPE_CHECKING:
    from qwen_schema import Field, SecretReference

    from .layer import Sources

_NAMES = {"model": "id", "base_url": "baseUrl"}


class ProviderEntryLayer(FieldLayer):
    """The entry of `modelProviders` in use, which overrides even the flags."""

    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the value of the chosen entry for a field."""
        entry = sources.entry
        if entry is None:
            return ()
        if declared.name == "api_key":
            return self._key(declared, sources)
        setting = entry.setting.at(_NAMES[declared.name]) if declared.name in _NAMES else None
        if setting is None or setting.value in (None, "", False, 0.0):
            return ()
        return (setting_candidate(self, declared, setting),)

    def _key(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the key in the variable that the entry names, with the reach of the variable's place."""
        setting = None if sources.entry is None else sources.entry.setting.at("envKey")
        variable = None if setting is None or not setting.text else sources.variables.value(setting.text)
        if setting is None or variable is None:
            return ()
        # A variable in the text of the name affects the name, too.
        file, named = setting.file, setting_origin(self, setting)
        behind = (variable.origin,)
        via_project = named.is_from_project or variable.origin.is_from_project
        origin = Origin(
            self,
            setting.place,
            variable.origin.holder.reach,
            setting.text,
            file.path,
            setting.line,
            file.shown,
            behind,
            via_project=via_project,
        )
        return (Candidate(declared.name, Secret(variable.text), origin),)

    def origin_of_wire(self, sources: Sources) -> Origin:
        """Return the origin of the entry's choice between OpenAI's two APIs."""
        assert sources.entry is not None  # noqa: S101 - callers have chosen one
        setting = sources.entry.setting.at("wireApi") or sources.entry.setting
        return setting_origin(self, setting)

    def reference(self, origin: Origin) -> SecretReference:
        """Return a reference to the place of the variable that the entry names."""
        return reference_in_settings(origin)

    def set_by(self, declared: Field) -> str:
        """Return the name that the field has in an entry."""
        name = "envKey" if declared.name == "api_key" else _NAMES.get(declared.name, "wireApi")
        return f"{name} of a provider entry in settings.json"


PROVIDER_ENTRY = ProviderEntryLayer("provider-entry", "the provider entry", "project")
