"""Signals end the program at once: with the right exit code, with the received text, and without partial writes."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from support.authorization import AuthorizationServer, authorization_server
from support.login_home import Home
from support.provider import Provider, Reply, chunk, events, refusal, streamed_reply

from .process import KEY, PROGRAM, SECONDS, clean_environment, env_of
from .running import Running, read_until
from .terminal import Typing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .process import Desk

FORMATS = ["text", "json", "stream-json"]
INT, HUP, QUIT, TERM = signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM
# A full pipe may have up to this many free bytes.
PAGE = 4096
HALF = Reply(events(chunk(content="half"), done=False), stay=True)


def running_command(desk: Desk, *argv: str, env: dict[str, str], **streams: int) -> Running:
    environment = clean_environment(desk.home, {"QWEN_CFG_MAX_RETRIES": "0", **env})
    return Running(*argv, cwd=desk.cwd, environment=environment, **streams)


def assert_ended(process: Running, *numbers: int) -> tuple[str, str]:
    """Check that one of the signals ended a command soon, and return its remaining output."""
    before = time.monotonic()
    out, err = process.communicate()
    assert process.wait() - 128 in numbers, err
    assert "Traceback" not in out + err
    assert "Exception ignored" not in err
    assert time.monotonic() - before < 5
    return out, err


def wait_for(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# During an answer.


# Signals that are sent together arrive in any order.
TOGETHER = [("json", [QUIT]), ("json", [TERM, TERM, HUP]), ("stream-json", [HUP, TERM, INT]), ("json", [TERM, INT])]


@pytest.mark.parametrize(("form", "numbers"), [*((form, [n]) for form in FORMATS for n in (TERM, HUP)), *TOGETHER])
def test_received_text_is_written(desk: Desk, server: Provider, form: str, numbers: list[int]) -> None:
    server.replies[:] = [HALF]
    with running_command(desk, "run", "-p", "x", "--output-format", form, env=env_of(server)) as process:
        received = b"" if form == "json" else read_until(process.stdout, b"half")
        if form == "json":
            assert server.sent.wait(SECONDS)
            process.wait_until_idle(server.port)
        for number in numbers:
            process.send_signal(number)
        out, err = assert_ended(process, *(number for number in numbers if number != INT))
    out, code = received.decode() + out, process.wait()
    assert f"qwen-cfg: terminated by {signal.Signals(code - 128).name}\n" in err
    if form == "text":
        assert out == "half\n"
        return
    documents = [json.loads(out)] if form == "json" else [json.loads(line) for line in out.splitlines()]
    assert [d for d in documents if "exit_reason" in d] == documents[-1:]
    result = documents[-1]
    assert (result["answer"], result["exit_reason"], result["exit_code"]) == ("half", "terminated", code)
    assert result["error"]["class"] == "TerminatedError"
    assert server.hung_up.wait(10)


def test_signals_until_the_end_do_not_change_the_exit_code(desk: Desk, server: Provider) -> None:
    """An interpreter that ends restores the default actions, one of which would kill it."""
    server.replies[:] = [HALF]
    with running_command(desk, "run", "-p", "x", env=env_of(server)) as process:
        wait_for(lambda: server.requests)
        process.send_signal(TERM)
        read_until(process.stderr, b"terminated by SIGTERM")
        while process.returncode is None:
            process.send_signal(HUP)
            time.sleep(0.0005)
        assert_ended(process, TERM)


def test_a_signal_that_is_ignored_from_the_start_stays_so(desk: Desk, server: Provider) -> None:
    going_on = threading.Event()
    server.replies[:] = [Reply(streamed_reply("one ", "two").pieces, hold=going_on)]
    with subprocess.Popen(
        ["sh", "-c", 'trap "" HUP INT; exec "$@"', "sh", *PROGRAM, "run", "-p", "x"],
        cwd=desk.cwd,
        env=clean_environment(desk.home, env_of(server)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        received = os.read(process.stdout.fileno(), 4096)
        process.send_signal(HUP)
        process.send_signal(INT)
        going_on.set()
        assert received + process.communicate(timeout=SECONDS)[0] == b"one two\n"
    assert process.returncode == 0


def test_a_blocked_reader_does_not_delay_the_end(desk: Desk, server: Provider) -> None:
    server.replies[:] = [streamed_reply(*["x" * 60_000] * 8)]
    with running_command(desk, "run", "-p", "x", env=env_of(server)) as process:
        pipe = process.stdout.fileno()
        wait_for(lambda: bytes_in(pipe) >= fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) - PAGE)
        began = time.monotonic()
        process.send_signal(TERM)
        assert process.wait(20) == 143
        assert time.monotonic() - began < 10


def bytes_in(pipe: int) -> int:
    """Return the number of bytes in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


# In other situations.


