"""The promises for the assignments of an env file, in both dialects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qwen_schema import EnvFileError
from qwen_schema.envfile import Subject, last_of_each
from qwen_schema.envfile.text import decode_text

if TYPE_CHECKING:
    from qwen_schema.envfile import Assignment

_LINE_END = re.compile("\r\n|\r|\n")
_SUBJECT = Subject("./.env", "env file", EnvFileError, "Make it readable.")
_SENTINEL = b"S3nt1nel/of=the~fuzzer"


def text_of(data: bytes) -> str | None:
    """Return the text of an env file with these bytes; None if it is refused with a message without any part of it."""
    try:
        return decode_text(data, _SUBJECT)
    except EnvFileError:
        _require_quiet_refusal(data)
        return None


def require_true_places(text: str, assignments: tuple[Assignment, ...]) -> None:
    """Check that every reported line is a line of the text, in order, and contains the name."""
    lines = _LINE_END.split(text)
    numbers = [assignment.line for assignment in assignments]
    assert numbers == sorted(numbers)
    for assignment in assignments:
        assert 1 <= assignment.line <= len(lines)
        # In python-dotenv, a name may be quoted and may then contain a line end.
        assert _LINE_END.split(assignment.name)[0] in lines[assignment.line - 1]


def require_last_ones(assignments: tuple[Assignment, ...]) -> None:
    """Check that the last assignment of each name counts, and that no name is lost."""
    last = last_of_each(assignments)
    assert last.keys() == {assignment.name for assignment in assignments}
    assert all(last[assignment.name].line >= assignment.line for assignment in assignments)


def _require_quiet_refusal(data: bytes) -> None:
    try:
        decode_text(_SENTINEL + data + _SENTINEL, _SUBJECT)
    except EnvFileError as error:
        lines = len(_LINE_END.split(data.decode("latin-1")))
        place = error.where.removeprefix("./.env")
        assert place == "" or 1 <= int(place.removeprefix(":")) <= lines
        assert _SENTINEL.decode() not in f"{error} {error!r} {error.hint}"
    else:
        raise AssertionError("what was refused is taken with more around it")
