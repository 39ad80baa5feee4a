"""The variables: what the environment, the env files and the settings say of each, in the order in which they count."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from qwen_schema.records import field, record

from .origin import VariableValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .env_file import EnvFile
    from .origin import Layer


@record
class Pass:
    """What one pass over the files adds to the environment: the env files, and then the `env` of the settings."""

    files: tuple[EnvFile, ...] = ()
    of_settings: Mapping[str, VariableValue] = field(default_factory=dict)

    def says(self, name: str) -> Iterator[VariableValue]:
        """Yield what the sources say of a variable, the one that counts first."""
        for file in self.files:
            if name in file.says and name not in file.excluded:
                yield file.says[name]
        if name in self.of_settings:
            yield self.of_settings[name]


@record
class Variables:
    """All variables. `environment` is the layer of `environ`, the variables of the process.

    A later pass begins with the environment that the earlier ones made: it can only add what is not set yet.
    """

    environ: Mapping[str, str] = field(repr=False)
    environment: Layer
    passes: tuple[Pass, ...] = ()

    def of(self, name: str) -> tuple[VariableValue, ...]:
        """Return what is said of a variable, the one that counts first."""
        if name not in self._said:
            self._said[name] = self._of(name)
        return self._said[name]

    @cached_property
    def _said(self) -> dict[str, tuple[VariableValue, ...]]:
        """What is said of the variables that were asked for."""
        return {}

    def _of(self, name: str) -> tuple[VariableValue, ...]:
        found = [VariableValue(self.environ[name], self.environment.origin(name, name))] if name in self.environ else []
        for number, one in enumerate(self.passes):
            if number and any(said.text for said in found):
                break
            for said in one.says(name):
                if said not in found:
                    found.append(said)
        return tuple(found)

    def value(self, name: str) -> VariableValue | None:
        """Return what a variable has as its value; an empty one counts as not set."""
        return next((said for said in self.of(name) if said.text), None)

    def with_pass(self, one: Pass) -> Variables:
        """Return the variables after one more pass."""
        return Variables(self.environ, self.environment, (*self.passes, one))
