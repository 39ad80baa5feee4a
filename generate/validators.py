"""Generates functions, as Python source, that return whether a value conforms to a JSON Schema.

A schema becomes one condition. Only the keywords of the declarations are supported; any other keyword is an error, so
that none is ignored. jsonschema checks again a value that does not conform, and describes the error; a value that
conforms is not checked again, so the conditions must not accept a value that jsonschema refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.formats import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema = Mapping[str, Any] | bool

# Keywords that only describe, or that other keywords refer to.
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
# The keywords whose value is a string.
_NAMING = ("pattern", "format")

# The keywords that apply to values of one type only.
_OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum"),
    "array": ("maxItems", "items"),
    "object": ("required", "minProperties", "maxProperties", "properties", "additionalProperties"),
}
_OF_ANY = ("type", "const", "enum", "$ref", "oneOf")
_KNOWN = _DESCRIBING | set(_OF_ANY) | {keyword for keywords in _OF_TYPE.values() for keyword in keywords}


class Compiler:
    """Compiles schemas that refer to each other by their `$id`: one function for each part."""

    def __init__(self, *documents: Mapping[str, Any]) -> None:
        self._documents = {document["$id"]: document for document in documents}
        self.functions: dict[str, str] = {}

    def function(self, name: str, schema: Schema, base: str) -> str:
        """Generate a function that returns whether a value conforms, and the functions that it calls; return its name.

        `base` is the `$id` of the document with the schema.
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
        conditions = [
            self._any_condition(keyword, schema[keyword], name, base) for keyword in _OF_ANY if keyword in schema
        ]
        for kind, keywords in _OF_TYPE.items():
            found = [
                c
                for keyword in keywords
                if keyword in schema
                for c in self._type_conditions(keyword, schema, name, base)
            ]
            if found and not _is_of(schema, kind):
                found = [f"(not {_TYPES[kind]} or ({' and '.join(found)}))"]
            conditions += found
        return conditions

    def _any_condition(self, keyword: str, content: Any, name: str, base: str) -> str:
        match keyword:
            case "type":
                return _TYPES[content]
            case "const":
                return f"is_equal(value, {content!r})"
            case "enum":
                return f"any(is_equal(value, choice) for choice in {tuple(content)!r})"
            case "$ref":
                return f"{self._reference_function(content, base)}(value)"
        choices = [self.function(f"{name}_{number}", schema, base) for number, schema in enumerate(content, start=1)]
        return f"sum(conforms(value) for conforms in ({', '.join(choices)},)) == 1"

    def _type_conditions(self, keyword: str, schema: Mapping[str, Any], name: str, base: str) -> list[str]:
        content = schema[keyword]
        match keyword:
            case "required":
                return [f"{entry!r} in value" for entry in content]
            case "properties":
                parts = {entry: part for entry, part in content.items() if part is not True}
                functions = {entry: self.function(f"{name}_{entry}", part, base) for entry, part in parts.items()}
                return [f"has_only(value, {entry!r}, {function})" for entry, function in functions.items()]
            case "additionalProperties":
                declared = tuple(schema.get("properties", ()))
                if content is False:
                    return [f"not any(True for _ in others_of(value, {declared!r}))"]
                function = self.function(f"{name}_others", content, base)
                return [f"all(map({function}, others_of(value, {declared!r})))"]
            case "items":
                return [f"all(map({self.function(f'{name}_items', content, base)}, value))"]
        return [
            _SIMPLE[keyword].format(content if keyword not in _NAMING else repr(_pattern_or_format(keyword, content)))
        ]

    def _reference_function(self, reference: str, base: str) -> str:
        """Return the function for the schema at a reference."""
        document, _, pointer = reference.partition("#")
        base = document or base
        schema: Any = self._documents[base]
        for step in pointer.split("/")[1:]:
            schema = schema[step]
        return self.function("_is_" + (pointer.rpartition("/")[2] or base.split(":")[-2]), schema, base)


def _is_of(schema: Mapping[str, Any], kind: str) -> bool:
    """Return whether a schema already requires a type, so that no further check is needed."""
    kinds = ("number", "integer") if kind == "number" else (kind,)
    return schema.get("type") in kinds


def _pattern_or_format(keyword: str, text: str) -> str:
    """Return a pattern, or the name of a format with a check."""
    if keyword == "format" and text not in CHECKS:
        raise ValueError(f"no check is known for the format {text}")
    return text
