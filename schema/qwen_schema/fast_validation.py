"""Checks by the generated validators whether a value or a document conforms to its schema.

They accept only what jsonschema accepts. If one of them rejects a value, the caller lets jsonschema decide and
describe the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fields import schema_of
from .tables.fields import FIELDS
from .tables.validators import VALUES, is_artifact

if TYPE_CHECKING:
    from .fields import Field

# A number may be too large to check.
_TOO_MUCH = (OverflowError, RecursionError, ValueError)


def is_conforming_artifact(document: object) -> bool:
    """Return whether a document conforms to `resolved.schema.json`; false also if the check fails."""
    try:
        return is_artifact(document)
    except _TOO_MUCH:
        return False


def conforms_as(field: Field, value: object) -> bool:
    """Return whether a value conforms to a field's schema: the declared one, or one with other choices."""
    if field.name not in FIELDS:
        return False
    declared, schema = schema_of(FIELDS[field.name]), field.schema
    # A profile may have only some of the choices.
    is_other = schema is not declared and schema != declared
    if is_other and (schema != {**declared, "enum": schema.get("enum")} or value not in schema["enum"]):
        return False
    try:
        return VALUES[field.name](value)
    except _TOO_MUCH:
        return False
