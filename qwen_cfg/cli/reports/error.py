"""An error as data, for commands that print JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError


def error_data(error: QwenCfgError) -> dict[str, Any]:
    """Return an error as a document, under `error.schema.json`."""
    return {"error": error.as_data(), "exit_code": int(error.exit_code)}
