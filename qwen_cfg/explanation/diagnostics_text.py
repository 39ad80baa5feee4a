"""Diagnostics for a terminal, and the heading of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.rules import OF_ALL_FIELDS
from qwen_schema import printable
from qwen_schema.styles import STYLES

from .layout import SIDE_BY_SIDE_WIDTH, grid, unbroken
from .styled import Group, Lines, Text

if TYPE_CHECKING:
    from qwen_cfg.rules import Diagnostic

    from .styled import Part


def heading(cwd: str, rules: str, diagnostics: tuple[Diagnostic, ...], width: int) -> Part:
    """Return the heading of a screen: the directory, the rules in use with the reason, and warnings about the rules."""
    place, rules_text = Text(printable(cwd), "bold"), Text(printable(rules), "dim")
    fits = place.cell_len + rules_text.cell_len + 2 <= width
    one_line = place + Text(" " * (width - place.cell_len - rules_text.cell_len)) + rules_text
    first: list[Part] = [one_line] if fits else [Lines(rules_text), unbroken(place)]
    about_rules = (d for d in diagnostics if d.code in OF_ALL_FIELDS)
    warnings = [Lines(_label(d) + Text(f"  {printable(d.finding.message)}")) for d in about_rules]
    return Group(*first, *warnings)


def diagnostics_part(diagnostics: tuple[Diagnostic, ...], width: int) -> Part:
    """Return diagnostics: the code and, beside it or below it on a narrow screen, the text."""
    bodies = [(_label(diagnostic), _body(diagnostic)) for diagnostic in diagnostics]
    table = grid(bodies, width) if width >= SIDE_BY_SIDE_WIDTH else None
    return Group(*(part for label, body in bodies for part in (label, Lines(body, 2)))) if table is None else table


def _label(diagnostic: Diagnostic) -> Text:
    return Text(f"{diagnostic.code} {diagnostic.severity}", STYLES[diagnostic.severity])


def _body(diagnostic: Diagnostic) -> Text:
    body = Text(printable(diagnostic.finding.message))
    return body.append(f"\n{printable(diagnostic.finding.hint)}", "dim") if diagnostic.finding.hint else body
