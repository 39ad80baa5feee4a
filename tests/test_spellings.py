"""A secret is taken out of a text however a server, a page or a log writes it, and wherever a stream cuts it."""

from __future__ import annotations

import html
import json
import re
import textwrap
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_schema import Redacting, Secret, redact, redact_known
from qwen_schema.spellings import TELLTALE_BEGINNING

KEY = "sk-0123456789abcdefGHIJKLMNOPqrstuvwxyz+/="
INVISIBLE = "\u200b\u200d\u00ad\ufeff\u034f\ufe0f\u2060\u3164\U000e0041\x00\x7f\u202e"

Form = Callable[[str], str]


def between(character: str) -> Form:
    return character.join


def base64(key: str, before: str = "") -> str:
    return b64encode(f"{before}{key}".encode()).decode()


def wrapped(text: str, width: int, line_end: str = "\n") -> str:
    return line_end.join(textwrap.wrap(text, width))


def percent(key: str) -> str:
    return "".join(f"%{ord(c):02X}" for c in key)


# Whatever the key is made of.
FORMS: dict[str, Form] = {
    "as it stands": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON, every character": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "JSON, a slash escaped": lambda key: json.dumps(key).replace("/", "\\/"),
    "JavaScript": lambda key: "".join(f"\\x{ord(c):02X}" if c in "-=/" else c for c in key),
    "Python": repr,
    "bytes of Python": lambda key: repr(key.encode()),
    "percent": lambda key: quote(key, safe=""),
    "percent, small letters": lambda key: percent(key).lower(),
    "percent, every other character": lambda key: "".join(percent(c) if n % 2 else c for n, c in enumerate(key)),
    "percent twice": lambda key: quote(percent(key)),
    "HTML": html.escape,
    "HTML, decimal": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "HTML, hexadecimal": lambda key: "".join(f"&#x{ord(c):04X};" for c in key),
    "HTML, by name": lambda key: key.replace("=", "&equals;").replace("/", "&sol;").replace("_", "&lowbar;"),
    "HTML in JSON": lambda key: json.dumps(html.escape(key).replace("-", "&#45;")),
    "HTML twice": lambda key: html.escape("".join(f"&#x{ord(c):x};" for c in key)),
    "Base64": base64,
    "Base64 for URLs": lambda key: urlsafe_b64encode(key.encode()).decode(),
    "Base64 without padding": lambda key: base64(key).rstrip("="),
    "Base64 of a header": lambda key: base64(key, "Bearer "),
    "Base64 of a login": lambda key: base64(f"{key}:", "user:"),
    "Base64 after one character": lambda key: base64(f"{key}, and more", "x"),
    "Base64 in lines": lambda key: wrapped(base64(key), 16, "\r\n"),
    "Base64 in a URL": lambda key: quote(base64(key, "a"), safe=""),
    "Base64 in JSON, in lines": lambda key: json.dumps(wrapped(base64(key), 19)),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal, large letters": lambda key: key.encode().hex(" ").upper(),
    **{f"with U+{ord(c):04X} between": between(c) for c in INVISIBLE},
    "with entities that show nothing": between("&#8203;"),
    "with soft hyphens by name": between("&shy;"),
    "with all of them once": lambda key: key[:7] + INVISIBLE + key[7:],
    "in lines": lambda key: key[:8] + "\r\n\t" + key[8:],
    "in lines of quoted-printable": lambda key: key[:9] + "=\r\n" + key[9:],
    "in colours": lambda key: key[:9] + "\x1b[1;31m" + key[9:],
}

# Where it is no word: with a digit in it.
FORMS_OF_KEYS: dict[str, Form] = {
    "with blanks between": between(" "),
    "in indented lines": lambda key: wrapped(key, 10, "\n        "),
    "large letters": str.upper,
    "small letters": str.lower,
    "with no-break spaces": between("\u00a0"),
}

contexts = st.sampled_from(["", "the key ", '{"error": "', "Basic ", "<p>", "é ", "x=", "R&D: ", "\\n", "\n", "~" * 50])
# Characters that an HTTP header can have; no escape of its own.
keys = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\%&"), min_size=14, max_size=60)


