"""The fields, built once from the declarations in `fields.schema.json`."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from .records import field, record
from .tables.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

# The fields that decide where requests go, with which key, and which model answers.
MAIN_FIELDS = ("auth_method", "base_url", "model", "api_key")

Reach = Literal["user", "project"]
LayerName = Literal["provider-entry", "flag", "environment", "env-file", "settings-env", "settings", "default"]
Value = str | bool | int | float | tuple[str, ...]


@record
class Variable:
    """A variable that feeds a field; with `means`, any value of the variable is read as that value.

    With `under`, it is read only under those authentication methods. `of_library` marks a variable that the provider's
    library reads, not Qwen Code itself. The library reads it only if Qwen Code has no value: it ranks just above the
    default.
    """

    name: str
    means: str | None = None
    under: tuple[str, ...] = ()
    of_library: bool = False

    def is_read_under(self, auth_method: str | None) -> bool:
        """Return whether the variable is read under an authentication method; None for a method not yet decided."""
        return auth_method is None or not self.under or auth_method in self.under


@record
class SettingPath:
    """The path of a field in Qwen Code's settings files, and the reach that a value there needs at least."""

    names: tuple[str, ...]
    reach: Reach


@record
class Field:
    """One setting that can be configured.

    `schema` is the JSON Schema of a value. `reach` is the reach that a candidate needs at least. `default_for`
    overrides `default` under an authentication method. `otherwise` is the value of a text that cannot be read as the
    field's type; without it, such a text is an error. `machine` marks a setting of the machine: an artifact does not
    contain its value from the user's environment or own files.
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(repr=False)
    flags: tuple[str, ...]
    variables: tuple[Variable, ...]
    reach: Reach
    secret: bool
    default: Value | None
    default_for: Mapping[str, Value] = field(repr=False)
    otherwise: Value | None
    examples: tuple[Value, ...] = field(repr=False, default=())
    setting: SettingPath | None = None
    machine: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def variable_names(self) -> frozenset[str]:
        """The names of its variables."""
        return frozenset(variable.name for variable in self.variables)

    @property
    def is_switch(self) -> bool:
        """Whether the field is true or false, so that its flag takes no value."""
        return self.schema.get("type") == "boolean"

    @property
    def decides_route(self) -> bool:
        """Whether the field affects where requests go or who can read them: a URL, or certificate authorities."""
        return self.schema.get("format") in ("http-url", "proxy-url", "login-url", "collector-url", "file-path")

    def default_under(self, auth_method: str | None) -> Value | None:
        """Return the default under an authentication method; None if the field has no default."""
        return self.default_for.get(auth_method or "", self.default)


def immutable(value: Any) -> Value:
    """Return a value of a JSON or TOML document in its immutable form: a list becomes a tuple."""
    return tuple(value) if isinstance(value, list) else value


def read_schema(name: str) -> dict[str, Any]:
    """Return one of the JSON Schemas in the directory of this file."""
    import json  # noqa: PLC0415 - most callers use the generated tables
    from pathlib import Path  # noqa: PLC0415

    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


@cache
def declared_fields() -> Mapping[str, Field]:
    """Return every declared field by name, in the order of the declaration."""
    return {name: _field(name, declaration) for name, declaration in FIELDS.items()}


def field_of_variable(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return the field that each declared variable feeds, by the variable's name."""
    return {variable.name: f for f in fields.values() for variable in f.variables}


def schema_of(declaration: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON Schema of a declared field's value; for a secret, of the secret and not of the reference."""
    return declaration["x-qwen"].get("secret", declaration)  # type: ignore[no-any-return]


def _field(name: str, declaration: dict[str, Any]) -> Field:
    note = declaration["x-qwen"]
    default = declaration.get("default")
    return Field(
        name=name,
        description=declaration["description"],
        schema=schema_of(declaration),
        flags=tuple(note["flags"]),
        variables=tuple(_variable(v) for v in note["variables"]),
        reach=note["reach"],
        secret="secret" in note,
        default=None if default is None else _typed_value(declaration, default),
        default_for={m: _typed_value(declaration, v) for m, v in note.get("default_for", {}).items()},
        otherwise=note.get("otherwise"),
        examples=tuple(_typed_value(declaration, e) for e in declaration.get("examples", ())),
        setting=_setting(note.get("settings")),
        machine=note.get("machine", False),
    )


def _variable(declaration: str | dict[str, Any]) -> Variable:
    if isinstance(declaration, str):
        return Variable(declaration)
    under = declaration.get("under", ())
    methods = (under,) if isinstance(under, str) else tuple(under)
    return Variable(declaration["name"], declaration.get("means"), methods, declaration.get("of_library", False))


def _setting(declaration: dict[str, Any] | None) -> SettingPath | None:
    return None if declaration is None else SettingPath(tuple(declaration["path"].split(".")), declaration["reach"])


def _typed_value(declaration: dict[str, Any], value: Any) -> Value:
    return float(value) if declaration.get("type") == "number" else immutable(value)
