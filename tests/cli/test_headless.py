"""`qwen-cfg run -p`: the result is on standard output in each format, failures too, and nothing waits for input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.provider import Provider, Reply, chunk, events, finish, refusal, streamed_reply, usage

from qwen_schema import Secret, StreamRedactor

from . import process
from .process import KEY, SECONDS, Desk, clean_environment
from .running import Running, read_until
from .terminal import run_on_screen

FORMATS = ["text", "json", "stream-json"]
RESULT = {
    "format",
    "answer",
    "reasoning",
    "model",
    "requested_model",
    "finish_reason",
    "usage",
    "timings",
    "config",
    "provenance",
    "exit_reason",
    "error",
    "exit_code",
}


def env_of(server: Provider, **more: str) -> dict[str, str]:
    return process.env_of(server, **{"QWEN_CFG_MAX_RETRIES": "0", **more})


def result_of(out: str, form: str) -> dict[str, Any]:
    """Return the document with the result."""
    document = json.loads(out.splitlines()[-1] if form == "stream-json" else out)
    if form == "stream-json":
        assert document.pop("type") == "result"
    assert document.keys() == RESULT
    return document


def running_command(desk: Desk, server: Provider, *argv: str, stdin: int = subprocess.DEVNULL) -> Running:
    return Running("run", *argv, cwd=desk.cwd, environment=clean_environment(desk.home, env_of(server)), stdin=stdin)


def exits(running: Running, code: int) -> tuple[str, str]:
    """Wait for the end with an exit code, and return the rest of the two outputs."""
    out, err = running.communicate()
    assert running.returncode == code, err
    assert "Traceback" not in err
    return out, err


# The prompt.


@pytest.mark.parametrize(
    ("argv", "stdin", "prompt"),
    [
        (["-p", "hello ü"], b"", "hello ü"),
        ([], b"from a pipe\n", "from a pipe\n"),
        (["-p", "Explain this."], b"def f(): ...\n", "Explain this.\n\ndef f(): ...\n"),
        (["-p", "Explain this."], b" \n", "Explain this."),
        (["--prompt=-x"], b"", "-x"),
    ],
)
def test_the_prompt_and_its_context(desk: Desk, server: Provider, argv: list[str], stdin: bytes, prompt: str) -> None:
    desk.run("run", *argv, env=env_of(server), stdin=stdin).exits(0)
    (request,) = server.take_requests()
    assert request.texts == [prompt]
    assert request.body["stream"] is True


def test_instructions_come_before_the_prompt(desk: Desk, server: Provider) -> None:
    desk.run("run", "-p", "ping", "--system", "Be short.", env=env_of(server)).exits(0)
    (request,) = server.take_requests()
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]
    assert request.texts == ["Be short.", "ping"]


def test_an_input_that_stays_open_is_reported(desk: Desk, server: Provider) -> None:
    with running_command(desk, server, "-p", "ping", stdin=subprocess.PIPE) as running:
        assert b"waiting for the end of standard input" in running.stderr.readline()
        assert exits(running, 0)[0] == "pong from m ü\n"


# The answer.


def test_the_text_format_has_only_the_answer(desk: Desk, server: Provider) -> None:
    text = "one\n\ttwo ü 😀\x1b[31m\x00\r\n"
    server.replies[:] = [streamed_reply(text[:7], text[7:]), streamed_reply("no line end")]
    outcome = desk.run("run", "-p", "x", env=env_of(server)).exits(0)
    assert outcome.out == text
    assert outcome.err == ""
    assert desk.run("run", "-p", "x", env=env_of(server)).exits(0).out == "no line end\n"


def test_control_characters_do_not_reach_a_terminal(desk: Desk, server: Provider) -> None:
    server.replies[:] = [streamed_reply("a\x1b]0;title\x07b\x1b[2Jc")]
    screen = run_on_screen(desk, "run", "-p", "x", env=env_of(server))
    assert screen.code == 0
    assert b"\x1b]0" not in screen.raw
    assert b"\x1b[2J" not in screen.raw
    assert "a\\x1b]0;title\\x07b\\x1b[2Jc" in screen.text


@pytest.mark.parametrize("form", ["text", "stream-json"])
def test_a_piece_is_written_when_it_arrives(desk: Desk, server: Provider, form: str) -> None:
    held = threading.Event()
    reply = streamed_reply("first", "second")
    server.replies[:] = [Reply(reply.pieces, hold=held)]
    with running_command(desk, server, "-p", "ping", "--output-format", form) as running:
        assert b"second" not in read_until(running.stdout, b"first")
        held.set()
        assert "second" in exits(running, 0)[0]


@pytest.mark.parametrize("form", ["json", "stream-json"])
def test_the_document_has_all_details(desk: Desk, server: Provider, form: str) -> None:
    counts = usage(100, 20, prompt_tokens_details={"cached_tokens": 64})
    thought = chunk(reasoning_content="hm")
    server.replies[:] = [Reply(events(thought, chunk(content="ye"), chunk(content="s"), finish(), counts))]
    outcome = desk.run("run", "-p", "x", "--output-format", form, "--model", "n", env=env_of(server)).exits(0)
    result = result_of(outcome.out, form)
    assert (result["answer"], result["reasoning"]) == ("yes", "hm")
    assert (result["model"], result["requested_model"], result["finish_reason"]) == ("m", "n", "stop")
    expected = {"prompt_tokens": 100, "cached_tokens": 64, "completion_tokens": 20, "total_tokens": 120}
    assert result["usage"] == expected
    assert 0 <= result["timings"]["first_token_seconds"] <= result["timings"]["total_seconds"] < SECONDS
    assert result["provenance"]["model"] == {"layer": "flag", "origin": "--model", "reach": "user"}
    assert result["config"]["api_key"] == {"from": "environment", "variable": "OPENAI_API_KEY"}
    assert (result["exit_reason"], result["exit_code"], result["error"]) == ("answered", 0, None)
    # The answer comes from another model than the requested one.
    assert outcome.err == "qwen-cfg: m answered, not n\n"


@pytest.mark.parametrize("form", ["json", "stream-json"])
def test_absurd_counts_lose_no_answer(desk: Desk, server: Provider, form: str) -> None:
    server.replies[:] = [
        Reply(events(chunk(content="Hello."), finish(), usage(10**4300 - 1, 10**4300 - 1, total_tokens="?")))
    ]
    outcome = desk.run("run", "-p", "x", "--output-format", form, env=env_of(server)).exits(0)
    result = result_of(outcome.out, form)
    assert result["answer"] == "Hello."
    assert set(result["usage"].values()) == {None}


def test_the_lines_of_stream_json(desk: Desk, server: Provider) -> None:
    server.replies[:] = [
        refusal(503, "busy", retry_after_ms="10"),
        Reply(events(chunk(reasoning_content="hm"), chunk(content="ü\u2028\n"), finish())),
    ]
    argv = ["run", "-p", "x", "--output-format", "stream-json", "--max-retries", "1"]
    outcome = desk.run(*argv, env=env_of(server)).exits(0)
    lines = [json.loads(line) for line in outcome.out.split("\n")[:-1]]
    assert [line["type"] for line in lines] == ["start", "waiting", "reasoning", "text", "result"]
    assert lines[0]["config"]["base_url"] == f"{server.url}/v1"
    assert (lines[1]["seconds"], lines[1]["attempt"], lines[1]["most"]) == (0.01, 1, 1)
    assert (lines[2]["text"], lines[3]["text"]) == ("hm", "ü\u2028\n")
    assert "trying again in 0.0 s (1 of 1)" in outcome.err


def test_missing_counts_are_null(desk: Desk, server: Provider) -> None:
    server.replies[:] = [Reply(events(chunk(content="x"), finish()))]
    outcome = desk.run("run", "-p", "x", "--output-format", "json", env=env_of(server)).exits(0)
    assert set(outcome.json["usage"].values()) == {None}


def test_an_inlined_key_is_not_in_the_document(desk: Desk, server: Provider) -> None:
    for key in (KEY, "ollama"):
        desk.run("resolve", "-o", "a.toml", "--inline-secrets", env=env_of(server, OPENAI_API_KEY=key)).exits(0)
        for form in FORMATS:
            outcome = desk.run("run", "-p", "x", "--config", "a.toml", "--output-format", form).exits(0)
            assert f'"{key}"' not in outcome.output
            assert server.take_requests()[0].authorization == f"Bearer {key}"


def test_the_token_limit_is_reported(desk: Desk, server: Provider) -> None:
    server.replies[:] = [Reply(events(chunk(content="x"), finish("length")))]
    outcome = desk.run("run", "-p", "x", env=env_of(server)).exits(0)
    assert "token limit" in outcome.err


# Failures: the same exit code in every format, and never 0.


FAILURES: dict[str, tuple[Reply | None, int, str]] = {
    "refused key": (refusal(401, f"bad key {KEY}"), 4, "AuthenticationError"),
    "failing server": (refusal(500, f"we said {KEY}"), 6, "ProviderError"),
    "no model": (refusal(404, "The model `m` does not exist", "model_not_found"), 6, "NotFoundError"),
    "throttled": (refusal(429, "slow down"), 6, "RateLimitError"),
    "out of quota": (refusal(429, "pay", "insufficient_quota"), 6, "QuotaError"),
    "cut off": (Reply(events(chunk(content="half an answer"), done=False), drop=True), 6, "CutOffError"),
    "a page": (Reply([b"<html>"], 200, "text/html"), 6, "NoCompletionError"),
    "nothing": (Reply(), 6, "NoCompletionError"),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_request_never_exits_with_0(desk: Desk, server: Provider, name: str, form: str) -> None:
    reply, code, kind = FAILURES[name]
    server.replies[:] = [reply]
    outcome = desk.run("run", "-p", "x", "--output-format", form, env=env_of(server)).exits(code)
    partial = "half an answer" if name == "cut off" else ""
    assert KEY not in outcome.output
    assert outcome.err.startswith("qwen-cfg: ")
    if form == "text":
        assert outcome.out == (f"{partial}\n" if partial else "")
        return
    result = result_of(outcome.out, form)
    assert (result["exit_code"], result["error"]["class"], result["answer"]) == (code, kind, partial)
    assert result["exit_reason"] == ("cut off" if partial else "failed")
    assert result["error"]["message"] in outcome.err


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("ci", ["", "true"])
def test_an_empty_config_is_an_error(desk: Desk, form: str, ci: str) -> None:
    desk.write("work/app/.env", "PORT=1\n")
    for stdin in (b"", b"hello"):
        outcome = desk.run("run", "--output-format", form, env={"CI": ci}, stdin=stdin).exits(3)
        for word in ("OPENAI_API_KEY", "--openai-api-key", "./.env", "export it"):
            assert word in outcome.err
        if form == "text":
            assert outcome.out == ""
        else:
            assert result_of(outcome.out, form)["exit_code"] == 3


@pytest.mark.parametrize("form", FORMATS)
def test_an_invalid_artifact_is_an_error(desk: Desk, form: str) -> None:
    desk.write("work/app/a.toml", "format = 1\n")
    outcome = desk.run("run", "-p", "x", "--config", "a.toml", "--output-format", form).exits(3)
    if form != "text":
        assert result_of(outcome.out, form)["error"]["class"] == "ArtifactError"


def test_with_ci_set_nothing_is_asked(desk: Desk, server: Provider) -> None:
    screen = run_on_screen(desk, "run", env=env_of(server, CI="true"))
    assert screen.code == 2
    assert "there is no prompt" in screen.text
    screen = run_on_screen(desk, "run", env={"CI": "1"})
    assert screen.code == 3
    assert server.take_requests() == []


def test_a_refused_key_that_overrides_another_is_reported(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", "# mine\nOPENAI_API_KEY=sk-the-one-of-the-file-0123456789\n")
    server.replies[:] = [refusal(401, "Incorrect API key provided")]
    outcome = desk.run("run", "-p", "x", env=env_of(server)).exits(4)
    assert f"127.0.0.1:{server.port} refused the key" in outcome.err
    assert "the variable OPENAI_API_KEY" in outcome.err
    assert outcome.err.count("./.env:2") >= 2
    assert "sk-the-one" not in outcome.output


# Interruption and closed pipes.


@pytest.mark.parametrize("form", FORMATS)
def test_ctrl_c_stops_at_once_and_keeps_the_received_text(desk: Desk, server: Provider, form: str) -> None:
    server.replies[:] = [Reply(events(chunk(content="half"), done=False), stay=True)]
    with running_command(desk, server, "-p", "ping", "--output-format", form) as running:
        received = b"" if form == "json" else read_until(running.stdout, b"half")
        if form == "json":
            assert server.sent.wait(SECONDS)
            running.wait_until_idle(server.port)
        running.send_signal(signal.SIGINT)
        out, err = exits(running, 130)
    assert "interrupted" in err
    if form == "text":
        assert received.decode() + out == "half\n"
    else:
        result = result_of(received.decode() + out, form)
        assert (result["answer"], result["exit_reason"], result["exit_code"]) == ("half", "interrupted", 130)
    assert server.hung_up.wait(10)


def test_ctrl_c_before_the_first_piece(desk: Desk, server: Provider) -> None:
    server.replies[:] = [Reply(wait=60)]
    with running_command(desk, server, "-p", "ping") as running:
        deadline = time.monotonic() + SECONDS
        while not server.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        begun = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert exits(running, 130)[0] == ""
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("form", ["text", "stream-json"])
def test_a_closed_pipe_is_no_error(desk: Desk, server: Provider, form: str) -> None:
    server.replies[:] = [Reply(streamed_reply(*["line\n"] * 200).pieces, pause=0.02)]
    with running_command(desk, server, "-p", "ping", "--output-format", form) as running:
        assert running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.readall() == b""
        assert running.wait() == 0
    # The rest of the answer is not requested.
    assert server.hung_up.wait(10)


# Other messages in the requested format.


@pytest.mark.parametrize("form", ["json", "stream-json"])
@pytest.mark.parametrize("written", [["--output-format", "{}"], ["--output-format={}"]])
@pytest.mark.parametrize("words", [["--nope"], ["one", "two"], ["--max-retries", "many"], ["--env-file", "missing"]])
def test_a_usage_error_has_the_requested_format(desk: Desk, form: str, written: list[str], words: list[str]) -> None:
    argv = ["run", "-p", "x", *(word.format(form) for word in written), *words]
    outcome = desk.run(*argv, env={"OPENAI_API_KEY": KEY})
    result = result_of(outcome.out, form)
    assert result["exit_code"] == outcome.code
    assert outcome.code in (2, 3)
    assert len(outcome.out.splitlines()) == 1 or form == "json"


@pytest.mark.parametrize("form", ["json", "stream-json"])
def test_ctrl_c_while_standard_input_is_read(desk: Desk, server: Provider, form: str) -> None:
    with running_command(desk, server, "--output-format", form, stdin=subprocess.PIPE) as running:
        assert b"end of standard input" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        result = result_of(running.stdout.readall().decode(), form)
        assert (running.wait(), result["exit_reason"], result["exit_code"]) == (130, "interrupted", 130)


def test_a_non_blocking_input_is_waited_for(desk: Desk, server: Provider) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with running_command(desk, server, stdin=reading) as running:
        os.close(reading)
        os.write(writing, "\ufefflate".encode())
        os.close(writing)
        exits(running, 0)
    assert server.take_requests()[0].texts == ["late"]


def test_an_input_that_cannot_be_read(desk: Desk, server: Provider) -> None:
    only_to_write = "import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 0)"
    outcome = desk.run("run", "-p", "x", env=env_of(server), before=only_to_write).exits(2)
    assert "standard input cannot be read" in outcome.err


# A key in the answer.


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("cut", [0, 3, 10, 38])
def test_an_echoed_key_is_not_shown(desk: Desk, server: Provider, form: str, cut: int) -> None:
    echo = f"your key is {KEY}, and postgres://user:password@host is no key"
    place = echo.index(KEY) + cut
    server.replies[:] = [streamed_reply(echo[:place], echo[place:], "!")]
    outcome = desk.run("run", "-p", "x", "--output-format", form, env=env_of(server)).exits(0)
    assert KEY not in outcome.output
    lines = [json.loads(line) for line in outcome.out.splitlines()] if form == "stream-json" else []
    pieces = "".join(line["text"] for line in lines if line["type"] == "text")
    assert KEY not in pieces
    answers = {"text": [outcome.out], "json": [], "stream-json": [f"{pieces}\n"]}[form]
    answers += [f"{result_of(outcome.out, form)['answer']}\n"] if form != "text" else []
    for answer in answers:
        # No other text is changed, even if it looks like a key.
        assert answer.endswith(", and postgres://user:password@host is no key!\n")
        assert answer.startswith("your key is ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("abk-", max_size=4), max_size=12))
def test_any_pieces_are_shown_except_for_the_secret(parts: list[str]) -> None:
    secret, redacting = Secret("ab-ab-ka-kb-ab-kk"), StreamRedactor()
    text = "".join(parts)
    assert "".join([*map(redacting.add, parts), redacting.end()]) == text.replace(secret.reveal(), "[redacted]")
    cut = [secret.reveal()[:9], secret.reveal()[9:]]
    whole = "".join([*map(redacting.add, [*parts, *cut, *parts]), redacting.end()])
    assert secret.reveal() not in whole
