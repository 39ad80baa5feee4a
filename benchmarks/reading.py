"""The speed of reading env files, against python-dotenv and by the length of the text."""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

from dotenv.parser import parse_stream

from qwen_schema.envfile import read_assignments

from .measure import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORDINARY = "# a comment\nexport OPENAI_API_KEY='sk-0123456789'\nOPENAI_MODEL=gpt-4o # the default\n\nA=\"b\\nc\"\n"
_UNCLOSED = "A=\"b 'c `d\n"
_TEXTS = {"ordinary lines": _ORDINARY, "quotes that never close": _UNCLOSED, "blank lines": "\n"}


def measurements() -> Iterator[Measurement]:
    """Yield the reader against python-dotenv's, and against a text of half the length (2 is linear, 4 quadratic)."""
    text = _ORDINARY * 200
    yield Measurement(
        "reading 1,000 ordinary lines / python-dotenv reading them",
        lambda: read_assignments(text),
        lambda: list(parse_stream(StringIO(text))),
    )
    for name, line in _TEXTS.items():
        short = line * (200_000 // len(line))
        yield Measurement(
            f"reading 400 kB of {name} / 200 kB of them (2 is linear)",
            partial(read_assignments, short * 2),
            partial(read_assignments, short),
            rounds=7,
        )
