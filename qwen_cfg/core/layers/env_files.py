"""The layer of the env files: those of the search, or the file that `--env-file` names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from qwen_cfg.core.env_file import EnvFile
from qwen_cfg.core.origin import Origin, VariableValue
from qwen_schema import SecretReference, declared_fields
from qwen_schema.envfile import last_of_each

from .layer import VariableLayer, variable_candidate

if TYPE_CHECKING:
    from qwen_cfg.core.path_state import PathState
    from qwen_cfg.core.place import Place
    from qwen_schema import Field, Variable
    from qwen_schema.envfile import Assignment, Dialect


class EnvFileLayer(VariableLayer):
    """The env files, in order of precedence. The place of a file has its reach."""

    is_in_variables = True

    def origin_of(self, assignment: Assignment, place: Place, shown: str) -> Origin:
        """Return the origin of an assignment in the env file at a place."""
        at = f"{shown}:{assignment.line}"
        return Origin(self, at, place.reach, assignment.name, place.path, assignment.line)

    def reference(self, origin: Origin) -> SecretReference:
        """Return a reference to the file and the variable; the line may change."""
        return SecretReference("env-file", path=origin.file, variable=origin.variable)

    def set_by(self, declared: Field) -> str:
        """Return the variables of the field, and the files that may set them."""
        variables = ", ".join(variable.name for variable in declared.variables)
        return variables + (", in a file of the user's" if declared.reach == "user" else "")


ENV_FILE = EnvFileLayer("env-file", "the env file", "project")


def read_env_file(path_state: PathState, place: Place, shown: str, dialect: Dialect) -> EnvFile:
    """Return the env file at a place, with all its candidates; a file without text has none."""
    assignments = last_of_each(path_state.assignments(dialect))
    values = {name: VariableValue(a.value, ENV_FILE.origin_of(a, place, shown)) for name, a in assignments.items()}
    offers = {
        variable.name: variable_candidate(declared, variable, values[variable.name].text, values[variable.name].origin)
        for declared, variable in _declared_variables()
        if variable.name in values
    }
    return EnvFile(place, shown, values, offers)


@cache
def _declared_variables() -> tuple[tuple[Field, Variable], ...]:
    """Return every declared variable with the field that it feeds."""
    return tuple((declared, variable) for declared in declared_fields().values() for variable in declared.variables)
