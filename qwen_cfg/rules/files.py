"""Rules about the content of env files: excluded variables, differing dialects, fields that need reach user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.similar_names import similar_variable
from qwen_schema import declared_fields, field_of_variable, safe_text
from qwen_schema.envfile import last_of_each

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.world import PathState
    from qwen_schema import Field
    from qwen_schema.envfile import Assignment

# What a value may hold that no dialect reads differently.
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,?&=-")


def dialects_differ(resolution: Resolution) -> Iterator[Finding]:
    """The npm package dotenv and python-dotenv read a variable in use differently."""
    for file in resolution.files:
        state = resolution.world.look(file.place.path)
        if _may_differ(state.text or ""):
            yield from _differences(file, state)


def needs_reach_user(resolution: Resolution) -> Iterator[Finding]:
    """A file of a project sets a field that only the user may set: it would apply to all users of the project."""
    fills_in = resolution.profile.home_fills_in
    for decision in resolution.decisions.values():
        for lost in decision.shadowed:
            if lost.fate == "needs reach user":
                origin = lost.candidate.origin
                yield Finding(
                    f"{_place_text(origin)} is not used: no file of a project may set {decision.field.name}.",
                    f"If you set it yourself, export {origin.variable or decision.field.variables[0].name}"
                    + (", or set it in ~/.qwen/.env." if fills_in else "."),
                    decision.field.name,
                    origin.file,
                    origin.line,
                )


def _place_text(origin: Origin) -> str:
    return f"{origin.variable} in {origin.place}" if origin.variable is not None else origin.place


def excluded_variables(resolution: Resolution) -> Iterator[Finding]:
    """A plain .env sets a variable that it may not set, so the value is not used."""
    feeds = field_of_variable(declared_fields())
    for file in resolution.files:
        allowed = resolution.world.standpoint.show(file.place.path.parent / ".qwen" / ".env")
        for name in (name for name in file.excluded if name in feeds):
            yield Finding(
                f"{name} in {file.shown}:{file.lines[name]} is excluded: a plain .env may not set it.",
                f"Export it, or move this program's variables into {allowed}, which is then read instead.",
                feeds[name].name,
                file.shown,
                file.lines[name],
            )


def double_assignment(resolution: Resolution) -> Iterator[Finding]:
    """An env file sets a variable to two different values: an edit of the first line has no effect."""
    feeds = field_of_variable(declared_fields())
    for file in resolution.files:
        for name, (first, last) in _first_and_last(resolution, file).items():
            if name in feeds and name not in file.excluded:
                yield Finding(
                    f"{name} is set in {file.shown}:{first.line}, and to another value in line {last.line}, "
                    "which is used.",
                    "Remove one of the two lines.",
                    feeds[name].name,
                    file.shown,
                    first.line,
                )


def beside_others(resolution: Resolution) -> Iterator[Finding]:
    """Other programs also use a project's .env; a .qwen/.env is only for this program, and is read before it."""
    feeds = field_of_variable(declared_fields())
    for file in resolution.files:
        ours = [name for name, candidate in file.offers.items() if _is_ours(name) and not candidate.is_empty]
        others = [name for name in file.lines if name not in feeds and similar_variable(name) is None]
        if ours and others and file.place.reach == "project" and not file.place.in_qwen_directory:
            better = resolution.world.standpoint.show(file.place.path.parent / ".qwen" / ".env")
            them = "it" if len(ours) == 1 else "them"
            count = "a variable" if len(others) == 1 else f"{len(others)} variables"
            yield Finding(
                f"{file.shown} sets {', '.join(ours)}, and {count} of other programs.",
                f"If no other program needs {them}, move {them} to {better}.",
                None,
                file.shown,
                file.lines[ours[0]],
            )


def _is_ours(name: str) -> bool:
    """Return whether only this and similar programs use a declared variable (many programs use DEBUG)."""
    return name.startswith(("OPENAI_", "QWEN_"))


def _first_and_last(resolution: Resolution, file: EnvFile) -> dict[str, tuple[Assignment, Assignment]]:
    """Return the first and the last assignment of each name that has different values; the last is used."""
    assignments = resolution.world.assignments(file.place.path)
    last = last_of_each(assignments)
    others = [a for a in reversed(assignments) if a.value != last[a.name].value]
    return {first.name: (first, last[first.name]) for first in others}


def _may_differ(text: str) -> bool:
    """Return whether the dialects could read a text differently.

    Both read plain lines of `NAME=value` the same way, and python-dotenv is slow to import.
    """
    lines = [line for line in text.split("\n") if not _is_assignment(line)]
    if not any(lines):
        return False
    import re  # noqa: PLC0415

    plain = r"(?:\s*|#[^\n]*|(?:export )?[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_./:@%+,?&=-]*)"
    return not all(re.fullmatch(plain, line, re.ASCII) for line in lines)


def _is_assignment(line: str) -> bool:
    """Return whether a line is a plain assignment, the most frequent one, without compiling the pattern of all."""
    name, equals, value = line.partition("=")
    return bool(equals) and name.isascii() and name.isidentifier() and _PLAIN.issuperset(value)


def _differences(file: EnvFile, state: PathState) -> Iterator[Finding]:
    from qwen_schema.envfile.dotenv_python import dialect_differences  # noqa: PLC0415 - slow to import

    feeds = field_of_variable(declared_fields())
    for name, (ours, theirs) in dialect_differences(state.assignments("dotenv"), state.assignments("python")).items():
        if name in feeds and name not in file.excluded:
            line = (ours or theirs).line  # type: ignore[union-attr]
            yield Finding(
                f"{name} in {file.shown}:{line} is {_display_value(ours, feeds[name])} to the npm package dotenv and "
                f"{_display_value(theirs, feeds[name])} to python-dotenv.",
                f"To see how each line is read: qwen-cfg envfile {file.shown}",
                feeds[name].name,
                file.shown,
                line,
            )


def _display_value(assignment: Assignment | None, field: Field) -> str:
    if assignment is None:
        return "not set"
    return safe_text(field, assignment.value) if field.secret else repr(safe_text(field, assignment.value))
