"""Validation against the schemas; errors have the place and the reason, never the value itself."""

from __future__ import annotations

import math
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker, validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from .fields import read_schema
from .formats import CHECKS, EXPECTED, is_unicode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsonschema.exceptions import ValidationError

_TYPES = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a table",
}

# The first error is chosen among this many; a value can have as many errors as it has parts.
_MOST_ERRORS = 100


def _is_number(_: object, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(_: object, value: object) -> bool:
    return isinstance(value, str) and is_unicode(value)


# Values that JSON cannot write are refused: infinities and NaN, which TOML has, and halves of surrogate pairs.
_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"number": _is_number, "string": _is_text}),
)


class Invalid(Exception):  # noqa: N818 - the caller turns it into an error or a diagnostic
    """A value does not satisfy its schema: the place, the problem, and the expected form."""

    def __init__(self, place: str, wrong: str, expected: str) -> None:
        super().__init__(f"{place}: {wrong}")
        self.place = place
        self.wrong = wrong
        self.expected = expected


def check_value(schema: Mapping[str, Any], value: object) -> None:
    """Check one field's value.

    Raises:
        Invalid: if the value does not satisfy the field's schema.
    """
    _raise_first(_Validator(dict(schema), registry=_registry(), format_checker=_formats()), value)


def check_document(name: str, document: object) -> None:
    """Check a document against the schema with a name, such as `resolved`.

    Raises:
        Invalid: if the document does not satisfy the schema, for the first place that does not.
    """
    _raise_first(_validator(name), document)


def expectation(schema: Mapping[str, Any]) -> str:
    """Return a description of a valid value under this schema."""
    if "enum" in schema:
        return "one of " + ", ".join(str(choice) for choice in schema["enum"])
    if schema.get("format") in EXPECTED:
        return EXPECTED[schema["format"]]
    kind = schema.get("type", "")
    if kind == "array":
        return "a list of strings"
    if kind in ("integer", "number"):
        return _TYPES[kind] + _range(schema)
    return _TYPES.get(kind, "a value")


def _range(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    return f" greater than {schema['exclusiveMinimum']}, at most {schema['maximum']}"


def _raise_first(validator: Any, value: object) -> None:
    errors = islice(validator.iter_errors(value), _MOST_ERRORS)
    error: ValidationError | None = min(errors, key=lambda e: [str(step) for step in e.absolute_path], default=None)
    if error is not None:
        place = ".".join(str(step) for step in error.absolute_path)
        raise Invalid(place, _problem(error), _expectation(error)) from None


def _problem(error: ValidationError) -> str:
    """Return the problem without the value, which may be a secret in the wrong place."""
    keyword, limit, instance = error.validator, error.validator_value, error.instance
    if keyword == "format":
        return str(error.cause)
    explained: dict[str, Callable[[], str]] = {
        "type": lambda: f"it is not {_TYPES.get(str(limit), str(limit))}",
        "enum": lambda: "it is not one of the known values",
        "const": lambda: f"it is not {limit}",
        "required": lambda: "missing: " + ", ".join(k for k in limit if k not in instance),  # type: ignore[union-attr, operator]
        "additionalProperties": lambda: _unknown_keys(error),
        "maxLength": lambda: f"it is longer than {limit:,} characters",
        "minLength": lambda: "it is empty",
        "maxProperties": lambda: f"it has more than {limit} entries",
        "oneOf": lambda: "its keys cannot be combined",
        "pattern": lambda: "it is blank" if not str(instance).strip() else "it does not have the expected form",
        "minimum": lambda: "it is too small",
        "exclusiveMinimum": lambda: "it is too small",
        "maximum": lambda: "it is too large",
    }
    return explained.get(str(keyword), lambda: f"it breaks the rule '{keyword}'")()


def _unknown_keys(error: ValidationError) -> str:
    known = set(error.schema.get("properties", {}))  # type: ignore[union-attr]
    unknown = sorted(str(key) for key in error.instance if key not in known)  # type: ignore[union-attr]
    return "unknown: " + ", ".join(unknown)


def _expectation(error: ValidationError) -> str:
    schema = error.schema
    if not isinstance(schema, dict) or error.validator in ("required", "additionalProperties", "oneOf", "const"):
        return ""
    return expectation(schema)


@cache
def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in CHECKS.items():
        checker.checks(name, raises=ValueError)(_string_check(check))
    return checker


def _string_check(check: Callable[[str], None]) -> Callable[[object], bool]:
    def conforms(value: object) -> bool:
        if isinstance(value, str):
            check(value)
        return True

    return conforms


@cache
def _registry() -> Registry[Any]:
    schemas = [_without_dialect(read_schema(name)) for name in ("fields", "resolved")]
    return Registry().with_resources((s["$id"], DRAFT202012.create_resource(s)) for s in schemas)


def _without_dialect(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without `$schema`, with which jsonschema would use the standard types instead of ours."""
    return {key: value for key, value in schema.items() if key != "$schema"}


@cache
def _validator(name: str) -> Any:
    return _Validator(_without_dialect(read_schema(name)), registry=_registry(), format_checker=_formats())
