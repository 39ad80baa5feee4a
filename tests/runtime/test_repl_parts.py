"""The pure parts of the conversation in a terminal: Markdown in pieces, the screen, and safe text."""

from __future__ import annotations

import os
import re
from itertools import count
from typing import TYPE_CHECKING
from unittest import mock

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper import Paper, screen_on

from qwen_runtime.repl.input import CommandCall, Question, read
from qwen_runtime.repl.live_view import LiveView
from qwen_runtime.repl.plain_view import PlainView
from qwen_runtime.terminal.blocks import Blocks, Lines, markdown_parser
from qwen_runtime.terminal.painter import Painter
from qwen_runtime.terminal.redraw import unchanged_lines
from qwen_runtime.terminal.safe_text import safe, without_steering
from qwen_schema import Secret, StreamRedactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_runtime.repl.view import Kind

SECRET = "sk-0123456789abcdefghijklmnopqrstuvwxyz"

BITS = """
# ,- ,* ,1. ,2. ,> ,```,~~~,``` py,    ,\t,===,---,***,<div>,<!-- ,[a]: /b,[a](/b),![i](/j),**,_,`,~~,|,| a | b |
word,two words,ü,中文,👩, ,&#x202e;,&#27;,\x1b[31m,\x07,\u202e,\u3000,\r
""".strip("\n").replace("\n", ",")
MARKDOWN = st.lists(
    st.sampled_from([*BITS.split(","), *["\n"] * 20, *["\n\n"] * 6, "| a | b |\n", "|---|--:|\n", "\r\n"])
).map("".join)
ANY = st.text() | MARKDOWN
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@st.composite
def pieces(draw: st.DrawFn, texts: st.SearchStrategy[str] = ANY) -> list[str]:
    """A text in pieces."""
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@pytest.fixture(autouse=True)
def _narrow_terminal() -> Iterator[None]:
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((30, 8))):
        yield


# Markdown in pieces.


@given(pieces())
def test_blocks_and_rest_together_are_the_text(cut: list[str]) -> None:
    for splitter in (Blocks(), Lines()):
        finished = [part for piece in cut for part in splitter.add(piece)]
        assert "".join(finished) + splitter.rest == "".join(cut)


@given(pieces())
def test_a_finished_block_is_the_same_however_the_text_was_cut(cut: list[str]) -> None:
    at_once, in_pieces = Blocks(), Blocks()
    assert [b for piece in cut for b in in_pieces.add(piece)] == at_once.add("".join(cut))
    assert in_pieces.rest == at_once.rest


@given(MARKDOWN)
def test_a_block_alone_is_rendered_as_in_the_text(text: str) -> None:
    parser, blocks = markdown_parser(), Blocks()
    parts = [*(b for character in text for b in blocks.add(character)), blocks.rest]
    assert "".join(map(parser.render, parts)) == parser.render(text)


def test_a_block_is_finished_when_the_next_one_begins() -> None:
    blocks = Blocks()
    assert blocks.add("one\ntwo\n\n") == []
    assert blocks.add("- a") == []
    assert blocks.add("\n- b\n") == ["one\ntwo\n\n"]
    assert blocks.add("\n```py\n\nx = 1\n\n") == ["- a\n- b\n\n"]
    assert blocks.add("```\nend\n") == ["```py\n\nx = 1\n\n```\n"]
    assert blocks.rest == "end\n"


def test_a_block_that_may_still_change_is_not_finished() -> None:
    # "2" may be the second item of the list, and "-" a line under a title.
    blocks = Blocks()
    assert blocks.add("1. a\n\n2") == []
    assert blocks.add(". b\n") == []
    assert blocks.rest == "1. a\n\n2. b\n"


# Rendering.


