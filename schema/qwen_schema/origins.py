"""The words for an origin, on all screens and in all messages of the compiler and the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from .fields import LayerName


def origin_text(layer: LayerName, place: str, variable: str | None = None) -> str:
    """Return an origin as text: its place, and its variable if the place does not name it.

    In every layer, the place of a key from `--secret-from` is that flag.
    """
    if place.startswith("--"):
        return place
    match layer:
        case "environment":
            return f"environment {place}"
        case "env-file" | "provider-entry":
            return place if variable is None else f"{place} {variable}"
        case "flag" | "settings-env" | "settings" | "default":
            return place
        case _:
            assert_never(layer)