def cut(text: str, sizes: list[int]) -> list[str]:
    """Return a text in pieces of these sizes, again and again."""
    pieces, at, turn = [], 0, 0
    while at < len(text):
        pieces.append(text[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return pieces


def streamed(pieces: list[str]) -> str:
    redacting = Redacting()
    return "".join([*map(redacting.add, pieces), redacting.end()])


def readings(text: str) -> list[str]:
    """Return what a curious reader can make of a text."""
    for _ in range(3):
        text = html.unescape(unquote(text))
        text = re.sub(r"\\u([0-9a-f]{4})|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)
        text = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nrt" else m[1], text)
    bare = re.sub(rf"[{INVISIBLE}\s\u200b\u00ad\x1b]|\[1;31m", "", text)
    found = [text, bare, bare.replace("=", "")]
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", bare):
        standard = run.replace("-", "+").replace("_", "/")
        found += [b64decode(standard[n:][: len(standard[n:]) // 4 * 4]).decode("latin-1") for n in range(4)]
        found += [bytes.fromhex(d[n:][: len(d[n:]) // 2 * 2]).decode("latin-1") for d in hex_runs(run) for n in (0, 1)]
    return found


def hex_runs(text: str) -> list[str]:
    return re.findall(r"[0-9a-fA-F]{8,}", text)


def assert_unreadable(key: str, text: str) -> None:
    """A few characters of the beginning may have been passed on, and no more."""
    least = TELLTALE_BEGINNING + 2
    parts = {key[n : n + least].lower() for n in range(len(key) - least + 1)} - {"~" * least}
    read = [reading.lower() for reading in readings(text)]
    assert not [part for part in parts for reading in read if part in reading], text


@pytest.mark.parametrize("form", FORMS)
@given(key=keys, before=contexts, after=contexts, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_secret_is_taken_out_however_it_is_written(
    form: str, key: str, before: str, after: str, sizes: list[int]
) -> None:
    secret = Secret(key)
    text = f"{before}{FORMS[form](secret.reveal())}{after}"
    assert_unreadable(key, redact(text))
    assert_unreadable(key, redact_known(text))
    assert_unreadable(key, streamed(cut(text, sizes)))


@pytest.mark.parametrize("form", FORMS_OF_KEYS)
@given(key=keys, digit=st.integers(0, 9), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_key_with_a_digit_is_no_word(form: str, key: str, digit: int, sizes: list[int]) -> None:
    secret = Secret(f"{key}{digit}")
    text = f"the key {FORMS_OF_KEYS[form](secret.reveal())} is wrong"
    assert_unreadable(secret.reveal(), redact_known(text))
    assert_unreadable(secret.reveal(), streamed(cut(text, sizes)))


@pytest.mark.parametrize("form", {**FORMS, **FORMS_OF_KEYS})
def test_what_is_around_it_stays(form: str) -> None:
    secret = Secret(KEY)
    text = f"Wrong key ({({**FORMS, **FORMS_OF_KEYS})[form](secret.reveal())}). R&D: 100 %, C:\\new\u200b \u2764\ufe0f"
    safe = redact_known(text)
    assert safe.startswith("Wrong key (")
    assert "[redacted]" in safe
    assert safe.endswith("). R&D: 100 %, C:\\new\u200b \u2764\ufe0f")


@given(st.lists(st.text("sk-01 \u200b%&\\=;#x", max_size=5) | st.text(max_size=5), max_size=20))
def test_what_holds_no_secret_comes_through_as_it_is(pieces: list[str]) -> None:
    secret = Secret(KEY)
    assert streamed(pieces) == "".join(pieces)
    assert redact_known("".join(pieces)) == "".join(pieces)
    assert secret.reveal() == KEY


@pytest.mark.parametrize("text", ["not needed here", "NOTNEEDEDHERE", "Not-Needed-Here", "not\u00a0needed here"])
def test_words_are_left_alone(text: str) -> None:
    secret = Secret("notneededhere")
    assert redact_known(text) == text
    assert redact_known(secret.reveal()) == "[redacted]"


def test_what_never_ends_is_not_held_back_for_ever() -> None:
    secret, redacting = Secret(KEY), Redacting()
    out = redacting.add(secret.reveal()[:20]) + "".join(redacting.add("\u200b" * 100) for _ in range(100))
    assert KEY[:8] not in out
    assert "[redacted]" in out
    out += redacting.add(f"{secret.reveal()[20:]} and on") + redacting.end()
    assert KEY[20:] not in out
    assert out.endswith(" and on")


@pytest.mark.parametrize(
    "unit", ["word ", "\\", "%25", "&", "&amp;", "&#", "\x1b[", "=\n", "\u200b", KEY[:9], f"{KEY[0]} ", base64(KEY)[:9]]
)
def test_time_grows_with_the_length_of_a_text_and_no_faster(unit: str) -> None:
    secret = Secret(KEY)

    def seconds(count: int) -> float:
        text, start = unit * count, time.process_time()
        redact_known(text)
        return time.process_time() - start

    short = min(seconds(5_000) for _ in range(3))
    assert min(seconds(40_000) for _ in range(3)) < 30 * short + 0.02
    assert secret.reveal() == KEY
