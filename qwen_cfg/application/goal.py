"""The wanted value of a field: a text, or for a key also its origin."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import without_dots
from qwen_cfg.core.resolution import fields_under
from qwen_schema import (
    BadValue,
    UsageError,
    declared_fields,
    did_you_mean_field,
    kind_of_pointer,
    looks_like_key,
    parse_value,
    show_word,
)
from qwen_schema.proxy import split_login
from qwen_schema.records import record

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Candidate, Origin
    from qwen_cfg.core.resolution import Resolution
    from qwen_schema import Field, Profile, Value

_VARIABLE, _FILE = "env:", "file:"
_KEY_ADVICE = (
    "Shells and systems store command lines, so a key does not belong there. Name the origin of the key: "
    "api_key=env:VARIABLE, api_key=file:PATH, or api_key=keyring:SERVICE/NAME."
)


@record
class Goal:
    """The wanted value of a field under a profile: its text, or the variable or file that a key should come from."""

    field: Field
    text: str
    profile: Profile
    variable: str = ""
    file: Path | None = None

    @cached_property
    def value(self) -> Value | BadValue:
        """The value of the text, or the reason why the text is not valid."""
        try:
            return parse_value(fields_under(self.profile)[self.field.name], self.text)
        except BadValue as problem:
            return problem

    @property
    def problem(self) -> BadValue | None:
        """The reason why the value is not valid in any layer; None if it is valid."""
        return self.value if not self.is_of_origin and isinstance(self.value, BadValue) else None

    @property
    def is_of_origin(self) -> bool:
        """Whether the origin of a key is wanted, not its text."""
        return bool(self.variable or self.file)

    def is_met(self, resolution: Resolution) -> bool:
        """Return whether the wanted value wins in a resolution."""
        decision = resolution.decisions[self.field.name]
        if decision.problem is not None or decision.winner is None:
            return False
        return self.is_wanted(decision.winner) if self.field.secret else decision.value == self.value

    def is_wanted(self, candidate: Candidate) -> bool:
        """Return whether a candidate has the wanted value, even if it does not win."""
        if self.is_of_origin:
            return self._comes_from_there(candidate.origin)
        return self.means(candidate.revealed)

    def means(self, text: str) -> bool:
        """Return whether a text has the wanted value."""
        if self.field.secret:
            return text == self.text
        try:
            return parse_value(fields_under(self.profile)[self.field.name], text) == self.value
        except BadValue:
            return False

    def _comes_from_there(self, origin: Origin) -> bool:
        places = (origin, *origin.behind)
        if self.variable:
            return any(one.layer == "environment" and one.variable == self.variable for one in places)
        return any(one.path == self.file for one in places)


def goal_of(words: str, profile: Profile, cwd: Path, home: Path | None) -> Goal:
    """Return the goal of FIELD=VALUE.

    Raises:
        UsageError: if the field is unknown, there is no value, or the value contains a key.
    """
    name, equals, text = words.partition("=")
    field = declared_fields().get(name)
    if not equals and field is not None:
        raise UsageError(f"{name} has no value", hint=f"Write the value after the field: {name}=VALUE")
    if field is None:
        hint = f"{did_you_mean_field(name)}Write FIELD=VALUE, with one of {', '.join(declared_fields())}."
        raise UsageError(f"unknown field {show_word(name)}", hint=hint)
    if field.secret:
        return _key_goal(field, text, profile, cwd, home)
    if looks_like_key(text):
        raise UsageError(f"the value of {name} contains an API key", hint="Name a value without a key.")
    if field.schema.get("format") == "proxy-url" and split_login(text)[1]:
        raise UsageError(f"the value of {name} contains a login", hint="Remove the login from the URL.")
    return Goal(field, text, profile)


def _key_goal(field: Field, text: str, profile: Profile, cwd: Path, home: Path | None) -> Goal:
    variable, file = text.removeprefix(_VARIABLE), text.removeprefix(_FILE)
    if variable not in (text, "") and variable.isidentifier() and not looks_like_key(variable):
        return Goal(field, "", profile, variable=variable)
    if file not in (text, "") and "\0" not in file and not looks_like_key(file):
        at_home = file.startswith("~/") and home is not None
        path = home / file[2:] if at_home and home is not None else cwd / file
        return Goal(field, "", profile, file=Path(without_dots(path)))
    if kind_of_pointer(text) is not None:
        return Goal(field, text, profile)
    raise UsageError("a key may not be on the command line", where=field.name, hint=_KEY_ADVICE)
