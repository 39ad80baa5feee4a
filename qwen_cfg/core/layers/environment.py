"""The layer of the environment: the variables of the user's shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import SecretReference

from .layer import VariableLayer

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Origin
    from qwen_schema import Field


class EnvironmentLayer(VariableLayer):
    """The environment of the process."""

    is_in_variables = True

    def reference(self, origin: Origin) -> SecretReference:
        """Return a reference to the variable."""
        return SecretReference("environment", variable=origin.variable)

    def set_by(self, declared: Field) -> str:
        """Return the variables of the field."""
        return ", ".join(variable.name for variable in declared.variables)


ENVIRONMENT = EnvironmentLayer("environment", "the environment", "user", is_exported=True)
