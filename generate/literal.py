"""Plain values as Python source, an entry on each line."""

from __future__ import annotations

_STEP = "    "


def literal(value: object, indent: str = "") -> str:
    """Return the source of a plain value: a dict, a list or a scalar."""
    deeper = indent + _STEP
    match value:
        case dict() if value:
            entries = "".join(f"{deeper}{key!r}: {literal(entry, deeper)},\n" for key, entry in value.items())
            return f"{{\n{entries}{indent}}}"
        case list() if any(isinstance(entry, dict | list) for entry in value):
            entries = "".join(f"{deeper}{literal(entry, deeper)},\n" for entry in value)
            return f"[\n{entries}{indent}]"
        case _:
            return repr(value)