@given(ANY, st.integers(1, 50), st.booleans())
def test_control_sequences_are_not_painted(text: str, width: int, escapes: bool) -> None:
    painter = Painter(width, escapes, color=True)
    for lines in (painter.markdown(text), painter.text(text, "dim"), painter.table([[text, text], ["a", text]])):
        bare = "\n".join(re.sub(r"\x1b\[[0-9;]*m", "", line) if escapes else line for line in lines)
        assert not STEERS.search(bare)


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("# One\n", ["One"]),
        ("a **b** _c_ `d`\ne", ["a b c d", "e"]),
        ("[t](http://u/v)", ["t (http://u/v)"]),
        ("<http://u/v>", ["http://u/v"]),
        ("![alt](http://u/v)", ["alt (http://u/v)"]),
        ("[a]: http://u/v", ["[a]: http://u/v"]),
        ("<b>x</b>\n\n<div>y</div>", ["<b>x</b>", "", "<div>y</div>"]),
        ("- a\n  - b\n", [" • a", "    • b"]),
        ("3. a\n4. b\n", [" 3 a", " 4 b"]),
        ("```py\ndef f():\n\treturn 1\n```", ["def f():", "    return 1"]),
        ("```\nunended", ["unended"]),
        ("| a | b |\n|---|--:|\n| 1 | 22 |", [" a   b", " ─────", " 1  22"]),
        ("| a |\n|---|\n| " + "x" * 70 + " |", [" a", " " + "─" * 58, " " + "x" * 58, " " + "x" * 12]),
        ("> q", ["▌ q"]),
        ("&#x202e;&#27;x", ["\\u202e&#27;x".replace("&#27;", "�")]),
        ("[red]x[/red] :smile:", ["[red]x[/red] :smile:"]),
    ],
)
def test_rendered_markdown(markdown: str, lines: list[str]) -> None:
    assert Painter(60, escapes=False, color=False).markdown(markdown) == lines


def test_without_color_there_is_bold_and_no_colour() -> None:
    lines = Painter(60, escapes=True, color=False).markdown("**b**\n\n```py\ndef f(): pass\n```\n\n`c`")
    assert set(re.findall(r"\x1b\[([0-9;]*)m", "\n".join(lines))) <= {"0", "1", "2", "3", "4", "1;3", "1;4"}
    assert "\x1b[1mb\x1b[0m" in lines[0]
    assert "\x1b[" in "".join(lines)
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", "".join(Painter(60, escapes=True, color=True).markdown("`c`")))


def test_links_are_no_hyperlinks() -> None:
    assert "\x1b]" not in "".join(Painter(60, escapes=True, color=True).markdown("[t](http://u/v) ![i](http://j)"))


# The screen.

DRAWN = st.lists(st.lists(st.sampled_from(["a", "b", "é", " ", "中"]), max_size=20).map("".join), max_size=12)


@given(st.lists(st.tuples(DRAWN, DRAWN), max_size=8))
def test_the_screen_shows_settled_lines_and_the_changing_lines_below(steps: list[tuple[list[str], list[str]]]) -> None:
    paper = Paper(width=42)
    screen, stays = screen_on(paper), []
    for settle, live in steps:
        assert screen.settle(settle, live) == max(len(live) - 7, 0)
        stays += [*settle, *live[:-7]]
        expected = "\n".join(line.rstrip() for line in [*stays, *live[-7:]]).rstrip("\n").split("\n")
        assert paper.lines == expected


@given(pieces(MARKDOWN), pieces(st.text("think \n")))
def test_the_final_screen_shows_the_whole_answer_for_any_pieces(cut: list[str], thoughts: list[str]) -> None:
    at_once, in_pieces = Paper(height=2000), Paper(height=2000)
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((30, 2000))):
        for paper, answer, reasoning in ((at_once, ["".join(cut)], ["".join(thoughts)]), (in_pieces, cut, thoughts)):
            view = LiveView(screen_on(paper), "waiting")
            view.tick()
            _feed(view, [("reasoning", t) for t in reasoning if t] + [("answer", t) for t in answer if t])
    assert in_pieces.lines == at_once.lines
    assert "waiting" not in in_pieces.lines


@given(MARKDOWN, st.integers(1, 40))
def test_no_word_that_scrolled_off_is_lost(text: str, size: int) -> None:
    number = count()
    text = re.sub("word", lambda _: f"w{next(number)}", text)
    at_once, in_pieces = Paper(), Paper()
    _feed(LiveView(screen_on(at_once), "waiting"), [("answer", text)])
    _feed(
        LiveView(screen_on(in_pieces), "waiting"),
        [("answer", text[at : at + size]) for at in range(0, len(text), size)],
    )
    assert set(re.findall("w[0-9]+", "\n".join(at_once.lines))) <= set(
        re.findall("w[0-9]+", "\n".join(in_pieces.lines))
    )


def _feed(view: LiveView | PlainView, pieces: list[tuple[Kind, str]]) -> None:
    for kind, text in pieces:
        view.add(kind, text)
    view.end()


