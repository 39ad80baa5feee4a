"""Target: the time to read an env file, in either dialect, and to show a value of it."""

from __future__ import annotations

from contextlib import suppress

from qwen_schema import declared_fields, safe_text
from qwen_schema.envfile import DIALECTS, reader_of
from qwen_schema.values import BadValue, parse_value

from .timing import require_linear


def check(data: bytes) -> None:
    """Raise an error if reading takes more than linear time."""
    require_linear({**{dialect: reader_of(dialect) for dialect in DIALECTS}, "value": _parse_values}, data)


def _parse_values(text: str) -> None:
    for name in ("api_key", "base_url", "model"):
        field = declared_fields()[name]
        safe_text(field, text)
        with suppress(BadValue):
            parse_value(field, text)
