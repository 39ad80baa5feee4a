"""Whether a value or a document conforms to its schema, by the generated validators; jsonschema says why one does not.

They accept what jsonschema accepts. Where one of them does not, or cannot tell, the caller asks jsonschema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fields import schema_of
from .tables.fields import FIELDS
from .tables.validators import VALUES, is_artifact

if TYPE_CHECKING:
    from .fields import Field

# A number may be too large to be looked at.
_TOO_MUCH = (OverflowError, RecursionError, ValueError)


def is_conforming_artifact(document: object) -> bool:
    """Tell whether a document conforms to `resolved.schema.json`."""
    try:
        return is_artifact(document)
    except _TOO_MUCH:
        return False


def conforms_as(field: Field, value: object) -> bool:
    """Tell whether a value conforms to a field's schema: the declared one, or that with another list of choices."""
    if field.name not in FIELDS:
        return False
    declared, schema = schema_of(FIELDS[field.name]), field.schema
    # A profile knows some of the choices only.
    if schema != declared and (schema != {**declared, "enum": schema.get("enum")} or value not in schema["enum"]):
        return False
    try:
        return VALUES[field.name](value)
    except _TOO_MUCH:
        return False
