"""The styles of errors, warnings and notes, as rich names them."""

from __future__ import annotations

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