def test_during_the_wait_for_a_retry(desk: Desk, server: Provider) -> None:
    server.replies[:] = [refusal(429, "slow down", retry_after="30")] * 3
    argv = ("run", "-p", "x", "--output-format", "stream-json")
    with running_command(desk, *argv, env=env_of(server, QWEN_CFG_MAX_RETRIES="3")) as process:
        read_until(process.stdout, b'"waiting"')
        process.send_signal(TERM)
        out, _ = assert_ended(process, TERM)
    assert json.loads(out.splitlines()[-1])["exit_code"] == 143


def test_before_the_request(desk: Desk, server: Provider) -> None:
    argv = ("run", "--output-format", "json")
    with running_command(desk, *argv, env=env_of(server), stdin=subprocess.PIPE) as process:
        assert b"end of standard input" in process.stderr.readline()
        process.send_signal(HUP)
        out, _ = assert_ended(process, HUP)
    result = json.loads(out)
    assert (result["exit_reason"], result["exit_code"], result["answer"]) == ("terminated", 129, "")


def test_during_a_read(desk: Desk) -> None:
    fifo = desk.cwd / ".env"
    os.mkfifo(fifo)
    with running_command(desk, "doctor", "--format", "json", env={}) as process:
        # Opening returns when the program has opened the other end; it waits for a text then.
        writer = os.open(fifo, os.O_WRONLY)
        process.send_signal(TERM)
        out, _ = assert_ended(process, TERM)
        os.close(writer)
    assert (json.loads(out)["error"]["class"], json.loads(out)["exit_code"]) == ("TerminatedError", 143)


def test_during_the_command_for_the_key(desk: Desk, server: Provider) -> None:
    file = desk.home / "pid"
    command = shlex.join(["sh", "-c", f"echo $$ > {file}; sleep 60"])
    with running_command(desk, "run", "-p", "x", env=env_of(server, key=f"command:{command}")) as process:
        wait_for(lambda: file.exists() and file.read_text().strip())
        process.send_signal(TERM)
        _, err = assert_ended(process, TERM, HUP)
    assert f"qwen-cfg: terminated by {signal.Signals(process.wait() - 128).name}\n" in err
    wait_for(lambda: not os.path.exists(f"/proc/{file.read_text().strip()}"))  # noqa: PTH110


