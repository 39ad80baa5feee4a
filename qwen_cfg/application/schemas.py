"""The JSON Schemas that describe this program's documents, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Callable


@record
class Schema:
    """The JSON Schema of one document: its name, a summary, the function that loads it, and another name."""

    name: str
    summary: str
    load: Callable[[], dict[str, Any]]
    also: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that choose it."""
        return (self.name, self.also) if self.also else (self.name,)


def _artifact_schema() -> dict[str, Any]:
    from qwen_schema.artifact_schema import artifact_schema  # noqa: PLC0415 - only one schema is printed

    return artifact_schema()


def _fields_schema() -> dict[str, Any]:
    from qwen_schema.fields import read_schema  # noqa: PLC0415

    return read_schema("fields")


def _output_schema(name: str) -> Callable[[], dict[str, Any]]:
    """Return the function that loads the schema of a command's output."""

    def load() -> dict[str, Any]:
        from qwen_cfg.explanation.schemas import read_schema  # noqa: PLC0415

        return read_schema(name)

    return load


SCHEMAS = (
    Schema("resolved", "the artifact (qwen.toml), for editors and validators", _artifact_schema, also="artifact"),
    Schema("fields", "the declaration of every field: flags, variables, default, limits", _fields_schema),
    Schema("explain", "what resolve --explain --format json prints", _output_schema("explain")),
    Schema("check", "what check --format json prints, for one artifact and for many", _output_schema("check")),
    Schema("diff", "what diff --format json prints", _output_schema("diff")),
    Schema("why-not", "what why-not --format json prints", _output_schema("why-not")),
    Schema("verify", "what verify --format json prints", _output_schema("verify")),
    Schema("error", "what a command prints with --format json if an error ends it", _output_schema("error")),
)
