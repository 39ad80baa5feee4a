"""The explanation for a terminal: one screen, from the values in use down to the diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.layers import layers_for, ranking
from qwen_cfg.rules import EXCLUDED, FILE_HIDES, OF_ALL_FIELDS, OTHER_PROFILE
from qwen_schema import declared_fields, declared_profiles, printable

from .diagnostics_text import diagnostics_part, heading
from .fields_text import field_table, layers_part, source_text, value_text
from .files_text import excluded_part, search_part, settings_part
from .layout import SIDE_BY_SIDE_WIDTH, grid, stack_cells
from .styled import Group, Lines, Text

if TYPE_CHECKING:
    from .document import Explanation, FieldExplanation, OtherProfileExplanation
    from .styled import Part

# The condition under which the highest layer is used.
_ENTRY_CONDITION = (
    "A provider entry overrides a flag only where one is used: the entry with the id of the model, or, if no entry has "
    "it and nothing else gives a key or a base URL, the first entry of the method."
)


def screen(explanation: Explanation, *, width: int, everything: bool = False) -> Part:
    """Return the screen. Without `everything`, fields with their defaults are only counted."""
    fields = [f for f in explanation.fields if everything or not f.can_be_omitted]
    parts: list[Part] = [_heading(explanation, width), Text()]
    parts += [
        field_table(fields, width),
        *_count_of_others(explanation, fields),
        Text(),
        *search_part(explanation, everything, width),
    ]
    parts += settings_part(explanation, everything, width)
    if explanation.excluded:
        parts += [Text(), Text("excluded", "bold"), *excluded_part(explanation)]
    return Group(
        *parts, *_diagnostics_and_profiles(explanation, width, (*OF_ALL_FIELDS, OTHER_PROFILE, EXCLUDED, FILE_HIDES))
    )


def field_screen(explanation: Explanation, *, width: int) -> Part:
    """Return the screen of one field: every layer in order of precedence, with its values."""
    (field,) = explanation.fields
    layers = layers_for(declared_profiles()[explanation.profile], declared_fields()[field.name])
    parts: list[Part] = [_heading(explanation, width), Text()]
    parts += [field_table([field], width), Text()]
    parts += [Lines(Text(field.description), 2), Text()]
    parts += [Lines(Text(ranking(layers), "bold")), *layers_part(field, layers, width)]
    if any(layer.name == "provider-entry" for layer in layers):
        parts += [Text(), Lines(Text(_ENTRY_CONDITION, "dim"))]
    return Group(*parts, *_diagnostics_and_profiles(explanation, width, (*OF_ALL_FIELDS, OTHER_PROFILE)))


def _heading(explanation: Explanation, width: int) -> Part:
    dialect = "" if explanation.dialect == "dotenv" else f", dialect {explanation.dialect}"
    return heading(explanation.cwd, explanation.rules + dialect, explanation.diagnostics, width)


def _count_of_others(explanation: Explanation, shown: list[FieldExplanation]) -> list[Part]:
    """Return the line that counts the fields that are not shown; empty if all are."""
    count = len(explanation.fields) - len(shown)
    if not count:
        return []
    fields = "1 more field has its default" if count == 1 else f"{count} more fields have their defaults"
    return [Lines(Text(f"{fields} (--all shows them)", "dim"), 2)]


def _diagnostics_and_profiles(explanation: Explanation, width: int, omit: tuple[str, ...]) -> list[Part]:
    """Return the diagnostics, and the results of the other profiles. `omit` are the codes that are shown elsewhere."""
    diagnostics = tuple(d for d in explanation.diagnostics if d.code not in omit)
    parts: list[Part] = [Text(), diagnostics_part(diagnostics, width)] if diagnostics else []
    for other in explanation.others:
        parts += [Text(), *_other_profile(other, len(explanation.fields), width)]
    return parts


def _other_profile(other: OtherProfileExplanation, fields: int, width: int) -> list[Part]:
    if other.error:
        return [Lines(Text(printable(f"{other.title}: not known. {other.error}"), "yellow"))]
    if other.agrees:
        return [Lines(Text(f"{other.title} gives the same result{' for this field' if fields == 1 else ''}", "dim"))]
    unread = [
        Lines(Text(f"not known: {printable(p)} is a FIFO, which was not read", "yellow"), 2) for p in other.unread
    ]
    rows = [_difference_row(field, same_value) for field, same_value in other.differences]
    table = grid(rows, width) if rows and width >= SIDE_BY_SIDE_WIDTH else None
    body = stack_cells(rows) if table is None else [table]
    return [Lines(Text(f"{other.title} {_difference_text(other)}", "bold")), *body, *unread]


def _difference_text(other: OtherProfileExplanation) -> str:
    if any(not same_value for _, same_value in other.differences):
        return f"resolves differently ({OTHER_PROFILE}; side by side: --compare-profiles)"
    return (
        "has the same values, some from other sources" if other.differences else "reads files that were not read here"
    )


def _difference_row(field: FieldExplanation, same_value: bool) -> tuple[Text, Text, Text]:  # noqa: FBT001
    value = value_text(field) + Text("  (the same)", "dim") if same_value else value_text(field)
    return Text(f"  {field.name}", "bold"), value, source_text(field)
