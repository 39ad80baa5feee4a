"""How an error, a warning and a note are coloured, in rich's words."""

from __future__ import annotations

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
