"""Where a value comes from: the layer, the exact place in it, and the candidate that stands there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_schema import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import Field, LayerName, Reach, SecretReference


@dataclass(frozen=True)
class Layer(ABC):
    """A kind of source that values come from, such as the flags or the env files.

    `noun` is its name in a sentence. `reach` is the reach of a value in it, unless the place of the value says
    another one. `is_default` marks the layer of the defaults, where an empty value is a value; `is_exported` marks the
    variables of the user's shell, which `unset` removes.
    """

    name: LayerName
    noun: str
    reach: Reach
    is_default: bool = False
    is_exported: bool = False

    def text(self, place: str, variable: str | None = None) -> str:
        """Return an origin in this layer in words: the one wording of all screens and messages.

        A key that `--secret-from` refers to has that flag for its place, in every layer.
        """
        return place if place.startswith("--") else self._words(place, variable)

    def origin(self, place: str, variable: str | None = None) -> Origin:
        """Return the origin at a place of this layer that has the reach of the layer and is in no file."""
        return Origin(self, place, self.reach, variable)

    @abstractmethod
    def _words(self, place: str, variable: str | None) -> str:
        """Return an origin in words."""

    @abstractmethod
    def reference(self, origin: Origin) -> SecretReference:
        """Return how an artifact refers to a secret with an origin in this layer."""

    @abstractmethod
    def set_by(self, declared: Field) -> str:
        """Return what would set a field in this layer, in words; empty if a person cannot set it there."""


@dataclass(frozen=True)
class Origin:
    """The exact place that a candidate comes from.

    `place` is how the place is written: a flag, a variable, FILE:LINE, or `default`. `path` and `line` are set for
    what stands in a file.
    """

    source: Layer
    place: str
    reach: Reach
    variable: str | None = None
    path: Path | None = None
    line: int | None = None

    @property
    def layer(self) -> LayerName:
        """The name of the layer, as the artifact and JSON write it."""
        return self.source.name

    @property
    def file(self) -> str | None:
        """The file as it is written, for what stands in a file."""
        return self.place.rpartition(":")[0] if self.path is not None else None

    def __str__(self) -> str:
        return self.source.text(self.place, self.variable)


@dataclass(frozen=True)
class Candidate:
    """A value that one layer offers for one field, as text, with its origin."""

    field: str
    text: str | Secret
    origin: Origin

    @property
    def is_empty(self) -> bool:
        """Whether it counts as no value."""
        return not self.revealed

    @property
    def revealed(self) -> str:
        """The text itself, secret or not, to parse or compare it."""
        return self.text.reveal() if isinstance(self.text, Secret) else self.text
