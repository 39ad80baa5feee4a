"""Shows several profiles side by side: the value of each field, its source, and the differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.layers import DEFAULT
from qwen_cfg.rules import OF_ALL_FIELDS
from qwen_schema import printable
from qwen_schema.records import record

from .diagnostics_text import diagnostics_part, heading
from .fields_text import source_text, value_text
from .layout import SIDE_BY_SIDE_WIDTH, column_widths
from .styled import Group, Lines, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_cfg.rules import Diagnostic

    from .document import Explanation, FieldExplanation
    from .styled import Part

# The mark of a field that has different values under different profiles.
_DIFFERS = "*"


@record
class Column:
    """A profile, the title of its rules, and its explanation, or the error if there is no explanation."""

    profile: str
    title: str
    explanation: Explanation | None
    error: str | None = None


Row = tuple[Text, list[Text]]


def side_by_side_screen(
    place: str, columns: tuple[Column, ...], *, width: int, head: tuple[str, tuple[Diagnostic, ...]] = ("", ())
) -> Part:
    """Return the screen: every field under every profile, the env files of each, and the problems of each.

    `head` is for the heading: the rules of the first column with the reason, and the diagnostics about them.
    """
    explanations = [column.explanation for column in columns if column.explanation is not None]
    differing = _differing_fields(explanations)
    rows = [*_field_rows(columns, explanations, differing), *_file_rows(columns, explanations)] if explanations else []
    parts: list[Part] = [heading(place, *head, width), Text()]
    table = _table(columns, rows, width) if width >= SIDE_BY_SIDE_WIDTH else None
    parts.append(_stacked_columns(columns, rows) if table is None else table)
    return Group(*parts, Text(), *_summary(columns, explanations, differing), *_problems(columns, width))


def _differing_fields(explanations: list[Explanation]) -> list[str]:
    """Return the fields that have another value under another profile, in order."""
    others = explanations[0].others if explanations else ()
    names = {field.name for other in others for field, same_value in other.differences if not same_value}
    return [field.name for field in explanations[0].fields if field.name in names] if explanations else []


def _field_rows(columns: tuple[Column, ...], explanations: list[Explanation], differing: list[str]) -> list[Row]:
    rows = []
    for number, field in enumerate(explanations[0].fields):
        mark = _DIFFERS if field.name in differing else " "
        cells = [_cell(c.explanation.fields[number]) if c.explanation else Text() for c in columns]
        rows.append((Text(f"{mark} {field.name}", "bold"), cells))
    return rows


def _cell(field: FieldExplanation) -> Text:
    """Return the value with its source below it; a default is only marked as such."""
    if field.won_by == DEFAULT.text("default"):
        return value_text(field) + Text("  default", "dim")
    source = source_text(field)
    source.stylize("dim")
    return value_text(field) + Text("\n") + source


def _file_rows(columns: tuple[Column, ...], explanations: list[Explanation]) -> list[Row]:
    rows = [
        (Text("  env files read", "bold"), [_list(c.explanation.read) if c.explanation else Text() for c in columns])
    ]
    if any(one.directory for one in explanations):
        rows.append((Text("  ~/.qwen", "bold"), [_directory(column.explanation) for column in columns]))
    if any(one.excluded for one in explanations):
        rows.append((Text("  excluded", "bold"), [_excluded_variables(column.explanation) for column in columns]))
    return rows


def _directory(explanation: Explanation | None) -> Text:
    directory = explanation.directory if explanation else None
    if directory is None:
        return Text("" if explanation is None else "does not move")
    effect = f"does not move: {directory.problem}" if directory.problem else f"moves to {directory.path}"
    return Text(printable(effect)) + Text(printable(f"\n{directory.moved_by}"), "dim")


def _excluded_variables(explanation: Explanation | None) -> Text:
    return _list([f"{e.variable} {e.origin}" for e in explanation.excluded]) if explanation else Text()


def _list(entries: Sequence[str]) -> Text:
    return Text("\n".join(map(printable, entries)) or "none")


def _table(columns: tuple[Column, ...], rows: list[Row], width: int) -> Part | None:
    """Return the columns side by side; None if a word does not fit."""
    lines = [[Text(), *(Text(column.title, "dim") for column in columns)], *([label, *cells] for label, cells in rows)]
    widths = column_widths([[Text(), *(Text(column.profile) for column in columns)], *lines], width)
    if widths is None:
        return None
    table = Table(widths, ("", *(column.profile for column in columns)))
    for line in lines:
        table.add_row(*line)
    return table


def _stacked_columns(columns: tuple[Column, ...], rows: list[Row]) -> Part:
    lines: list[Part] = [Lines(Text(f"{column.profile}: {column.title}", "dim")) for column in columns]
    for label, cells in rows:
        lines.append(label)
        if len({cell.plain for cell in cells}) == 1:
            lines.append(Lines(cells[0], 4))
            continue
        for column, cell in zip(columns, cells, strict=True):
            lines += [Lines(Text(f"{column.profile}:", "dim"), 4), Lines(cell, 6)]
    return Group(*lines)


def _summary(columns: tuple[Column, ...], explanations: list[Explanation], differing: list[str]) -> list[Part]:
    unknown = [
        Lines(Text(printable(f"{c.profile} ({c.title}) resolves nothing: {c.error}"), "red"))
        for c in columns
        if c.error
    ]
    if unknown:
        return [*unknown]
    if not differing:
        return [Lines(Text("every field has the same value under every profile", "bold"))]
    verb = "differs" if len(differing) == 1 else "differ"
    text = f"{_DIFFERS} {len(differing)} of {len(explanations[0].fields)} fields {verb}: {', '.join(differing)}"
    return [Lines(Text(text, "bold"), hanging=2)]


def _problems(columns: tuple[Column, ...], width: int) -> list[Part]:
    """Return the warnings and errors of each profile, and whether it is incomplete."""
    parts: list[Part] = []
    for column in columns:
        diagnostics = column.explanation.diagnostics if column.explanation else ()
        problems = tuple(d for d in diagnostics if d.severity != "note" and d.code not in OF_ALL_FIELDS)
        if column.explanation and problems:
            verdict = "" if column.explanation.complete else " is incomplete"
            parts += [Text(), Text(f"{column.profile}{verdict}:", "bold"), diagnostics_part(problems, width)]
    return parts
