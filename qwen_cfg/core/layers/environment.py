"""The layer of the environment: the variables of the user's shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, SecretReference

from .layer import VariableLayer, variable_candidate

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Candidate, Origin
    from qwen_schema import Field, Variable

    from .layer import Sources


class EnvironmentLayer(VariableLayer):
    """The environment of the process."""

    def offers(self, declared: Field, variable: Variable, sources: Sources) -> tuple[Candidate, ...]:
        """Return what the environment says under one variable of a field, if it has that variable."""
        text = sources.world.environ.get(variable.name)
        if text is None:
            return ()
        revealed = text.reveal() if isinstance(text, Secret) else text
        return (variable_candidate(declared, variable, revealed, self.origin(variable.name, variable.name)),)

    def _words(self, place: str, variable: str | None) -> str:  # noqa: ARG002 - the place is the variable
        return f"environment {place}"

    def reference(self, origin: Origin) -> SecretReference:
        """Refer to the variable."""
        return SecretReference("environment", variable=origin.variable)

    def set_by(self, declared: Field) -> str:
        """Return the variables of the field."""
        return ", ".join(variable.name for variable in declared.variables)


ENVIRONMENT = EnvironmentLayer("environment", "the environment", "user", is_exported=True)
