"""The output: documents, text and notices are written in their order."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import qwen_cfg.cli.output
from qwen_cfg.cli.output import Output, json_parts
from qwen_schema import Verbatim, without_controls

if TYPE_CHECKING:
    from pathlib import Path


def test_a_buffered_document_is_written_before_later_output(tmp_path: Path) -> None:
    """Both streams go to one file, as with `2>&1`."""
    file = tmp_path / "both"
    with file.open("a", encoding="utf-8") as stdout, file.open("a", encoding="utf-8") as stderr:
        output = Output(stdout, stderr)
        output.data({"n": 1}, indent=None, more_follows=True)
        assert file.read_text() == ""
        output.notice("a notice")
        output.data({"n": 2}, indent=None, more_follows=True)
        output.data({"n": 3}, indent=None)
        assert file.read_text() == '{"n": 1}\na notice\n{"n": 2}\n{"n": 3}\n'
        output.data({"n": 4}, indent=None, more_follows=True)
        output.flush()
        assert file.read_text().endswith('{"n": 4}\n')


_TEXTS = st.text(st.sampled_from('ab #[:\n\r\t"\\\x7f\u200b\u2028é😀\ud800v'), max_size=40) | st.sampled_from(
    ["x ##vso[task] y", "##[error] ", "::error:: x", " # #[a"]
)
_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | _TEXTS, lambda inner: st.lists(inner, max_size=3))


@pytest.mark.parametrize("indent", [None, 2])
@given(document=st.dictionaries(_TEXTS, _VALUES, max_size=4), long=st.integers(0, 12))
def test_the_parts_of_a_document_make_the_whole(indent: int | None, document: dict[str, Any], long: int) -> None:
    with patch.object(qwen_cfg.cli.output, "_LONG", long):
        parts = list(json_parts(document, indent))
    assert "".join(parts) == without_controls(json.dumps(document, ensure_ascii=False, indent=indent))


def test_a_long_text_is_written_in_parts_of_limited_length() -> None:
    parts = list(json_parts({"a": 1, "answer": "some words " * 100_000, "b": [2]}, 2))
    assert max(map(len, parts)) < 70_000


@given(st.text(), st.sampled_from(["text", "reasoning"]), st.booleans())
@example("::error::x ##[group] ##vso[a]", "text", False)
@example("x" * 100_000, "text", False)
@example("\ud800 \u2028 \x7f \x1b", "text", False)
def test_a_piece_is_written_as_a_document_of_it(text: str, kind: str, more_follows: bool) -> None:
    written = []
    for write in (
        lambda output: output.piece(kind, Verbatim(text), more_follows=more_follows),
        lambda output: output.data({"type": Verbatim(kind), "text": Verbatim(text)}, indent=None),
    ):
        stream = io.StringIO()
        output = Output(stream, io.StringIO())
        write(output)
        output.flush()
        written.append(stream.getvalue())
    assert written[0] == written[1]
    assert written[0].endswith("}\n")
