"""Rules about what an env file says: excluded variables, readings that differ, variables it may not decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import declared_fields, field_of_variable, safe_text

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.layers import EnvFile
    from qwen_cfg.resolution import Resolution
    from qwen_schema import Field
    from qwen_schema.envfile import Assignment


def dialects_differ(resolution: Resolution) -> Iterator[Finding]:
    """The npm package dotenv and python-dotenv read a variable that is used here differently."""
    for file in resolution.files:
        text = resolution.world.look(file.place.path).text or ""
        if _may_differ(text):
            yield from _differences(file, text)


def needs_reach_user(resolution: Resolution) -> Iterator[Finding]:
    """A file of a project sets what only the user may: it would decide for whoever works in the project."""
    for decision in resolution.decisions.values():
        for lost in decision.shadowed:
            if lost.fate == "needs reach user":
                origin = lost.candidate.origin
                yield Finding(
                    f"{origin.variable} in {origin.place} is not used: no file of a project may set "
                    f"{decision.field.name}.",
                    f"Export {origin.variable}, or set it in ~/.qwen/.env.",
                    decision.field.name,
                    origin.file,
                    origin.line,
                )


def _may_differ(text: str) -> bool:
    """Tell whether a text has anything that the dialects could read differently.

    Plain lines of `NAME=value` are read alike by both, and python-dotenv is slow to import.
    """
    import re  # noqa: PLC0415

    plain = r"(?:\s*|#[^\n]*|(?:export )?[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_./:@%+,?&=-]*)"
    return not all(re.fullmatch(plain, line, re.ASCII) for line in text.split("\n"))


def _differences(file: EnvFile, text: str) -> Iterator[Finding]:
    from qwen_schema.envfile.dotenv_python import differing_names  # noqa: PLC0415 - slow to import

    feeds = field_of_variable(declared_fields())
    for name, (ours, theirs) in differing_names(text).items():
        if name in feeds and name not in file.excluded:
            line = (ours or theirs).line  # type: ignore[union-attr]
            yield Finding(
                f"{name} in {file.shown}:{line} is {_shown(ours, feeds[name])} to the npm package dotenv and "
                f"{_shown(theirs, feeds[name])} to python-dotenv.",
                f"See how each line is read: qwen-cfg envfile {file.shown}",
                feeds[name].name,
                file.shown,
                line,
            )


def _shown(assignment: Assignment | None, field: Field) -> str:
    if assignment is None:
        return "not set"
    return safe_text(field, assignment.value) if field.secret else repr(safe_text(field, assignment.value))
