"""A screen without colours is drawn as rich draws it, and rich is not loaded for it."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text as RichText

from qwen_cfg.explanation.layout import grid, unbroken
from qwen_cfg.explanation.plain import plain_text
from qwen_cfg.explanation.styled import Group, Lines, Table, Text

if TYPE_CHECKING:
    from qwen_cfg.explanation.styled import Part

STYLES = ("", "bold", "dim", "bold red", "green")
words = st.text(st.sampled_from("ab  .,/…"), max_size=30)
pieces = st.lists(st.tuples(words, st.sampled_from(STYLES)), min_size=1, max_size=4)


def text_of(parts: list[tuple[str, str]]) -> Text:
    first, *others = (Text(*part) for part in parts)
    for other in others:
        first = first + other
    return first


texts = pieces.map(text_of)
many_lines = st.lists(texts, min_size=1, max_size=3).map(lambda lines: lines[0] + Text("\n") + lines[-1])


def table_of(rows: list[list[Text]]) -> Part:
    return grid(rows, 60) or Group()


def table_with_headings(rows: list[list[Text]]) -> Part:
    table = Table((None, 12, 20), ("  field", "value", "source"))
    for row in rows:
        table.add_row(Text("  name", "bold"), *row[:2])
    return table


rows = st.lists(st.lists(st.one_of(texts, many_lines), min_size=3, max_size=3), min_size=1, max_size=3)
parts = st.one_of(
    texts,
    texts.map(unbroken),
    st.builds(Lines, many_lines, st.integers(0, 4), hanging=st.integers(0, 4)),
    rows.map(table_of),
    rows.map(table_with_headings),
)
screens = st.lists(parts, max_size=3).map(lambda some: Group(*some))


def by_rich(screen: Part, width: int, *, color: bool = False) -> str:
    canvas = io.StringIO()
    console = Console(file=canvas, width=width, force_terminal=color, color_system="standard" if color else None)
    console.print(screen, crop=False, highlight=False, markup=False, emoji=False)
    return canvas.getvalue()


def strip_lines(text: str | None) -> str | None:
    return None if text is None else "".join(f"{line.rstrip(' ')}\n" for line in text.split("\n")[:-1])


@given(screens, st.integers(20, 80))
@example(Group(Text("a" * 25 + "  b " + "c" * 60)), 20)
@example(Group(Text("a"), Table(()), Text("b")), 20)
@example(Group(Text("   " + "a" * 60), Text("a b  "), Text()), 20)
def test_a_screen_is_drawn_as_by_rich(screen: Part, width: int) -> None:
    drawn = plain_text(screen, width)
    assert drawn is None or strip_lines(drawn) == strip_lines(by_rich(screen, width))


@given(screens)
def test_such_a_screen_needs_no_rich(screen: Part) -> None:
    assert plain_text(screen, 80) is not None


@pytest.mark.parametrize("text", ["模型", "e\u0301", "\N{PILE OF POO}", "\x07", "\u200b"])
def test_rich_draws_what_may_take_other_than_one_column(text: str) -> None:
    assert plain_text(Group(Text("a"), Text(text)), 80) is None
    assert plain_text(table_of([[Text("a"), Text(text)]]), 80) is None


def test_rich_draws_a_table_that_is_too_wide() -> None:
    assert plain_text(Table((30, 30)), 61) is None
    assert plain_text(Table((30, 30)), 62) == ""


@given(pieces, st.sampled_from(STYLES))
def test_a_text_has_the_styles_that_one_of_rich_has(some: list[tuple[str, str]], over: str) -> None:
    first, *others = (RichText(*part) for part in some)
    for other in others:
        first = first + other
    first.stylize(over)
    ours = text_of(some)
    if over:
        ours.stylize(over)
    assert by_rich(ours, 400, color=True) == by_rich(Group(ours), 400, color=True)
    canvas = io.StringIO()
    Console(file=canvas, width=400, force_terminal=True, color_system="standard").print(first, highlight=False)
    assert by_rich(ours, 400, color=True) == canvas.getvalue()


@given(pieces.map(lambda some: [(text.replace(" ", "\n", 1), style) for text, style in some]))
def test_the_lines_of_a_text_have_its_styles(some: list[tuple[str, str]]) -> None:
    first, *others = (RichText(*part) for part in some)
    for other in others:
        first = first + other
    ours = [by_rich(line, 400, color=True) for line in text_of(some).lines()]
    theirs = []
    for line in first.split("\n", allow_blank=True):
        canvas = io.StringIO()
        Console(file=canvas, width=400, force_terminal=True, color_system="standard").print(line, highlight=False)
        theirs.append(canvas.getvalue())
    assert ours == theirs


def test_rich_is_not_loaded_for_it() -> None:
    code = (
        "import sys\nfrom qwen_cfg.explanation.plain import plain_text\n"
        "from qwen_cfg.explanation.styled import Group, Text\n"
        "assert plain_text(Group(Text('a', 'bold')), 80) == 'a\\n'\nprint('rich' in sys.modules)\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "False\n"
