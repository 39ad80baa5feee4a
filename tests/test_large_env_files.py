"""Large env files are read once per command, whatever the command needs of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from qwen_cfg.cli.main import main
from qwen_cfg.writing.assignment import assign
from qwen_schema.envfile import parts_of, read_assignments
from qwen_schema.envfile.dotenv_npm import _without_quotes
from qwen_schema.envfile.dotenv_python import read_assignments_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

# Slow texts, which begin with the assignment that is changed.
LARGE = {
    "quotes": "OPENAI_MODEL=m\n" + "".join(f"X{number}='a' \"b\" `c`\n" for number in range(2000)),
    "odd quotes": "OPENAI_MODEL=m\n" + "".join(f"X{number}='a'b\"c\n" for number in range(2000)),
    "no assignments": "OPENAI_MODEL=m\n" + 'it\'s "one"\n' * 2000,
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the working directory and the home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def long_texts_read() -> Iterator[list[str]]:
    """The functions that have read a long text since the test began, once for each reading."""
    readers = {parts_of.__code__, read_assignments_python.__code__}
    calls: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in readers and len(frame.f_locals["text"]) > 10_000:
            calls.append(frame.f_code.co_name)

    sys.setprofile(note)
    yield calls
    sys.setprofile(None)


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("value", ["other", "with a blank", 'with "quotes"'])
def test_an_assignment_reads_the_text_twice(text: str, value: str, long_texts_read: list[str]) -> None:
    """One reading is of the present text, the other of the new text."""
    changed = assign(text, {"OPENAI_MODEL": value})
    # A quoted value may be tried in two forms.
    most = 3 if value.startswith("with") else 2
    assert long_texts_read.count("read_assignments_python") in range(2, most + 1)
    assert long_texts_read.count("parts_of") in range(2, most + 1)
    assert read_assignments(changed)[0].value == value


def test_three_assignments_read_the_text_four_times(long_texts_read: list[str]) -> None:
    assign(LARGE["quotes"], {"OPENAI_MODEL": "other", "OPENAI_BASE_URL": "http://h/v1", "NEW": "x"})
    assert long_texts_read.count("read_assignments_python") == 4
    assert long_texts_read.count("parts_of") == 4


@pytest.mark.parametrize("line", ["resolve --explain", "envfile .env", "envfile --format json .env"])
def test_a_command_reads_a_file_once_in_each_dialect(
    here: Path, line: str, long_texts_read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".env").write_text(f"OPENAI_API_KEY=sk-0123456789abcdefghij\n{LARGE['quotes']}")
    (here / ".env").chmod(0o600)
    assert main(line.split()) == 0
    assert long_texts_read.count("parts_of") == 1
    assert long_texts_read.count("read_assignments_python") <= 1
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "bare"),
    [
        ("'a'", "a"),
        ("'", "'"),
        ("''", ""),
        ("'a' \"b\"", "'a' \"b\""),
        ("'a' 'b'", "a' 'b"),
        ('`a"', '`a"'),
        ("", ""),
        ("'a'\u2028'b'", "a'\u2028'b"),
    ],
)
def test_a_pair_of_quotes_is_removed(value: str, bare: str) -> None:
    assert _without_quotes(value) == bare
