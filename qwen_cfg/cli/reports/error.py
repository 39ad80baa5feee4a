"""An error as data, for the commands that print JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError


def error_data(error: QwenCfgError) -> dict[str, Any]:
    """Return the document that an error is: what, where, what to do, and the exit code."""
    return {"error": error.as_data(), "exit_code": int(error.exit_code)}
