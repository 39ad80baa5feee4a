"""The JSON Schemas of the documents that commands print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_schema(name: str) -> dict[str, Any]:
    """Return one of the JSON Schemas that are beside this file."""
    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
