"""Two or more generations of Qwen Code beside each other: what each resolves, from where, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from qwen_schema import printable

from .text import SIDE_BY_SIDE_WIDTH, diagnostics_part, value_text, winner_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from .document import Explanation, FieldStory, OtherStory

# What the first column says of a field that is not resolved alike.
_DIFFERS = "*"


@dataclass(frozen=True)
class SideBySide:
    """The explanations under each profile, the chosen one first, and what is known of how the others differ."""

    explanations: tuple[Explanation, ...]

    @property
    def others(self) -> tuple[OtherStory, ...]:
        """What the chosen profile's explanation says of the others."""
        return self.explanations[0].others

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields that have another value under another profile, in their order."""
        names = {story.name for other in self.others for story, same_value in other.departures if not same_value}
        return tuple(story.name for story in self.explanations[0].fields if story.name in names)


def side_by_side_screen(compared: SideBySide, *, width: int) -> RenderableType:
    """Return the screen: every field under every profile, the env files that each reads, and what each lacks."""
    rows = [*_field_rows(compared), *_file_rows(compared)]
    if width >= SIDE_BY_SIDE_WIDTH:
        body = _table([f"{one.profile}\n{one.title}" for one in compared.explanations], rows)
    else:
        body = _stacked([one.profile for one in compared.explanations], rows)
    parts: list[RenderableType] = [Text(printable(compared.explanations[0].cwd), "bold"), Text(), body, Text()]
    return Group(*parts, *_summary(compared), *_lacking(compared, width))


Row = tuple[Text, list[Text]]


def _field_rows(compared: SideBySide) -> list[Row]:
    rows = []
    for stories in zip(*(one.fields for one in compared.explanations), strict=True):
        name = stories[0].name
        mark = _DIFFERS if name in compared.differing else " "
        rows.append((Text(f"{mark} {name}", "bold"), [_cell(story) for story in stories]))
    return rows


def _cell(story: FieldStory) -> Text:
    """Return the value and who gave it, below it; a default goes without saying."""
    if story.layer == "default" and story.won_by == "default":
        return value_text(story) + Text("  default", "dim")
    winner = winner_text(story)
    winner.stylize("dim")
    return value_text(story) + Text("\n") + winner


def _file_rows(compared: SideBySide) -> list[Row]:
    excluded = [[f"{entry.variable} {entry.origin}" for entry in one.excluded] for one in compared.explanations]
    rows = [(Text("  env files read", "bold"), [_listed(one.read) for one in compared.explanations])]
    return [*rows, (Text("  excluded", "bold"), [_listed(entries) for entries in excluded])] if any(excluded) else rows


def _listed(entries: Sequence[str]) -> Text:
    return Text("\n".join(map(printable, entries)) or "none")


def _table(titles: list[str], rows: list[Row]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    for title in titles:
        table.add_column(title, overflow="fold")
    for label, cells in rows:
        table.add_row(label, *cells)
    return table


def _stacked(titles: list[str], rows: list[Row]) -> RenderableType:
    lines: list[RenderableType] = []
    for label, cells in rows:
        lines.append(label)
        if len({cell.plain for cell in cells}) == 1:
            lines.append(Padding(cells[0], (0, 0, 0, 4)))
            continue
        for title, cell in zip(titles, cells, strict=True):
            lines += [Padding(Text(f"{title}:", "dim"), (0, 0, 0, 4)), Padding(cell, (0, 0, 0, 6))]
    return Group(*lines)


def _summary(compared: SideBySide) -> list[RenderableType]:
    fields, differing = len(compared.explanations[0].fields), compared.differing
    unknown = [
        Text(printable(f"{other.title}: not known. {other.error}"), "yellow")
        for other in compared.others
        if other.error
    ]
    if differing:
        return [
            Text(f"{_DIFFERS} {len(differing)} of {fields} fields differ: {', '.join(differing)}", "bold"),
            *unknown,
        ]
    return [*unknown] if unknown else [Text("every field has the same value in both", "bold")]


def _lacking(compared: SideBySide, width: int) -> list[RenderableType]:
    """Return why an explanation is of an incomplete resolution, for each that is."""
    parts: list[RenderableType] = []
    for one in compared.explanations:
        errors = tuple(d for d in one.diagnostics if d.severity == "error")
        if errors:
            parts += [Text(), Text(f"{one.profile} is incomplete", "bold red"), diagnostics_part(errors, width)]
    return parts
