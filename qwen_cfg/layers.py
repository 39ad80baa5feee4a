"""The layers: the candidates that flags, environment, env files and defaults offer for a field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields, show_value
from qwen_schema.envfile import last_of_each, reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Field, Layer, Profile, Reach, Variable
    from qwen_schema.envfile import Assignment

    from .search import Place
    from .world import World


@dataclass(frozen=True)
class Origin:
    """The exact place that a candidate comes from.

    `place` is how it is written: a flag, a variable, FILE:LINE, or `default`. `path` and `line` are set for the
    layer `env-file`.
    """

    layer: Layer
    place: str
    reach: Reach
    variable: str | None = None
    path: Path | None = None
    line: int | None = None

    @property
    def file(self) -> str | None:
        """The env file as it is written, for the layer `env-file`."""
        return self.place.rpartition(":")[0] if self.layer == "env-file" else None

    def __str__(self) -> str:
        return f"{self.place} {self.variable}" if self.layer == "env-file" else self.place


def origin_text(layer: Layer, place: str, variable: str | None) -> str:
    """Return an origin as a person would say it: what gave the value, and under which variable."""
    if place.startswith("--"):
        return place
    if layer == "environment":
        return f"environment {place}"
    return f"{place} {variable}" if layer == "env-file" else place


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
        """The text itself, secret or not, for the one who parses or compares it."""
        return self.text.reveal() if isinstance(self.text, Secret) else self.text


@dataclass(frozen=True)
class EnvFile:
    """An env file as far as it concerns this program.

    `lines` tells where each name is assigned, `offers` what declared variables it sets, and `excluded` which names
    it sets and may not set.
    """

    place: Place
    shown: str
    lines: Mapping[str, int]
    offers: Mapping[str, Candidate]
    excluded: tuple[str, ...] = ()


def read_env_file(world: World, place: Place) -> EnvFile:
    """Return what the env file at a place offers, nothing excluded yet. A file with no text offers nothing."""
    shown = world.standpoint.show(place.path)
    assignments = last_of_each(reader_of(world.dialect)(world.look(place.path).text or ""))
    offers = {}
    for name, (feed, variable) in _feeds().items():
        if name in assignments:
            origin = env_file_origin(assignments[name], place, shown)
            offers[name] = Candidate(feed.name, _text(feed, variable, assignments[name].value), origin)
    return EnvFile(place, shown, {name: a.line for name, a in assignments.items()}, offers)


def may_set_all(place: Place, profile: Profile) -> bool:
    """Tell whether the file at a place may set every variable: a `.qwen/.env`, and `~/.env` if the profile says so."""
    return place.in_qwen_directory or (place.home_level and not profile.home_env_excludes)


def without_excluded(file: EnvFile, names: tuple[str, ...], profile: Profile) -> EnvFile:
    """Return an env file without the variables that it may not set, which are noted."""
    excluded = () if may_set_all(file.place, profile) else tuple(name for name in file.lines if name in names)
    offers = {name: candidate for name, candidate in file.offers.items() if name not in excluded}
    return replace(file, offers=offers, excluded=excluded)


def flag_candidate(world: World, feed: Field) -> Candidate | None:
    """Return what the flag of a field offers, if it was given."""
    given = world.flags.get(feed.name)
    return None if given is None else Candidate(feed.name, given.text, Origin("flag", given.flag, "user"))


def environment_candidate(world: World, feed: Field, variable: Variable) -> Candidate | None:
    """Return what the environment offers under one variable of a field, if it has it."""
    text = world.environ.get(variable.name)
    if text is None:
        return None
    origin = Origin("environment", variable.name, "user", variable.name)
    revealed = text.reveal() if isinstance(text, Secret) else text
    return Candidate(feed.name, _text(feed, variable, revealed), origin)


def default_candidate(feed: Field, auth_method: str | None) -> Candidate | None:
    """Return the default of a field under an authentication method, if it has one."""
    default = feed.default_under(auth_method)
    return None if default is None else Candidate(feed.name, show_value(default), Origin("default", "default", "user"))


def _feeds() -> dict[str, tuple[Field, Variable]]:
    return {v.name: (f, v) for f in declared_fields().values() for v in f.variables}


def _text(feed: Field, variable: Variable, text: str) -> str | Secret:
    """Return what the text of a variable stands for; any text of a variable that means a value is that value."""
    if feed.secret:
        return Secret(text)
    return variable.means if variable.means is not None and text else text


def env_file_origin(assignment: Assignment, place: Place, shown: str) -> Origin:
    """Return the origin of an assignment in the env file at a place."""
    return Origin("env-file", f"{shown}:{assignment.line}", place.reach, assignment.name, place.path, assignment.line)
