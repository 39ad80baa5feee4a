"""The variables: the values of each in the environment, the env files and the settings, in order of precedence."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from qwen_schema.records import field, record

from .origin import VariableValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .env_file import EnvFile
    from .origin import Layer


@record
class Pass:
    """The variables that one pass over the files adds: those of the env files, then `env` of the settings."""

    files: tuple[EnvFile, ...] = ()
    of_settings: Mapping[str, VariableValue] = field(default_factory=dict)

    def values_of(self, name: str) -> Iterator[VariableValue]:
        """Yield the values of a variable in the sources, in order of precedence."""
        for file in self.files:
            if name in file.assigned and name not in file.excluded:
                yield file.assigned[name]
        if name in self.of_settings:
            yield self.of_settings[name]


@record
class Variables:
    """All variables. `environment` is the layer of `environ`, the variables of the process.

    A later pass starts with the environment of the earlier passes, and can only add variables that are not set yet.
    """

    environ: Mapping[str, str] = field(repr=False)
    environment: Layer
    passes: tuple[Pass, ...] = ()

    def of(self, name: str) -> tuple[VariableValue, ...]:
        """Return the values of a variable, in order of precedence."""
        if not self.has_any((name,)):
            return ()
        if name not in self._known_values:
            self._known_values[name] = self._of(name)
        return self._known_values[name]

    def has_any(self, names: Iterable[str]) -> bool:
        """Return whether a source may set one of some variables. Most declared variables are set nowhere."""
        if not self.environ.keys().isdisjoint(names):
            return True
        # Without generators, which would take longer than the comparisons.
        for one in self.passes:
            if not one.of_settings.keys().isdisjoint(names):
                return True
            for file in one.files:
                if not file.assigned.keys().isdisjoint(names):
                    return True
        return False

    @cached_property
    def _known_values(self) -> dict[str, tuple[VariableValue, ...]]:
        """The values of the variables that were read before, by name."""
        return {}

    def _of(self, name: str) -> tuple[VariableValue, ...]:
        found = [VariableValue(self.environ[name], self.environment.origin(name, name))] if name in self.environ else []
        for number, one in enumerate(self.passes):
            if number and any(value.text for value in found):
                break
            for value in one.values_of(name):
                if value not in found:
                    found.append(value)
        return tuple(found)

    def value(self, name: str) -> VariableValue | None:
        """Return the value of a variable in use; an empty value counts as not set."""
        every = self.of(name)
        return next((value for value in every if value.text), None) if every else None

    def with_pass(self, one: Pass) -> Variables:
        """Return the variables after one more pass."""
        return Variables(self.environ, self.environment, (*self.passes, one))
