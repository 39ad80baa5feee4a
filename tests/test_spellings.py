"""Redaction of encoded secrets: in every form that a server may write, and however a stream is cut into pieces."""

from __future__ import annotations

import time
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.spellings import FORMS, FORMS_OF_KEYS, assert_unreadable, base64

import qwen_schema.spellings
from qwen_schema import Secret, StreamRedactor, redact, redact_known
from qwen_schema.spellings import has_beginning, spellings, views

KEY = "sk-0123456789abcdefGHIJKLMNOPqrstuvwxyz+/="

contexts = st.sampled_from(["", "the key ", '{"error": "', "Basic ", "<p>", "é ", "x=", "R&D: ", "\\n", "\n", "~" * 50])
# Characters that an HTTP header can have, without a backslash.
keys = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\%&"), min_size=14, max_size=60)


def split_by_sizes(text: str, sizes: list[int]) -> list[str]:
    """Return a text in pieces; the sizes repeat."""
    pieces, at, turn = [], 0, 0
    while at < len(text):
        pieces.append(text[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return pieces


def redact_pieces(pieces: list[str]) -> str:
    redacting = StreamRedactor()
    return "".join([*map(redacting.add, pieces), redacting.end()])


@pytest.mark.parametrize("form", FORMS)
@given(key=keys, before=contexts, after=contexts, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
@example(key="@Q5NIQ:P(.u?<#`J^YgEJ8AQY2=ObR5sn5QvbIJGluNSO8ahGErhhkY;AZfm", before="é ", after="é ", sizes=[26])
def test_a_secret_is_redacted_in_every_encoding(form: str, key: str, before: str, after: str, sizes: list[int]) -> None:
    secret = Secret(key)
    text = f"{before}{FORMS[form](secret.reveal())}{after}"
    assert_unreadable(key, redact(text))
    assert_unreadable(key, redact_known(text))
    assert_unreadable(key, redact_pieces(split_by_sizes(text, sizes)))


@pytest.mark.parametrize("form", FORMS_OF_KEYS)
@given(key=keys, digit=st.integers(0, 9), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_key_with_a_digit_is_redacted_in_any_case(form: str, key: str, digit: int, sizes: list[int]) -> None:
    secret = Secret(f"{key}{digit}")
    text = f"the key {FORMS_OF_KEYS[form](secret.reveal())} is wrong"
    assert_unreadable(secret.reveal(), redact_known(text))
    assert_unreadable(secret.reveal(), redact_pieces(split_by_sizes(text, sizes)))


@pytest.mark.parametrize("form", {**FORMS, **FORMS_OF_KEYS})
def test_the_text_around_a_secret_is_unchanged(form: str) -> None:
    secret = Secret(KEY)
    text = f"Wrong key ({({**FORMS, **FORMS_OF_KEYS})[form](secret.reveal())}). R&D: 100 %, C:\\new\u200b \u2764\ufe0f"
    safe = redact_known(text)
    assert safe.startswith("Wrong key (")
    assert "[redacted]" in safe
    assert safe.endswith("). R&D: 100 %, C:\\new\u200b \u2764\ufe0f")


@given(st.lists(st.text("sk-01 \u200b%&\\=;#x", max_size=5) | st.text(max_size=5), max_size=20))
def test_text_without_a_secret_is_unchanged(pieces: list[str]) -> None:
    secret = Secret(KEY)
    assert redact_pieces(pieces) == "".join(pieces)
    assert redact_known("".join(pieces)) == "".join(pieces)
    assert secret.reveal() == KEY


@pytest.mark.parametrize("text", ["not needed here", "NOTNEEDEDHERE", "Not-Needed-Here", "not\u00a0needed here"])
def test_ordinary_words_are_unchanged(text: str) -> None:
    secret = Secret("notneededhere")
    assert redact_known(text) == text
    assert redact_known(secret.reveal()) == "[redacted]"


def test_an_endless_text_is_not_held_back() -> None:
    secret, redacting = Secret(KEY), StreamRedactor()
    out = redacting.add(secret.reveal()[:20]) + "".join(redacting.add("\u200b" * 100) for _ in range(100))
    assert KEY[:8] not in out
    assert "[redacted]" in out
    out += redacting.add(f"{secret.reveal()[20:]} and on") + redacting.end()
    assert KEY[20:] not in out
    assert out.endswith(" and on")


@pytest.mark.parametrize(
    "unit", ["word ", "\\", "%25", "&", "&amp;", "&#", "\x1b[", "=\n", "\u200b", KEY[:9], f"{KEY[0]} ", base64(KEY)[:9]]
)
def test_time_is_linear_in_the_length_of_a_text(unit: str) -> None:
    secret = Secret(KEY)

    def seconds(count: int) -> float:
        text, start = unit * count, time.process_time()
        redact_known(text)
        return time.process_time() - start

    short = min(seconds(5_000) for _ in range(3))
    assert min(seconds(40_000) for _ in range(3)) < 30 * short + 0.02
    assert secret.reveal() == KEY


@given(key=keys, before=contexts, after=contexts, cut_at=st.integers(0, 60), part=st.integers(1, 30))
def test_a_search_in_parts_finds_the_same_beginnings(key: str, before: str, after: str, cut_at: int, part: int) -> None:
    """The same beginnings are found, wherever the parts end."""
    sought = spellings(key)
    by_view = tuple((view, tuple(s.beginning for s in sought if s.view == view)) for view in range(4))
    for form in (str, *FORMS.values()):
        text = f"{before}{form(key)[: cut_at or None]}{after}"
        texts = views(text)
        expected = any(beginning in texts[view] for view, beginnings in by_view for beginning in beginnings)
        with patch.object(qwen_schema.spellings, "_PART", part):
            assert has_beginning(text, by_view) == expected


def test_a_secret_in_a_long_text_is_redacted() -> None:
    # More than one mebibyte in total.
    secret, words = Secret(KEY), "some words of an answer " * 22_000
    assert redact_known(f"{words}{KEY}{words}") == f"{words}[redacted]{words}"
    assert redact_known(words + words) == words + words
    del secret
