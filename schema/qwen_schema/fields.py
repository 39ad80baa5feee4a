"""The fields, made once from what `fields.schema.json` declares."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from .records import field, record
from .tables.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

Reach = Literal["user", "project"]
LayerName = Literal["provider-entry", "flag", "environment", "env-file", "settings-env", "settings", "default"]
Value = str | bool | int | float | tuple[str, ...]


@record
class Variable:
    """A variable that feeds a field; with `means`, any value of it stands for that one.

    With `under`, it is read under those authentication methods only. `of_library` marks one that the provider's library
    reads, not Qwen Code itself, and only where Qwen Code has no value: the default alone comes after it.
    """

    name: str
    means: str | None = None
    under: tuple[str, ...] = ()
    of_library: bool = False

    def is_read_under(self, auth_method: str | None) -> bool:
        """Tell whether it counts under an authentication method, or while none is decided."""
        return auth_method is None or not self.under or auth_method in self.under


@record
class SettingPath:
    """Where Qwen Code's settings files have a field, and the least reach that a value there needs."""

    names: tuple[str, ...]
    reach: Reach


@record
class Field:
    """One setting that can be configured.

    `schema` is what a value has to satisfy (JSON Schema); `reach` is the least that a candidate needs;
    `default_for` overrides `default` under an authentication method; `otherwise` is the value of a text that
    cannot be read as one of the field's type (without it, such a text is an error). `machine` says that it is a setting
    of the machine: no artifact has what the user's environment or own files say of it.
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

    @property
    def is_switch(self) -> bool:
        """Whether it is true or false, so that its flag takes no value."""
        return self.schema.get("type") == "boolean"

    @property
    def decides_route(self) -> bool:
        """Whether it has a say in where requests go, or in who can read them: a URL, or certificate authorities."""
        return self.schema.get("format") in ("http-url", "proxy-url", "login-url", "collector-url", "file-path")

    def default_under(self, auth_method: str | None) -> Value | None:
        """Return the default that holds under an authentication method, or None if the field has none."""
        return self.default_for.get(auth_method or "", self.default)


def frozen(value: Any) -> Value:
    """Return a value of a JSON or TOML document in the immutable form used here."""
    return tuple(value) if isinstance(value, list) else value


def read_schema(name: str) -> dict[str, Any]:
    """Return one of the JSON Schemas that stand beside this file."""
    import json  # noqa: PLC0415 - the tables say what most need
    from pathlib import Path  # noqa: PLC0415

    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


@cache
def declared_fields() -> Mapping[str, Field]:
    """Return every declared field by name, in the order of the declaration."""
    return {name: _field(name, declaration) for name, declaration in FIELDS.items()}


def field_of_variable(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return which field each declared variable feeds."""
    return {variable.name: f for f in fields.values() for variable in f.variables}


def schema_of(declaration: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a value of a declared field has to satisfy: a secret itself, and not the reference to it."""
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
        default=None if default is None else _typed(declaration, default),
        default_for={m: _typed(declaration, v) for m, v in note.get("default_for", {}).items()},
        otherwise=note.get("otherwise"),
        examples=tuple(_typed(declaration, e) for e in declaration.get("examples", ())),
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


def _typed(declaration: dict[str, Any], value: Any) -> Value:
    return float(value) if declaration.get("type") == "number" else frozen(value)
