"""Writes the tables of docs/performance.md, each between two comments with its name; other text is unchanged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def write_table(name: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table, and replace the one of that name in the page.

    Raises:
        ValueError: if the page has no place for it.
    """
    lines = [_line(head), _line(("---",) * len(head)), *map(_line, rows)]
    print("\n".join(lines), flush=True)
    text = PAGE.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"docs/performance.md has no place for the table {name}")
    table = "".join(f"{line}\n" for line in lines)
    PAGE.write_text(place.sub(lambda match: match[1] + table + match[2], text), encoding="utf-8")


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