def test_during_loading(desk: Desk) -> None:
    # At any moment: the interpreter needs some time before it runs the program's code.
    environment = clean_environment(desk.home, {"OPENAI_API_KEY": KEY})
    for hundredths in range(0, 40, 4):
        with subprocess.Popen(
            [*PROGRAM, "resolve"],
            cwd=desk.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(hundredths / 100)
            process.send_signal(TERM)
            _, err = process.communicate(timeout=SECONDS)
        assert process.returncode in (143, -TERM, 0)
        assert b"Traceback" not in err


def test_during_sending_statistics(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:
        port = collector.getsockname()[1]
        where = {"QWEN_CFG_USAGE_STATISTICS_ENDPOINT": f"http://127.0.0.1:{port}", "QWEN_CFG_USAGE_STATISTICS": "1"}
        with running_command(desk, "resolve", env={"OPENAI_API_KEY": KEY, **where}) as process:
            collector.settimeout(SECONDS)
            connection, _ = collector.accept()
            began = time.monotonic()
            process.send_signal(TERM)
            out, err = process.communicate()
            connection.close()
        assert (process.returncode, err) == (0, "")
    assert "format = 1" in out
    assert time.monotonic() - began < 1.5


def test_init_writes_all_files_or_none(desk: Desk) -> None:
    fifo = desk.home / "fifo"
    os.mkfifo(fifo)
    # The output blocks until it is read: the first line is written when the key is saved.
    out = os.open(fifo, os.O_RDWR)
    fill(out)
    with running_command(desk, "init", "--no-verify", "--openai-api-key", KEY, env={}, stdout=out) as process:
        wait_for((desk.cwd / ".qwen/.env").exists)
        process.send_signal(TERM)
        os.read(out, fcntl.fcntl(out, fcntl.F_GETPIPE_SZ))
        assert process.wait(SECONDS) == 143
    os.close(out)
    assert {"work/app/.qwen/.env", "work/app/.gitignore", "work/app/qwen.toml"} <= set(desk.files())


def fill(pipe: int) -> None:
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x")
    os.set_blocking(pipe, True)


# In a terminal.


def end_and_check(person: Typing, before: list[Any], number: int) -> str:
    """Check that a signal ended a command at once and the terminal is restored; return the visible text."""
    began = time.monotonic()
    person.signal(number)
    assert person.exit_code() == 128 + number
    assert time.monotonic() - began < 5
    assert person.settings_left == before
    assert "Traceback" not in person.text
    assert "Unhandled" not in person.text
    assert person.raw.count(b"\x1b[?2004l") == person.raw.count(b"\x1b[?2004h")
    return person.text


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("number", [TERM, HUP, QUIT])
def test_a_conversation_leaves_the_terminal_as_it_was(desk: Desk, server: Provider, number: int, term: str) -> None:
    server.replies[:] = [streamed_reply("pong"), HALF]
    with command_with_settings(desk, "run", env=env_of(server), term=term) as (person, before):
        person.until("Ctrl-D exits", ">")
        person.type("first\r").until("pong", ">")
        if number == HUP:
            person.type("second\r").until("half")
        else:
            person.type("not sent").until("not sent")
        assert f"terminated by {signal.Signals(number).name}" in end_and_check(person, before, number)
    if term != "dumb":
        assert (desk.home / ".local/state/qwen-cfg/history").read_text().count("+first") == 1


@contextmanager
def command_with_settings(desk: Desk, *argv: str, **options: Any) -> Iterator[tuple[Typing, list[Any]]]:
    """A command in a terminal, and the terminal's settings before the command changed them."""
    with Typing(desk, *argv, **options) as person:
        yield person, person.settings


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_during_a_question(desk: Desk, term: str) -> None:
    with command_with_settings(desk, "run", env={}, term=term) as (person, before):
        person.until("Provider")
        person.type("\r").until("Base URL")
        person.type("\r").until("Base URL", "API key")
        person.type("sk-secret-that-is-typed")
        assert "sk-secret" not in end_and_check(person, before, TERM)
    assert not (desk.cwd / ".qwen").exists()


@pytest.mark.parametrize("number", [TERM, HUP])
def test_during_typing(desk: Desk, number: int) -> None:
    with command_with_settings(desk, "run", env={}) as (person, before):
        person.until("Provider")
        person.type("\r").until("Base URL")
        person.type("\r").until("Base URL", "API key")
        person.type("s" * 1500).until("**")
        assert "sss" not in end_and_check(person, before, number)


def test_during_the_trust_question(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_BASE_URL=http://elsewhere.example/v1\n")
    with command_with_settings(desk, "run", "-p", "x", env={"OPENAI_API_KEY": KEY}) as (person, before):
        person.until("elsewhere.example", "[y/N]")
        end_and_check(person, before, HUP)


def test_during_the_wait_for_a_login(desk: Desk, service: AuthorizationServer) -> None:
    env = {"QWEN_OAUTH_BASE_URL": service.url}
    with command_with_settings(desk, "auth", "login", "--no-browser", env=env, width=120) as (person, before):
        person.until("Waiting for the login")
        end_and_check(person, before, TERM)
    assert not list((desk.home / ".qwen").iterdir())


# Each end takes at most five seconds; an answer may take longer.
@pytest.mark.parametrize(("number", "seconds"), [(INT, 0), (TERM, 5.5), (HUP, 0)])
def test_a_login_approved_during_the_end_is_saved(
    desk: Desk, service: AuthorizationServer, number: int, seconds: float
) -> None:
    service.before_poll_answer = threading.Event()
    env = {"QWEN_OAUTH_BASE_URL": service.url}
    with command_with_settings(desk, "auth", "login", "--no-browser", env=env, width=120) as (person, _):
        person.until("The code is")
        service.approve()
        person.when(lambda: service.polls, "no poll came")
        person.signal(number)
        person.until("finished first")
        threading.Timer(seconds, service.before_poll_answer.set).start()
        assert person.exit_code() == 128 + number
    kept = json.loads((desk.home / ".qwen/oauth_creds.json").read_text())
    assert service.accepts(kept["access_token"])
    assert [file.name for file in (desk.home / ".qwen").iterdir()] == ["oauth_creds.json"]


# A closed terminal, which cannot be written any more.


def type_prompt(person: Typing) -> None:
    """Wait for the prompt of a conversation, and type one."""
    person.when(lambda: b"?2004h" in person.raw, "no prompt came")
    person.type("x\r")


@pytest.mark.parametrize("argv", [("run",), ("run", "-p", "x"), ("run", "-p", "x", "--output-format", "stream-json")])
def test_a_closed_terminal_ends_an_answer(desk: Desk, server: Provider, argv: tuple[str, ...]) -> None:
    server.replies[:] = [HALF]
    with Typing(desk, *argv, env=env_of(server)) as person:
        if argv == ("run",):
            type_prompt(person)
        person.until("half")
        assert person.hang_up() == 129
    assert server.hung_up.wait(10)


def test_a_closed_terminal_ends_a_conversation_at_its_prompt(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", env=env_of(server)) as person:
        person.when(lambda: b"?2004h" in person.raw, "no prompt came")
        assert person.hang_up() == 129


@pytest.mark.parametrize("argv", [(), ("-p", "x")])
def test_a_closed_terminal_does_not_interrupt_a_refresh(desk: Desk, argv: tuple[str, ...]) -> None:
    with authorization_server(before_answer=threading.Event()) as service:
        home = Home(desk.home, service)
        home.write_login(service.issue(expires_in=-5))
        options = ("--auth-type", "qwen-oauth", "--qwen-oauth-url", service.url)
        with Typing(desk, "run", *argv, *options) as person:
            if not argv:
                type_prompt(person)
            assert service.received.wait(SECONDS)
            assert service.before_answer is not None
            threading.Timer(0.3, service.before_answer.set).start()
            assert person.hang_up() == 129
        assert service.accepts(home.login.access_token.reveal())
        assert home.files == ["oauth_creds.json"]
