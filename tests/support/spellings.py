"""The forms in which a server may write a key, and the reverse: all readings of a text."""

from __future__ import annotations

import html
import json
import re
import textwrap
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, unquote

from qwen_schema.spellings import TELLTALE_BEGINNING

INVISIBLE = "\u200b\u200d\u00ad\ufeff\u034f\ufe0f\u2060\u3164\U000e0041\x00\x7f\u202e"

Form = Callable[[str], str]


def between(character: str) -> Form:
    return character.join


def base64(key: str, before: str = "") -> str:
    return b64encode(f"{before}{key}".encode()).decode()


def wrap(text: str, width: int, line_end: str = "\n") -> str:
    return line_end.join(textwrap.wrap(text, width))


def percent(key: str) -> str:
    return "".join(f"%{ord(c):02X}" for c in key)


# Forms that are redacted for every key.
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
    "Base64 in lines": lambda key: wrap(base64(key), 16, "\r\n"),
    "Base64 in a URL": lambda key: quote(base64(key, "a"), safe=""),
    "Base64 in JSON, in lines": lambda key: json.dumps(wrap(base64(key), 19)),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal, large letters": lambda key: key.encode().hex(" ").upper(),
    **{f"with U+{ord(c):04X} between": between(c) for c in INVISIBLE},
    "with entities that show nothing": between("&#8203;"),
    "with soft hyphens by name": between("&shy;"),
    "with all of them once": lambda key: key[:7] + INVISIBLE + key[7:],
    "in lines": lambda key: key[:8] + "\r\n\t" + key[8:],
    "in lines of quoted-printable": lambda key: key[:9] + "=\r\n" + key[9:],
    "in colours": lambda key: key[:9] + "\x1b[1;31m" + key[9:],
    "in a colour each": between("\x1b[38;5;1m"),
    "in a colour each, of 8 bits": between("\x9b0m"),
    "in links": between("\x1b]8;;https://a.example/\x1b\\"),
    "in links, of 8 bits": between("\x9d8;;x\x9c"),
    "with a character set between": between("\x1b(B"),
    "Python, every character": lambda key: "".join(f"\\U{ord(c):08x}" for c in key),
    "Python, large digits": lambda key: "".join(f"\\U{ord(c):08X}" for c in key),
    "octal": lambda key: "".join(f"\\{ord(c):03o}" for c in key),
    "octal, short": lambda key: "\\".join(f"{ord(c):o}" for c in f"\0{key}")[1:],
    "percent, as JavaScript escapes": lambda key: "".join(f"%u{ord(c):04X}" for c in key),
    "quoted-printable, every character": lambda key: "".join(f"={ord(c):02X}" for c in key),
    "quoted-printable, in lines": lambda key: wrap("".join(f"={ord(c):02X}" for c in key), 12, "=\r\n"),
    "quoted-printable, as it should be": lambda key: key.replace("=", "=3D").replace("-", "=2d"),
    "hexadecimal, with colons": lambda key: key.encode().hex(":"),
    "hexadecimal, with hyphens": lambda key: key.encode().hex("-").upper(),
    "hexadecimal, with commas": lambda key: ", ".join(f"{ord(c):02x}" for c in key),
    "hexadecimal, as an array": lambda key: ", ".join(f"0x{ord(c):02X}" for c in key),
    "Base64 twice": lambda key: base64(base64(key)),
    "Base64 twice, of a header": lambda key: base64(base64(f"{key}, and", "Bearer "), "Basic "),
    "Base64 twice, for URLs": lambda key: urlsafe_b64encode(urlsafe_b64encode(key.encode())).decode(),
    "Base64 twice, in lines": lambda key: wrap(base64(base64(key, "k=")), 16),
    "Base64 of hexadecimal digits": lambda key: base64(key.encode().hex(), "x"),
    "Base64 of large hexadecimal digits": lambda key: base64(key.encode().hex().upper()),
    "hexadecimal digits of Base64": lambda key: base64(key, "ab").encode().hex(),
}

# Forms that are redacted only for a key with a digit, since others may be words.
FORMS_OF_KEYS: dict[str, Form] = {
    "with blanks between": between(" "),
    "in indented lines": lambda key: wrap(key, 10, "\n        "),
    "large letters": str.upper,
    "small letters": str.lower,
    "with no-break spaces": between("\u00a0"),
}


ESCAPE = r"\\U([0-9a-fA-F]{8})|\\u([0-9a-f]{4})|\\x([0-9a-fA-F]{2})|%u([0-9A-F]{4})"
SEQUENCE = r"(?:\x1b\[|\x9b)[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\|\x9d8;;[^\x9c]*\x9c|\x1b\(B"


def readings(text: str) -> list[str]:
    """Return a text with its escapes, encodings and invisible characters resolved in every known way."""
    bare_of_colors = re.sub(SEQUENCE, "", text)
    quoted = re.sub(r"=([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text.replace("=\r\n", ""))
    text = bare_of_colors
    for _ in range(3):
        text = html.unescape(unquote(text))
        text = re.sub(ESCAPE, lambda m: chr(min(0x10FFFF, int(m[1] or m[2] or m[3] or m[4], 16))), text)
        text = re.sub(r"\\([0-3]?[0-7]{2})", lambda m: chr(int(m[1], 8)), text)
        text = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nrt" else m[1], text)
    bare = re.sub(rf"[{INVISIBLE}\s\u200b\u00ad\x1b]|\[1;31m", "", text)
    once = decode_runs(bare)
    digits = re.sub(r"0[xX]|[:,-]", "", bare)
    return [
        text,
        quoted,
        bare,
        bare.replace("=", ""),
        *once,
        *decode_runs(digits),
        *(d for o in once for d in decode_runs(o)),
    ]


def decode_runs(text: str) -> list[str]:
    """Decode each run of Base64 or hexadecimal digits, from every possible start."""
    found = []
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        standard = run.replace("-", "+").replace("_", "/")
        found += [b64decode(standard[n:][: len(standard[n:]) // 4 * 4]).decode("latin-1") for n in range(4)]
        found += [bytes.fromhex(d[n:][: len(d[n:]) // 2 * 2]).decode("latin-1") for d in hex_runs(run) for n in (0, 1)]
    return found


def hex_runs(text: str) -> list[str]:
    return re.findall(r"[0-9a-fA-F]{8,}", text)


def assert_unreadable(key: str, text: str) -> None:
    """Check that no reading of a text contains more than a few characters of the key's beginning."""
    least = TELLTALE_BEGINNING + 2
    parts = {key[n : n + least].lower() for n in range(len(key) - least + 1)} - {"~" * least}
    read = [reading.lower() for reading in readings(text)]
    assert not [part for part in parts for reading in read if part in reading], text
