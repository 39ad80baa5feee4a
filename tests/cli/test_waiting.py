"""The waiting line of `run -p`: on standard error in a terminal, removed before any other output."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pexpect
import pytest
from support.provider import Reply, chunk, events, finish, refusal, streamed_reply, usage

from .process import PROGRAM, SECONDS, clean_environment, env_of
from .terminal import Typing, run_on_screen

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

ERASE = b"\r\x1b[K"
LATE = 0.7


def late(*texts: str) -> Reply:
    return replace(streamed_reply(*texts), wait=LATE)


@pytest.mark.parametrize("width", [80, 40, 20])
@pytest.mark.parametrize("form", ["text", "json", "stream-json"])
def test_the_line_is_shown_and_removed(desk: Desk, server: Provider, width: int, form: str) -> None:
    server.replies.append(late("pong"))
    screen = run_on_screen(desk, "run", "-p", "ping", "--output-format", form, env=env_of(server), width=width)
    assert (screen.code, b"0 s (Ctrl-C" in screen.raw) == (0, True)
    assert b"waiting for m" in screen.raw or width < 40
    assert "waiting" not in screen.text
    assert "Ctrl-C" not in screen.text
    # It is never longer than the line that is erased.
    assert all(len(line.decode()) < width + len("\x1b[2m\x1b[0m") for line in re.findall(rb"\x1b\[2m.*?\r", screen.raw))
    assert screen.text == "pong" if form == "text" else screen.lines[0].startswith("{")


def test_reasoning_is_reported_in_the_line(desk: Desk, server: Provider) -> None:
    thought = [chunk(reasoning_content=f"{n} ") for n in range(4)]
    server.replies.append(Reply(events(*thought, chunk(content="So."), finish(), usage()), pause=0.2))
    screen = run_on_screen(desk, "run", "-p", "ping", env=env_of(server))
    assert b"thinking, 0 s" in screen.raw
    assert screen.lines == ("So.",)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (replace(refusal(401, "no such key"), wait=LATE), "no such key"),
        (Reply(status=500, wait=LATE), "500"),
        (Reply(drop=True, wait=LATE), "qwen-cfg:"),
    ],
)
def test_an_error_replaces_the_line(desk: Desk, server: Provider, reply: Reply, message: str) -> None:
    server.replies.append(reply)
    screen = run_on_screen(desk, "run", "-p", "ping", env=env_of(server, QWEN_CFG_MAX_RETRIES="0"))
    assert b"waiting for m" in screen.raw
    assert screen.lines[0].startswith("qwen-cfg:")
    assert message in " ".join(screen.lines)
    assert "waiting" not in screen.text


def test_ctrl_c_removes_the_line(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", "-p", "ping", env=env_of(server, "slow")) as typing:
        typing.until("waiting for m, 0 s (Ctrl-C stops)")
        typing.type("\x03")
        assert typing.exit_code() == 130
        assert "waiting" not in typing.text


@pytest.mark.parametrize("more", [{"TERM": "dumb"}, {"CI": "true"}, {"TERM": ""}])
def test_a_dumb_terminal_gets_no_line(desk: Desk, server: Provider, more: dict[str, str]) -> None:
    server.replies.append(late("pong"))
    screen = run_on_screen(desk, "run", "-p", "ping", env=env_of(server, **more), term=more.get("TERM", "xterm"))
    assert screen.raw == b"pong\r\n"


def test_without_color_the_line_has_none(desk: Desk, server: Provider) -> None:
    for variables, styled in (({}, True), ({"NO_COLOR": "1"}, False)):
        server.replies.append(late("pong"))
        screen = run_on_screen(desk, "run", "-p", "ping", env=env_of(server, **variables))
        assert b"waiting for m" in screen.raw
        assert (b"\x1b[2m" in screen.raw) is styled


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_line_is_not_written_to_a_file(desk: Desk, server: Provider, form: str) -> None:
    """Only a terminal on standard error gets the line; standard output never does."""
    server.replies.append(late("pong"))
    outcome = desk.run("run", "-p", "ping", "--output-format", form, env=env_of(server)).exits(0)
    assert outcome.err == ""
    server.replies.append(late("pong"))
    words = " ".join([*PROGRAM, "run", "-p", "ping", "--output-format", form])
    child = pexpect.spawn(
        "sh",
        ["-c", f"{words} > answer"],
        cwd=str(desk.cwd),
        env=clean_environment(desk.home, {"TERM": "xterm", **env_of(server)}),
        timeout=SECONDS,
    )
    child.expect(pexpect.EOF)
    assert b"waiting for m" in child.before
    assert child.before.endswith(ERASE)
    answer = (desk.cwd / "answer").read_text()
    assert (json.loads(answer)["answer"] if form == "json" else answer.strip()) == "pong"