def test_one_piece_is_one_write_and_settled_lines_are_not_written_again() -> None:
    paper = Paper()
    view = LiveView(screen_on(paper), "waiting")
    for piece in ("first\n\n", "sec", "ond\n\n", "third"):
        before = len(paper.writes)
        view.add("answer", piece)
        assert len(paper.writes) - before <= 1
    view.end()
    assert paper.output.count("first") == 1
    assert paper.lines == ["first", "", "second", "", "third"]


def test_an_answer_higher_than_the_screen_stays_whole() -> None:
    paper = Paper()
    view = LiveView(screen_on(paper), "waiting")
    wanted = [f"line {number}" for number in range(40)]
    view.add("answer", "```\n")
    for line in wanted:
        view.add("answer", f"{line}\n")
        view.tick()
    view.end()
    assert paper.lines == wanted


# Texts of one block that is higher than the window, in their pieces.
HIGH = {
    "list": [f"- item {number}\n" for number in range(80)],
    "numbered list": [f"{number + 1}. item {number}\n" for number in range(80)],
    "code": ["```py\n", *(f"x = f({number})  # item {number}\n" for number in range(80)), "```\n"],
    "paragraph": [f"item {number} " for number in range(320)],
    "table": ["| a | b |\n|---|---|\n", *(f"| item {number} | {'y' * (number // 20)} |\n" for number in range(80))],
    "reasoning": [f"item {number} " for number in range(320)],
}


@pytest.mark.parametrize("what", HIGH)
@pytest.mark.parametrize(("width", "height"), [(80, 24), (50, 12)])
def test_scrolled_lines_are_written_once(what: str, width: int, height: int) -> None:
    paper = Paper(width, height)
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((width, height))):
        view = LiveView(screen_on(paper), "waiting")
        came: list[str] = []
        for piece in HIGH[what]:
            view.add("reasoning" if what == "reasoning" else "answer", piece)
            view.tick()
            came += re.findall("item ([0-9]+)", piece)
            assert _painted_items(paper) == came
        view.end()
        painted = screen_on(paper).painter.markdown("".join(HIGH[what]))
    assert _painted_items(paper) == came
    # The width of table columns and of list numbers changes with later pieces.
    limit = 12 if what == "table" else 4
    assert len(paper.output) <= limit * len("\n".join(painted))


def _painted_items(paper: Paper) -> list[str]:
    return re.findall(r"item\s+([0-9]+)", "\n".join(paper.lines))


def test_changes_above_the_screen_are_not_written_again() -> None:
    paper = Paper()
    view = LiveView(screen_on(paper), "waiting")
    words = [f"word{number}" for number in range(60)]
    for piece in ["**begin ", *(f"{word} " for word in words), "end** of it\n", "===\n\n", "next"]:
        view.add("answer", piece)
        view.tick()
    view.end()
    text = "\n".join(paper.lines)
    found = re.findall("word[0-9]+", text)
    assert list(dict.fromkeys(found)) == words
    # At most one line is repeated.
    assert len(found) <= len(words) + 4
    assert text.endswith("end of it\n\nnext")


@given(st.lists(st.sampled_from(["", "a", "b c", "d  e"])), st.integers(0, 20), st.lists(st.sampled_from(["", "x"])))
def test_continued_text_is_needed_only_from_its_continuation(old: list[str], kept: int, more: list[str]) -> None:
    kept = min(kept, len(old))
    assert unchanged_lines(old, kept, [*old, *more]) == kept


def test_a_redraw_is_one_change() -> None:
    paper = Paper()
    screen = screen_on(paper)
    screen.settle([], ["a", "b"])
    screen.settle([], ["c"])
    assert paper.writes == ["a\nb", "\x1b[?2026h\r\x1b[1A\x1b[Jc\x1b[?2026l"]


@pytest.mark.parametrize("width", [80, 34, 20, 9])
def test_the_spinner_shows_the_time_and_how_to_stop_if_there_is_room(width: int) -> None:
    paper = Paper(width)
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((width, 8))):
        LiveView(screen_on(paper), "waiting for a-model-with-a-name").tick()
    assert "0 s" in paper.lines[0]
    assert ("Ctrl-C" in paper.lines[0]) == (width > 9)


@pytest.mark.parametrize("reflows", [True, False])
def test_a_terminal_that_became_narrower(reflows: bool) -> None:
    # Some terminals rewrap lines, and some cut them. On neither may a finished line be erased.
    paper = Paper(width=40)
    screen = screen_on(paper)
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((40, 8))):
        screen.settle(["stays"], ["short", "x" * 36])
    rows = ["stays", "short", "x" * 20, *(["x" * 16] if reflows else [])]
    _narrow(paper, 20, "\n".join(rows))
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((20, 8))):
        screen.settle([], ["y" * 10])
        screen.settle(["z" * 10])
    assert paper.lines == [*rows, "z" * 10]


