"""No key is written into a file that git would add, unless the user agrees at the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

INIT = ("init", "--no-verify", "--openai-api-key", KEY, "--openai-base-url", "http://localhost:1/v1")
QUESTION = "Write the key there anyway? [y/N]"


@pytest.fixture
def clone(desk: Desk) -> Desk:
    """A clone with a rule that undoes the ignore line for the env file."""
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    desk.write("work/app/.qwen/.gitignore", "!.env\n")
    return desk


def test_without_a_terminal_nothing_is_written(clone: Desk) -> None:
    before = clone.files()
    refused = clone.run(*INIT).exits(2)
    assert "./.qwen/.env: git does not ignore this file, and the next commit could publish the key" in refused.err
    assert "git check-ignore -v ./.qwen/.env" in refused.err
    assert clone.files() == before


def test_a_gitignore_that_is_a_fifo_is_refused_at_once(desk: Desk) -> None:
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    os.mkfifo(desk.cwd / ".gitignore")
    began = time.monotonic()
    assert "./.gitignore: it is a fifo" in desk.run(*INIT).exits(2).err
    assert time.monotonic() - began < 5
    assert not (desk.cwd / ".qwen").exists()


def init(desk: Desk) -> Typing:
    return Typing(desk, "init", "--no-verify", width=160, env={"OPENAI_BASE_URL": "http://localhost:1/v1"})


def answer_questions(person: Typing) -> None:
    for keys, wanted in (("\r", "Provider ["), ("\r", "Base URL ["), (f"{KEY}\r", "API key ("), ("\r", "Model [")):
        person.until(wanted)
        person.type(keys)
    person.until("git does not ignore this file", QUESTION)


@pytest.mark.parametrize("answer", ["\r", "n\r", "\x03", "\x04"])
def test_in_a_terminal_the_default_is_no(clone: Desk, answer: str) -> None:
    before = clone.files()
    with init(clone) as person:
        answer_questions(person)
        person.type(answer)
        assert person.exit_code() == 2
    assert clone.files() == before


def test_after_a_yes_the_file_is_written_with_a_warning(clone: Desk) -> None:
    with init(clone) as person:
        answer_questions(person)
        person.type("y\r")
        text = person.until("is not ignored yet", "wrote qwen.toml")
        assert text.count(QUESTION) == 1
        assert person.exit_code() == 0
    assert KEY in (clone.cwd / ".qwen/.env").read_text()


def test_a_signal_ends_the_question(clone: Desk) -> None:
    with init(clone) as person:
        answer_questions(person)
        person.signal(signal.SIGTERM)
        assert person.exit_code() == 143
    assert not (clone.cwd / ".qwen/.env").exists()
    assert not list((clone.cwd / ".qwen").glob(".qwen-cfg.*"))


def test_a_conversation_continues_without_saving_the_key(clone: Desk, server: Provider) -> None:
    before = clone.files()
    with Typing(clone, "run", height=60, width=200) as person:
        for keys, wanted in (
            ("8\r", "Provider ["),
            ("\x15" + f"{server.url}/v1\r", "Base URL"),
            (f"{KEY}\r", "API key ("),
            ("\r", "Model ["),
            ("\r", "Keep ["),
            ("\r", QUESTION),
        ):
            person.until(wanted)
            person.type(keys)
        person.until("not saved: ./.qwen/.env: git does not ignore this file", "In this session")
        person.type("\x04")
        assert person.exit_code() == 0
    assert {name: text for name, text in clone.files().items() if name.startswith("work/")} == before
