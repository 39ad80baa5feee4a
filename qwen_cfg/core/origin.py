"""The origin of a value: the layer, the exact place in it, and the candidate there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from qwen_schema import Secret
from qwen_schema.origins import origin_text
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import BadValue, Field, LayerName, Reach, SecretReference


@record
class Layer(ABC):
    """A kind of source of values, such as the flags or the env files.

    `noun` is its name in a sentence. `reach` is the reach of its values, unless the place of a value has another one.
    `is_default` marks the layer of the defaults, where an empty value is a value; `is_exported` marks the variables of
    the user's shell, which `unset` removes.
    """

    name: LayerName
    noun: str
    reach: Reach
    is_default: bool = False
    is_exported: bool = False

    def text(self, place: str, variable: str | None = None) -> str:
        """Return an origin in this layer as text, for all screens and messages."""
        return origin_text(self.name, place, variable)

    def origin(self, place: str, variable: str | None = None) -> Origin:
        """Return the origin at a place of this layer, with the layer's reach and without a file."""
        return Origin(self, place, self.reach, variable)

    @abstractmethod
    def reference(self, origin: Origin) -> SecretReference:
        """Return the artifact's reference to a secret with an origin in this layer."""

    @abstractmethod
    def set_by(self, declared: Field) -> str:
        """Return the ways to set a field in this layer, as text; empty if a user cannot set it there."""


@record
class Origin:
    """The exact place that a candidate comes from.

    `place` is the place as text: a flag, a variable, FILE:LINE, FILE:LINE NAME in settings, or `default`. `path` and
    `line` are set for a value in a file; `shown` is the file as displayed, if `place` has more than FILE:LINE. `behind`
    are the origins of variables that the value comes through (`${NAME}`, or the variable that a provider entry names).
    `pointer` is its JSON Pointer (RFC 6901) in its settings file, unless the whole value is one variable. `via_project`
    says that a project's file affects it, even if the secret itself is the user's.
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
        """The name of the layer in artifacts and JSON."""
        return self.source.name

    @property
    def file(self) -> str | None:
        """The displayed path of the file; None for a value that is not in a file."""
        return self.shown or self.place.rpartition(":")[0] if self.path is not None else None

    @property
    def is_from_project(self) -> bool:
        """Whether a project's file sets or affects the value."""
        return self.reach == "project" or self.via_project

    @property
    def users(self) -> tuple[Origin, ...]:
        """The origins of the user's variables that the value comes through."""
        found = (o for one in self.behind for o in (one.users or ((one,) if one.reach == "user" else ())))
        return tuple(dict.fromkeys(found))

    @property
    def holder(self) -> Origin:
        """The place of the value itself: the first of the user's variables that it comes through, or this origin."""
        return next(iter(self.users), self) if self.behind else self

    @property
    def paths(self) -> frozenset[Path]:
        """The files that affect the value."""
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
    """A value from one layer for one field, as text, with its origin.

    `problem` says why it is not a valid value of the field, if its text alone does not show that.
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
        """The text itself, even of a secret, to parse or compare it."""
        return self.text.reveal() if isinstance(self.text, Secret) else self.text
