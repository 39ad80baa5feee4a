"""Functions that tell whether a value conforms to a JSON Schema, as Python source.

A schema becomes one condition. It is made of the keywords that the declarations use, and of no other: one that is not
among them is an error here, so that none is ever left out. What does not conform is looked at again by jsonschema,
which says why; what conforms is not, and so the conditions must accept nothing that it refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.formats import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema = Mapping[str, Any] | bool

# Keywords that describe, or that are followed where another keyword refers to them.
_DESCRIBING = {"$schema", "$id", "$defs", "title", "description", "default", "examples", "x-qwen"}

_TYPES = {
    "string": "is_text(value)",
    "boolean": "isinstance(value, bool)",
    "integer": "is_integer(value)",
    "number": "is_number(value)",
    "array": "isinstance(value, list)",
    "object": "isinstance(value, dict)",
}
_SIMPLE = {
    "minLength": "len(value) >= {}",
    "maxLength": "len(value) <= {}",
    "pattern": "matches({}, value)",
    "format": "has_format({}, value)",
    "minimum": "value >= {}",
    "maximum": "value <= {}",
    "exclusiveMinimum": "value > {}",
    "maxItems": "len(value) <= {}",
    "minProperties": "len(value) >= {}",
    "maxProperties": "len(value) <= {}",
}
# Those of them that say a text.
_NAMING = ("pattern", "format")

# The keywords that say something of values of one type alone.
_OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum"),
    "array": ("maxItems", "items"),
    "object": ("required", "minProperties", "maxProperties", "properties", "additionalProperties"),
}
_OF_ANY = ("type", "const", "enum", "$ref", "oneOf")
_KNOWN = _DESCRIBING | set(_OF_ANY) | {keyword for keywords in _OF_TYPE.values() for keyword in keywords}


class Compiler:
    """Compiles the schemas of documents that refer to each other by their `$id`: a function for each part of them."""

    def __init__(self, *documents: Mapping[str, Any]) -> None:
        self._documents = {document["$id"]: document for document in documents}
        self.functions: dict[str, str] = {}

    def function(self, name: str, schema: Schema, base: str) -> str:
        """Make a function that tells whether a value conforms, with all that it calls; return its name.

        `base` is the `$id` of the document that the schema stands in.
        """
        if name not in self.functions:
            conditions = self._conditions(name, schema, base) or ["True"]
            body = conditions[0]
            if len(conditions) > 1:
                body = "(\n        " + "\n        and ".join(conditions) + "\n    )"
            self.functions[name] = f"def {name}(value: Any) -> bool:\n    return {body}\n"
        return name

    def _conditions(self, name: str, schema: Schema, base: str) -> list[str]:
        if isinstance(schema, bool):
            return [repr(schema)]
        if unknown := set(schema) - _KNOWN:
            raise ValueError(f"no condition is known for {', '.join(sorted(unknown))}")
        conditions = [self._of_any(keyword, schema[keyword], name, base) for keyword in _OF_ANY if keyword in schema]
        for kind, keywords in _OF_TYPE.items():
            found = [c for keyword in keywords if keyword in schema for c in self._of_type(keyword, schema, name, base)]
            if found and not _is_of(schema, kind):
                found = [f"(not {_TYPES[kind]} or ({' and '.join(found)}))"]
            conditions += found
        return conditions

    def _of_any(self, keyword: str, said: Any, name: str, base: str) -> str:
        match keyword:
            case "type":
                return _TYPES[said]
            case "const":
                return f"is_equal(value, {said!r})"
            case "enum":
                return f"any(is_equal(value, choice) for choice in {tuple(said)!r})"
            case "$ref":
                return f"{self._referred(said, base)}(value)"
        choices = [self.function(f"{name}_{number}", schema, base) for number, schema in enumerate(said, start=1)]
        return f"sum(conforms(value) for conforms in ({', '.join(choices)},)) == 1"

    def _of_type(self, keyword: str, schema: Mapping[str, Any], name: str, base: str) -> list[str]:
        said = schema[keyword]
        match keyword:
            case "required":
                return [f"{entry!r} in value" for entry in said]
            case "properties":
                parts = {entry: part for entry, part in said.items() if part is not True}
                functions = {entry: self.function(f"{name}_{entry}", part, base) for entry, part in parts.items()}
                return [f"has_only(value, {entry!r}, {function})" for entry, function in functions.items()]
            case "additionalProperties":
                declared = tuple(schema.get("properties", ()))
                if said is False:
                    return [f"not any(True for _ in others_of(value, {declared!r}))"]
                function = self.function(f"{name}_others", said, base)
                return [f"all(map({function}, others_of(value, {declared!r})))"]
            case "items":
                return [f"all(map({self.function(f'{name}_items', said, base)}, value))"]
        return [_SIMPLE[keyword].format(said if keyword not in _NAMING else repr(_known(keyword, said)))]

    def _referred(self, reference: str, base: str) -> str:
        """Return the function of the schema that a reference leads to."""
        document, _, pointer = reference.partition("#")
        base = document or base
        schema: Any = self._documents[base]
        for step in pointer.split("/")[1:]:
            schema = schema[step]
        return self.function("_is_" + (pointer.rpartition("/")[2] or base.split(":")[-2]), schema, base)


def _is_of(schema: Mapping[str, Any], kind: str) -> bool:
    """Tell whether a schema says that a value is of a type, so that it has not to be asked again."""
    kinds = ("number", "integer") if kind == "number" else (kind,)
    return schema.get("type") in kinds


def _known(keyword: str, text: str) -> str:
    """Return a pattern, or the name of a format for which there is a check."""
    if keyword == "format" and text not in CHECKS:
        raise ValueError(f"no check is known for the format {text}")
    return text
