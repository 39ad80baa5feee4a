"""A written env file is harmless in a shell that sources it, whatever it contained before."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scratch import scratch

from qwen_cfg.writing.assignment import CannotAssignError, assign
from qwen_schema.envfile import DIALECTS, last_of_each, reader_of

if TYPE_CHECKING:
    from pathlib import Path

# Texts that an unquoted shell word would run; each of them would create a file.
COMMANDS = ["$(touch ran)", "`touch ran`", ";touch ran;", "\ntouch ran\n", "&touch ran&", "|touch ran", ">ran"]
COMMANDS += ["'", '"', "`", "\\", "\\\\", "#", " #", " ", "!", "!!", "~", "*", "=", "a"]
COMMANDS += ["=ls", ":=ls", ":~", "^", "日", "{a,b}", "$A", "$(", "${A}", "Z9", "/", "\t", "\n", "\r", "(", ")"]
VALUES = st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=6).map("".join)
# Earlier content of the file; in a shell, some of it opens a quote or a similar construct.
BEFORE = ["", "A=1\n", "# it's\n", "A=it's\n", 'A=1 # "\n', 'A="x\n', "A=x\\\n", "A=$(\n", "A=`\n", "cat <<E\n"]
BEFORE += ["OPENAI_MODEL='a\nb'\nB=it's\n", "export OPENAI_MODEL=$(touch old)\n", "OPENAI_MODEL=it's\nB='x'\n"]
BEFORE += ["OPENAI_MODEL=`old`\n", "A=a#'b\n", "A=\\ #'\n", "\ufeffOPENAI_MODEL=x\n", "A='#'\n", "((1 #'\n"]
BEFORE += ["A=1\r\n", "A=1\r", "OPENAI_MODEL=x\r\nB=1\r\n", "A=1\rOPENAI_MODEL=x\r"]
BEFORE += ["A=x\r# '\r", "A=<#'\n", "a b #'\n", "A=x\\\n#'\n"]
BEGINNINGS = st.sampled_from(BEFORE)
SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]


def source_each(shell: str, texts: list[str], place: Path) -> list[str]:
    """Source each text in its own subshell, and return the resulting values of the variable."""
    for number, text in enumerate(texts):
        (place / str(number)).write_bytes(text.encode())
    one = '(. ./$n; printf "%s." "$OPENAI_MODEL")'
    script = f'n=0; while [ $n -lt {len(texts)} ]; do {one}; printf "\\0"; n=$((n+1)); done'
    process = subprocess.run(
        [shell, "-c", script],
        cwd=place,
        env={"PATH": os.environ["PATH"]},
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return process.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("shell", SHELLS)
@given(st.lists(VALUES, min_size=20, max_size=40), st.data())
def test_a_shell_reads_the_written_value_and_runs_nothing(shell: str, values: list[str], data: st.DataObject) -> None:
    kept: dict[str, str] = {}
    spoilt: list[str] = []
    for value in values:
        with suppress(CannotAssignError):
            kept[assign("", {"OPENAI_MODEL": value})] = value
            spoilt.append(assign(data.draw(BEGINNINGS), {"OPENAI_MODEL": value}))
    assert kept
    with scratch() as place:
        texts = source_each(shell, [*kept, *spoilt], place)
        assert [text.removesuffix(".") for text in texts[: len(kept)]] == [*kept.values()]
        assert not (place / "ran").exists()
    for text, value in kept.items():
        assert {last_of_each(reader_of(dialect)(text))["OPENAI_MODEL"].value for dialect in DIALECTS} == {value}
