"""The one way out: what waits for more is written in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path


def test_a_document_that_waits_is_written_before_anything_that_comes_after_it(tmp_path: Path) -> None:
    """Both streams lead to one file, as with `2>&1`."""
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