def test_an_answer_in_a_terminal_that_became_narrower() -> None:
    paper = Paper(width=40)
    view = LiveView(screen_on(paper), "waiting")
    words = [f"w{number}" for number in range(200)]
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((40, 8))):
        for word in words[:100]:
            view.add("answer", f"{word} ")
            view.tick()
    before = paper.lines
    _narrow(paper, 20, "\n".join(line[:20] for line in before))
    with mock.patch("qwen_runtime.terminal.screen.size", lambda: os.terminal_size((20, 8))):
        for word in words[100:]:
            view.add("answer", f"{word} ")
            view.tick()
        view.end()
    below = re.findall("w[0-9]+", "\n".join(paper.lines[len(before) :]))
    # If nothing is known about the rows, the unfinished line is written again.
    assert below == words[200 - len(below) :]
    assert 100 <= len(below) <= 120


def _narrow(paper: Paper, width: int, shown: str) -> None:
    paper.screen.reset()
    paper.screen.resize(8, width)
    paper.screen.set_mode(pyte.modes.LNM)
    paper.width = width
    paper.stream.feed(shown)


def test_reasoning_is_dim_and_separate() -> None:
    paper = Paper()
    _feed(LiveView(screen_on(paper), "waiting"), [("reasoning", "hm\nwell **x**"), ("answer", "so")])
    assert paper.lines == ["  hm", "  well **x**", "", "so"]
    assert "\x1b[2mhm" in paper.output
    plain = Paper()
    _feed(PlainView(screen_on(plain, dumb=True)), [("reasoning", "hm\nwell"), ("answer", "so")])
    assert plain.lines == ["(reasoning)", "hm", "well", "(answer)", "so"]


@given(pieces())
def test_a_dumb_terminal_gets_the_unchanged_text(cut: list[str]) -> None:
    paper = Paper()
    _feed(PlainView(screen_on(paper, dumb=True)), [("answer", piece) for piece in cut])
    assert paper.output.rstrip("\n") == without_steering("".join(cut)).rstrip("\n")
    assert paper.output.endswith("\n") or not paper.output


# Safe text.


@given(ANY)
def test_safe_text_has_no_control_characters(text: str) -> None:
    assert not STEERS.search(safe(text))
    assert without_steering(without_steering(text)) == without_steering(text)
    without_steering(text).encode()


@pytest.mark.parametrize("text", ["中\u3000文", "a\u00a0b", "👩\u200d💻", "न\u200dय", "a\tb\nc"])
def test_characters_that_languages_need_are_kept(text: str) -> None:
    assert without_steering(text) == text


def test_a_lone_surrogate_can_be_written() -> None:
    assert without_steering("\ud83d!") == "\\ud83d!"


@given(pieces(st.lists(st.sampled_from(["a ", "\n", SECRET, SECRET[:9], "https://u:p@h/"])).map("".join)))
def test_a_secret_in_pieces_is_not_written(cut: list[str]) -> None:
    secret, redacting = Secret(SECRET), StreamRedactor()
    written = "".join([*(without_steering(redacting.add(piece)) for piece in cut), redacting.end()])
    assert secret.reveal() not in written
    whole = StreamRedactor()
    assert safe(whole.add("".join(cut)) + whole.end()) == safe("".join(cut))


# Typed input.


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("", None),
        (" \n ", None),
        ("hi", Question("hi")),
        ("    code\n  more  \n", Question("    code\n  more")),
        ("/help", CommandCall("help")),
        (" /HELP ", CommandCall("help")),
        ("/save  a b.md ", CommandCall("save", "a b.md")),
        ("/", CommandCall("")),
        ("/ what", Question("/ what")),
        ("/\nwhat", Question("/\nwhat")),
        ("/help\nme", Question("/help\nme")),
        ("/etc/hosts what is this", Question("/etc/hosts what is this")),
        ("/2", Question("/2")),
        ("//help", Question("/help")),
        ("//", Question("/")),
        ("a\udcffb", Question("a\ufffdb")),
    ],
)
def test_typed_texts(text: str, typed: Question | CommandCall | None) -> None:
    assert read(text) == typed
