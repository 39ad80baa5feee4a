"""The origin of a value: the layer, the exact place in it, and the candidate there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from qwen_schema import Secret
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import BadValue, Field, LayerName, Reach, SecretReference


@record
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


@record
class Origin:
    """The exact place that a candidate comes from.

    `place` is how the place is written: a flag, a variable, FILE:LINE, FILE:LINE NAME in settings, or `default`. `path`
    and `line` are set for what stands in a file, and `shown` is that file as it is written, where `place` says more
    than FILE:LINE. `behind` are the origins of variables that the value went through (`${NAME}`, or the variable that a
    provider entry names), and `pointer` (JSON Pointer, RFC 6901) leads to it in its settings file, unless it is all one
    variable's. `via_project` says that a project's file has a say in it, even where a secret is held by the user.
    """

    source: Layer
    place: str
    reach: Reach
    variable: str | None = None
    path: Path | None = None
    line: int | None = None
    shown: str | None = None
    behind: tuple[Origin, ...] = ()
    pointer: str | None = None
    via_project: bool = False

    @property
    def layer(self) -> LayerName:
        """The name of the layer, as the artifact and JSON write it."""
        return self.source.name

    @property
    def file(self) -> str | None:
        """The file as it is written, for what stands in a file."""
        return self.shown or self.place.rpartition(":")[0] if self.path is not None else None

    @property
    def is_project_said(self) -> bool:
        """Whether a project's file says it, or has a say in it."""
        return self.reach == "project" or self.via_project

    @property
    def users(self) -> tuple[Origin, ...]:
        """The variables of the user's that the value went through, each where it is held."""
        found = (o for one in self.behind for o in (one.users or ((one,) if one.reach == "user" else ())))
        return tuple(dict.fromkeys(found))

    @property
    def holder(self) -> Origin:
        """Where the value is held: the first variable of the user's that it went through, or this origin."""
        return next(iter(self.users), self)

    @property
    def paths(self) -> frozenset[Path]:
        """The files that have a say in the value."""
        own = frozenset() if self.path is None else frozenset([self.path])
        return own.union(*(origin.paths for origin in self.behind))

    def __str__(self) -> str:
        words = self.source.text(self.place, self.variable)
        return f"{words} (set in {', '.join(map(str, self.behind))})" if self.behind else words


@record
class VariableValue:
    """The value of a variable in one source."""

    text: str = field(repr=False)
    origin: Origin


@record
class Candidate:
    """A value that one layer offers for one field, as text, with its origin.

    `problem` says why it can be no value of the field, where its text alone does not say so.
    """

    field: str
    text: str | Secret
    origin: Origin
    problem: BadValue | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the candidate counts as no value."""
        return not self.revealed

    @property
    def revealed(self) -> str:
        """The text itself, secret or not, to parse or compare it."""
        return self.text.reveal() if isinstance(self.text, Secret) else self.text
