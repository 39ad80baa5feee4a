"""The layer of the variables that the settings files set under `env`: the last source of a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layer import VariableLayer
from .settings import reference_in_settings

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Origin
    from qwen_schema import Field, SecretReference


class SettingsEnvLayer(VariableLayer):
    """The object `env` of the merged settings. It sets variables that environment and env files do not set."""

    is_in_variables = True

    def reference(self, origin: Origin) -> SecretReference:
        """Return a reference to the place in the file, or to the variable that is the whole value."""
        return reference_in_settings(origin)

    def set_by(self, declared: Field) -> str:
        """Return the places of the field's variables in settings."""
        return f"env.{declared.variables[0].name} in settings.json" if declared.variables else ""


SETTINGS_ENV = SettingsEnvLayer("settings-env", "env in the settings files", "project")
