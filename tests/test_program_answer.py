"""The output of a started program: complete, or none if it takes too long or prints too much."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from qwen_cfg.reading.program_answer import answer_of


def start(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_input_output_and_exit_code_are_passed_on() -> None:
    code = "import sys; sys.stderr.write('told'); sys.stdout.write(sys.stdin.read().upper()); sys.exit(3)"
    answer = answer_of(start(code), b"x" * 1_000_000, 60)
    assert answer is not None
    assert answer == (3, b"X" * 1_000_000, b"told")


def test_a_program_that_reads_no_input_is_no_error() -> None:
    answer = answer_of(start("pass"), b"x" * 1_000_000, 60)
    assert answer is not None
    assert answer[0] == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_program_with_endless_output_is_ended(stream: str) -> None:
    process = start(f"import sys\nwhile True: sys.{stream}.write('x' * 1000)")
    assert answer_of(process, b"", 60, most=100_000) is None
    assert process.returncode is not None


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os, time; os.close(0); os.close(1); os.close(2); time.sleep(60)",
    ],
    ids=["silent", "with closed streams"],
)
def test_a_program_that_does_not_end_is_ended_at_the_time_out(code: str) -> None:
    begun = time.monotonic()
    process = start(code)
    assert answer_of(process, b"", 1) is None
    assert process.returncode is not None
    assert time.monotonic() - begun < 30
