"""What the merge asks of a layer: the candidates that it offers, for a field or for one variable of a field."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_cfg.core.origin import Candidate, Layer
from qwen_schema import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.world import Start, World
    from qwen_schema import Field, Variable


@dataclass(frozen=True)
class Sources:
    """What the layers take their candidates from. `auth_method` is None while it is undecided."""

    world: World
    files: tuple[EnvFile, ...]
    auth_method: str | None = None


class MergedLayer(Layer):
    """A layer of the merge."""

    def files(self, start: Start) -> tuple[Path, ...]:  # noqa: ARG002 - for those that have files
        """Return the files, other than those of the search, that are looked at for this layer when a world is read."""
        return ()


class FieldLayer(MergedLayer):
    """A layer that is asked once for a field."""

    @abstractmethod
    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the candidates for a field, the one that counts first."""


class VariableLayer(MergedLayer):
    """A layer that is asked for each variable of a field, together with the variable layers beside it in the order."""

    @abstractmethod
    def offers(self, declared: Field, variable: Variable, sources: Sources) -> tuple[Candidate, ...]:
        """Return the candidates that one variable of a field has here, the one that counts first."""


def variable_candidate(declared: Field, variable: Variable, text: str, origin: Origin) -> Candidate:
    """Return the candidate that the text of a variable is; any text of a variable that means a value is that value."""
    if declared.secret:
        return Candidate(declared.name, Secret(text), origin)
    return Candidate(declared.name, variable.means if variable.means is not None and text else text, origin)
