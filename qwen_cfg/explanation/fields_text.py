"""The fields of an explanation for a terminal: the value of each, its source, and the values that are not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.layers import layer_named
from qwen_schema import declared_fields, printable
from qwen_schema.origins import origin_text
from qwen_schema.records import replace
from qwen_schema.values import EMPTY_LIST

from .layout import SIDE_BY_SIDE_WIDTH, grid, longest_word, stack_cells
from .styled import GAP, Group, Lines, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_cfg.core.origin import Layer
    from qwen_schema import Field

    from .document import FieldExplanation, UnusedValue
    from .styled import Part


def field_table(fields: list[FieldExplanation], width: int) -> Part:
    """Return the fields with their values and sources, and below each field the values that are not used."""
    rows: list[tuple[Text, Text, Text]] = []
    for field in fields:
        rows.append((Text(f"  {field.name}", "bold"), value_text(field), source_text(field)))
        rows += [
            (Text(), Text(_display(field.name, o.value), "dim"), Text(_unused_text(o), "dim"))
            for o in _unused_values(field)
        ]
    name = max((row[0].cell_len for row in rows), default=0)
    widths = _column_widths([row[1:] for row in rows], width - name - 2 * GAP)
    if width < SIDE_BY_SIDE_WIDTH or widths is None:
        return _stacked_fields(fields)
    table = Table((None, *widths), ("  field", "value", "source"))
    for row in rows:
        table.add_row(*row)
    return table


def _column_widths(rows: Sequence[tuple[Text, Text]], room: int) -> tuple[int, int] | None:
    """Return the widths of two columns in which no word is cut; None if they do not fit into `room` columns."""
    longest = [[max(longest_word(text), 1) for text in row] for row in rows]
    value, source = (max(column) for column in zip(*longest, (len("value"), len("source")), strict=True))
    if value + source > room:
        return None
    whole_value, whole_source = (max(text.cell_len for text in column) for column in zip(*rows, strict=True))
    value = min(max(value, whole_value), max(value, room - max(source, whole_source)))
    return value, min(room - value, max(source, whole_source))


def _stacked_fields(fields: list[FieldExplanation]) -> Part:
    lines: list[Part] = []
    for field in fields:
        lines.append(Text(field.name, "bold"))
        lines += [Lines(value_text(field), 2), Lines(source_text(field), 2)]
        lines += [
            Lines(Text(f"{_display(field.name, o.value)}  {_unused_text(o)}", "dim"), 4) for o in _unused_values(field)
        ]
    return Group(*lines)


def value_text(field: FieldExplanation) -> Text:
    """Return the value of a field for display."""
    if field.value is None:
        return Text("(none)", "red" if field.layer is None and field.name == "api_key" else "dim")
    return Text(_display(field.name, field.value), "red" if field.problem else "green")


def _display(field: str, value: str) -> str:
    """Return a value for display; an empty text and an empty list look the same."""
    is_empty_list = value == EMPTY_LIST and declared_fields()[field].schema.get("type") == "array"
    return "(empty)" if not value or is_empty_list else printable(value)


def source_text(field: FieldExplanation) -> Text:
    """Return the source of a field's value, with a mark if the value is not valid."""
    text = Text(printable(field.won_by))
    return text + Text("  not valid", "bold red") if field.problem else text


def _unused_values(field: FieldExplanation) -> tuple[UnusedValue, ...]:
    """Return the values that are not used, without an empty default."""
    return tuple(o for o in field.shadowed + field.unreached if o.value or not layer_named(o.layer).is_default)


def _unused_text(unused: UnusedValue) -> str:
    label = {
        "beaten": "overridden",
        "empty": "empty",
        "not reached": "not reached",
        "hidden by an empty variable": "hidden by an empty variable",
        "needs reach user": "refused (needs reach user)",
        "not under this method": "not read under this method",
        "not beside the entry": "not used with this provider entry",
    }[unused.fate]
    return f"{printable(origin_text(unused.layer, unused.origin, unused.variable))}, {label}"


def layers_part(field: FieldExplanation, layers: tuple[Layer, ...], width: int) -> list[Part]:
    """Return every layer of a field with its value, or with the places where the field can be set."""
    values: dict[str, list[tuple[str, str]]] = {}
    if field.layer:
        values[field.layer] = [(_display(field.name, field.value or ""), field.won_by)]
    for unused in _unused_values(field):
        values.setdefault(unused.layer, []).append((_display(field.name, unused.value), _unused_text(unused)))
    rows: list[tuple[Text, ...]] = []
    for layer in layers:
        if layer.name not in values:
            places = layer.set_by(_under_the_method(field))
            rows.append((Text(f"  {layer.name}"), Text("-", "dim"), Text(places, "dim")))
        for number, (value, origin) in enumerate(values.get(layer.name, [])):
            rows.append((Text("" if number else f"  {layer.name}"), Text(value), Text(printable(origin))))
    table = grid(rows, width)
    return stack_cells(rows) if table is None else [table]


def _under_the_method(field: FieldExplanation) -> Field:
    """Return the declaration of a field with only the variables that are read under the authentication method."""
    declaration = declared_fields()[field.name]
    return replace(declaration, variables=tuple(v for v in declaration.variables if v.name in field.variables))
