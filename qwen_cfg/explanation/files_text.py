"""The files of an explanation for a terminal: env files, settings files, and the excluded variables."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from qwen_schema import printable

from .layout import SIDE_BY_SIDE_WIDTH, grid, with_path
from .styled import Lines, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .document import DirectoryExplanation, Explanation, PlaceExplanation, ScopeExplanation
    from .styled import Part

_MARKS = {"found": ">", "filled-in": "+"}


# From this number on, successive absent places are shown in one line.
_LONG_RUN = 5


def search_part(explanation: Explanation, everything: bool, width: int) -> list[Part]:  # noqa: FBT001
    """Return the places of env files in the order of the search, each with its outcome."""
    rule = {
        "search": "env file: the first one found is used; files are not merged",
        "flag": "env file: only the one that --env-file names",
        "none": "env file: none (--no-env-file)",
    }[explanation.chosen_by]
    if explanation.home_fills_in and explanation.chosen_by == "search":
        rule = "env files: the first one found, then the home's files, for variables that are still unset"
    shown = [p for p in explanation.places if p.outcome != "not-reached" or p.exists or everything]
    rows = [row for run in _runs(shown, everything) for row in _rows(run)]
    table = grid(rows, width, uncut=(0, 1)) if width >= SIDE_BY_SIDE_WIDTH else None
    body = [part for row in rows for part in _place_lines(row, width)] if table is None else [table]
    nothing = [] if any(p.exists for p in explanation.places) else [Text("  no env file found", "dim")]
    return [Lines(Text(rule, "bold")), *_move_line(explanation.directory), *body, *nothing]


def _move_line(directory: DirectoryExplanation | None) -> list[Part]:
    """Return the line about a variable that moves `~/.qwen`, or should move it; empty if there is none."""
    if directory is None:
        return []
    effect = (
        f"does not move ~/.qwen: {directory.problem}" if directory.problem else f"moves ~/.qwen to {directory.path}"
    )
    style = "yellow" if directory.problem else "dim"
    return [Lines(Text(printable(f"{directory.moved_by} {effect}"), style), 2, hanging=2)]


def _runs(places: list[PlaceExplanation], everything: bool) -> list[list[PlaceExplanation]]:  # noqa: FBT001
    """Return the places in lists: one list for a long run of absent places, and one for every other place."""
    runs = [list(run) for _, run in groupby(places, lambda place: place.outcome == "absent")]
    return [
        part
        for run in runs
        for part in (
            [run] if run[0].outcome == "absent" and len(run) >= _LONG_RUN and not everything else [[p] for p in run]
        )
    ]


def _rows(run: list[PlaceExplanation]) -> list[tuple[Text, Text, Text]]:
    if len(run) == 1:
        return [_place_row(run[0])]
    first, last = printable(run[0].path), printable(run[-1].path)
    return [
        (
            Text("  absent", "dim"),
            Text(f"{first} to {last}", "dim"),
            Text(f"{len(run)} places (--all shows them)", "dim"),
        )
    ]


def _place_row(place: PlaceExplanation) -> tuple[Text, Text, Text]:
    """Return the outcome at a place, its path and a note."""
    mark = _MARKS.get(place.outcome, " ")
    style = "green" if mark != " " else "yellow" if place.exists else "dim"
    outcome = {"not-reached": "not reached", "filled-in": "fills in"}.get(place.outcome, place.outcome)
    return Text(f"{mark} {outcome}", style), Text(printable(place.path), style), Text(printable(_note(place)))


def _place_lines(row: tuple[Text, Text, Text], width: int) -> list[Part]:
    outcome, path, note = row
    return [*with_path(outcome, path, width), *([Lines(note, 4)] if note else [])]


def _note(place: PlaceExplanation) -> str:
    if place.outcome in _MARKS:
        return _fields_of_file(place)
    if place.outcome == "ignored":
        return "Qwen Code does not trust the folder"
    if place.outcome == "skipped":
        return f"a {place.kind}, not a file"
    if place.unreadable:
        return place.unreadable
    if place.kind == "fifo":
        return "a FIFO, not read"
    if not place.exists:
        return ""
    if place.outcome == "not-reached" and place.kind != "file":
        return f"a {place.kind}, not a file"
    return f"would set {', '.join(place.sets)}" if place.sets else "sets nothing that is used here"


def _fields_of_file(place: PlaceExplanation) -> str:
    names = [*place.sets, *(["the place of ~/.qwen"] if place.moves else [])]
    return _fields_text(names, place.unused) + (f"; {len(place.excluded)} excluded" if place.excluded else "")


def _fields_text(names: Sequence[str], unused: Sequence[str]) -> str:
    """Return the fields that a file sets, and those for which its value is not used, as text."""
    sets = f"sets {', '.join(names)}" if names else "sets nothing that is used here"
    return sets + (f"; not used: {', '.join(unused)}" if unused else "")


def settings_part(explanation: Explanation, everything: bool, width: int) -> list[Part]:  # noqa: FBT001
    """Return the scopes of settings in their order of precedence; a system scope is shown only if its file exists."""
    shown = [
        scope
        for scope in explanation.settings
        if everything or scope.outcome != "absent" or scope.scope in ("user", "workspace")
    ]
    if not explanation.settings:
        return []
    rows = [_scope_row(scope) for scope in shown]
    heading = [Text(), Lines(Text("settings: the scopes are merged; a higher scope overrides a lower one", "bold"))]
    table = grid(rows, width, uncut=(0, 1, 2)) if width >= SIDE_BY_SIDE_WIDTH else None
    return [*heading, *([part for row in rows for part in _scope_lines(row, width)] if table is None else [table])]


def _scope_row(scope: ScopeExplanation) -> tuple[Text, Text, Text, Text]:
    style = {"read": "green", "absent": "dim"}.get(scope.outcome, "yellow")
    mark = ">" if scope.outcome == "read" else " "
    note = scope.why or (_fields_text(scope.sets, scope.unused) if scope.outcome == "read" else "")
    return (
        Text(f"{mark} {scope.outcome}", style),
        Text(scope.scope, style),
        Text(printable(scope.path), style),
        Text(printable(note)),
    )


def _scope_lines(row: tuple[Text, Text, Text, Text], width: int) -> list[Part]:
    outcome, scope, path, note = row
    return [*with_path(outcome + Text("  ") + scope, path, width), *([Lines(note, 4)] if note else [])]


def excluded_part(explanation: Explanation) -> list[Part]:
    """Return a line for each variable that an env file sets and may not set."""
    article = "a project's" if explanation.home_fills_in else "a"
    return [
        Lines(
            Text(printable(f"{e.variable}  {e.origin}  {article} plain .env may not set it; .qwen/.env may")),
            2,
            hanging=2,
        )
        for e in explanation.excluded
    ]
