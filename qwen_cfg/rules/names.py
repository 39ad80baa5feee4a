"""The rule about unknown names that are similar to declared variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.similar_names import similar_variable
from qwen_schema import declared_fields, field_of_variable

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.resolution import Resolution


def unknown_variable(resolution: Resolution) -> Iterator[Finding]:
    """A name is similar to a variable, or another program uses it for the same setting, and the variable is not set."""
    for name in resolution.world.similar_names:
        right = _intended_variable(resolution, name)
        if right is not None and right not in resolution.world.environ:
            yield _finding(name, right, "the environment")
    for file in resolution.files:
        for name, line in file.lines.items():
            right = _intended_variable(resolution, name)
            if right is not None and right not in file.lines:
                yield _finding(name, right, f"{file.shown}:{line}", file.shown, line)


def _intended_variable(resolution: Resolution, name: str) -> str | None:
    """Return the variable that a name probably means, if its field has only the default value."""
    right = similar_variable(name)
    if right is None:
        return None
    decision = resolution.decisions[field_of_variable(declared_fields())[right].name]
    return right if decision.winner is None or decision.by_default else None


def _finding(name: str, right: str, where: str, path: str | None = None, line: int | None = None) -> Finding:
    return Finding(
        f"{name} in {where} is not a known variable; {right}, which is not set, may be meant.",
        f"If so, rename it to {right}.",
        field_of_variable(declared_fields())[right].name,
        path,
        line,
    )
