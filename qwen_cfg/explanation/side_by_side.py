"""Shows several profiles side by side: the value of each field, its source, and the differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from qwen_cfg.core.layers import DEFAULT
from qwen_cfg.rules import OF_ALL_FIELDS
from qwen_schema import printable
from qwen_schema.records import record

from .diagnostics_text import diagnostics_part, heading
from .fields_text import value_text, winner_text
from .layout import SIDE_BY_SIDE_WIDTH, Lines, column_widths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from qwen_cfg.rules import Diagnostic

    from .document import Explanation, FieldStory

# The mark of a field with different values.
_DIFFERS = "*"


@record
class Column:
    """One profile, the title of its rules, and its explanation or the error in its place."""

    profile: str
    title: str
    explanation: Explanation | None
    error: str | None = None


Row = tuple[Text, list[Text]]


def side_by_side_screen(
    place: str, columns: tuple[Column, ...], *, width: int, head: tuple[str, tuple[Diagnostic, ...]] = ("", ())
) -> RenderableType:
    """Return the screen: every field under every profile, the env files of each, and the problems of each.

    `head` has the rules in use with the reason, and the diagnostics about them, for the heading. They are those of the
    first column.
    """
    told = [column.explanation for column in columns if column.explanation is not None]
    differing = _differing(told)
    rows = [*_field_rows(columns, told, differing), *_file_rows(columns, told)] if told else []
    parts: list[RenderableType] = [heading(place, *head, width), Text()]
    table = _table(columns, rows, width) if width >= SIDE_BY_SIDE_WIDTH else None
    parts.append(_stacked(columns, rows) if table is None else table)
    return Group(*parts, Text(), *_summary(columns, told, differing), *_remarks(columns, width))


def _differing(told: list[Explanation]) -> list[str]:
    """Return the fields that have another value under another profile, in order."""
    others = told[0].others if told else ()
    names = {story.name for other in others for story, same_value in other.differences if not same_value}
    return [story.name for story in told[0].fields if story.name in names] if told else []


def _field_rows(columns: tuple[Column, ...], told: list[Explanation], differing: list[str]) -> list[Row]:
    rows = []
    for number, story in enumerate(told[0].fields):
        mark = _DIFFERS if story.name in differing else " "
        cells = [_cell(c.explanation.fields[number]) if c.explanation else Text() for c in columns]
        rows.append((Text(f"{mark} {story.name}", "bold"), cells))
    return rows


def _cell(story: FieldStory) -> Text:
    """Return the value with its source below it; a default is only marked as such."""
    if story.won_by == DEFAULT.text("default"):
        return value_text(story) + Text("  default", "dim")
    winner = winner_text(story)
    winner.stylize("dim")
    return value_text(story) + Text("\n") + winner


def _file_rows(columns: tuple[Column, ...], told: list[Explanation]) -> list[Row]:
    rows = [
        (Text("  env files read", "bold"), [_listed(c.explanation.read) if c.explanation else Text() for c in columns])
    ]
    if any(one.directory for one in told):
        rows.append((Text("  ~/.qwen", "bold"), [_directory(column.explanation) for column in columns]))
    if any(one.excluded for one in told):
        rows.append((Text("  excluded", "bold"), [_excluded(column.explanation) for column in columns]))
    return rows


def _directory(explanation: Explanation | None) -> Text:
    directory = explanation.directory if explanation else None
    if directory is None:
        return Text("" if explanation is None else "stays")
    leads = f"does not move: {directory.problem}" if directory.problem else f"moves to {directory.path}"
    return Text(printable(leads)) + Text(printable(f"\n{directory.moved_by}"), "dim")


def _excluded(explanation: Explanation | None) -> Text:
    return _listed([f"{e.variable} {e.origin}" for e in explanation.excluded]) if explanation else Text()


def _listed(entries: Sequence[str]) -> Text:
    return Text("\n".join(map(printable, entries)) or "none")


def _table(columns: tuple[Column, ...], rows: list[Row], width: int) -> RenderableType | None:
    """Return the columns beside each other; None if there is no room for every word."""
    lines = [[Text(), *(Text(column.title, "dim") for column in columns)], *([label, *cells] for label, cells in rows)]
    widths = column_widths([[Text(), *(Text(column.profile) for column in columns)], *lines], width)
    if widths is None:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title, each in zip(("", *(column.profile for column in columns)), widths, strict=True):
        table.add_column(title, overflow="fold", width=each)
    for line in lines:
        table.add_row(*line)
    return table


def _stacked(columns: tuple[Column, ...], rows: list[Row]) -> RenderableType:
    lines: list[RenderableType] = [Lines(Text(f"{column.profile}: {column.title}", "dim")) for column in columns]
    for label, cells in rows:
        lines.append(label)
        if len({cell.plain for cell in cells}) == 1:
            lines.append(Lines(cells[0], 4))
            continue
        for column, cell in zip(columns, cells, strict=True):
            lines += [Lines(Text(f"{column.profile}:", "dim"), 4), Lines(cell, 6)]
    return Group(*lines)


def _summary(columns: tuple[Column, ...], told: list[Explanation], differing: list[str]) -> list[RenderableType]:
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
    text = f"{_DIFFERS} {len(differing)} of {len(told[0].fields)} fields {verb}: {', '.join(differing)}"
    return [Lines(Text(text, "bold"), hanging=2)]


def _remarks(columns: tuple[Column, ...], width: int) -> list[RenderableType]:
    """Return the warnings and errors of each profile, and whether it is incomplete."""
    parts: list[RenderableType] = []
    for column in columns:
        said = column.explanation.diagnostics if column.explanation else ()
        grave = tuple(d for d in said if d.severity != "note" and d.code not in OF_ALL_FIELDS)
        if column.explanation and grave:
            verdict = "" if column.explanation.complete else " is incomplete"
            parts += [Text(), Text(f"{column.profile}{verdict}:", "bold"), diagnostics_part(grave, width)]
    return parts
