"""Target: the bytes of an env file, read as python-dotenv does, and compared with the first dialect."""

from __future__ import annotations

from qwen_schema.envfile import last_of_each, read_assignments, reader_of
from qwen_schema.envfile.dotenv_python import dialect_differences

from .envfiles import require_last_ones, require_true_places, text_of

_read_assignments_python = reader_of("python")


def check(data: bytes) -> None:
    """Raise an error if the bytes are read in another way than promised."""
    text = text_of(data)
    if text is None:
        return
    assignments = _read_assignments_python(text)
    require_true_places(text, assignments)
    require_last_ones(assignments)
    _require_true_differences(text)


def _require_true_differences(text: str) -> None:
    in_npm, in_python = read_assignments(text), _read_assignments_python(text)
    ours, theirs, differing = last_of_each(in_npm), last_of_each(in_python), dialect_differences(in_npm, in_python)
    for name in ours.keys() | theirs.keys():
        same = name in ours and name in theirs and ours[name].value == theirs[name].value
        assert (name not in differing) == same
    assert all(pair == (ours.get(name), theirs.get(name)) for name, pair in differing.items())
