"""Warnings without a question: `run` shows each once, `check` and `doctor` always."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from .process import KEY
from .terminal import run_on_screen

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

WARNING = "QC301 warning"
STATE = ".local/state/qwen-cfg/shown-warnings"
IN_SHELL = {"OPENAI_API_KEY": KEY}
ASK = ["run", "-p", "ping", "--profile", "documented"]


@pytest.fixture
def split(desk: Desk, server: Provider) -> Desk:
    point(desk, f"{server.url}/v1")
    return desk


def point(desk: Desk, url: str) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={url}\n")


def test_run_shows_a_warning_once(split: Desk) -> None:
    assert WARNING in run_on_screen(split, *ASK, env=IN_SHELL).text
    assert WARNING not in run_on_screen(split, *ASK, env=IN_SHELL).text
    assert split.run(*ASK, env=IN_SHELL).exits(0).err == ""
    file = split.home / STATE
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert KEY not in file.read_text()


def test_an_unseen_warning_is_repeated(split: Desk) -> None:
    for _ in range(2):
        assert WARNING in split.run(*ASK, env=IN_SHELL).exits(0).err
    assert not (split.home / STATE).exists()
    assert WARNING in run_on_screen(split, *ASK, env=IN_SHELL).text


def test_another_endpoint_key_or_directory_is_another_warning(split: Desk, server: Provider) -> None:
    run_on_screen(split, *ASK, env=IN_SHELL)
    point(split, f"http://localhost:{server.port}/v1")
    assert WARNING in run_on_screen(split, *ASK, env=IN_SHELL).text
    split.write(".config/key", KEY)
    assert WARNING in run_on_screen(split, *ASK, "--openai-api-key", KEY, env=IN_SHELL).text
    split.write("work/other/.env", f"OPENAI_BASE_URL=http://localhost:{server.port}/v1\n")
    assert WARNING in run_on_screen(split, "-C", "../other", *ASK, env=IN_SHELL).text
    for argv in (ASK, ["-C", "../other", *ASK]):
        assert WARNING not in run_on_screen(split, *argv, env=IN_SHELL).text


@pytest.mark.parametrize("argv", [["doctor"], ["resolve"], ["check"], ["resolve", "--explain"]], ids=" ".join)
def test_check_and_doctor_always_warn(split: Desk, argv: list[str]) -> None:
    split.run("resolve", "-o", "qwen.toml", "--profile", "documented", env=IN_SHELL).exits(0)
    run_on_screen(split, *ASK, env=IN_SHELL)
    for _ in range(2):
        assert "QC301" in run_on_screen(split, *argv, env=IN_SHELL).text


@pytest.mark.parametrize("broken", [b"", b"\xff\x00" * 20, b"x" * 40_000])
def test_an_invalid_state_file_is_ignored(split: Desk, broken: bytes) -> None:
    file = split.write(STATE, broken)
    assert WARNING in run_on_screen(split, *ASK, env=IN_SHELL).text
    assert WARNING not in run_on_screen(split, *ASK, env=IN_SHELL).text
    assert len(file.read_bytes()) < 200


def test_an_unwritable_state_file_is_no_error(split: Desk) -> None:
    split.write(".local/state/qwen-cfg", "a file")
    for _ in range(2):
        screen = run_on_screen(split, *ASK, env=IN_SHELL)
        assert screen.code == 0
        assert WARNING in screen.text


def test_a_question_is_always_asked(split: Desk) -> None:
    run_on_screen(split, *ASK, env=IN_SHELL)
    point(split, "https://models.example/v1")
    for _ in range(2):
        assert split.run(*ASK, env=IN_SHELL).code == 5
