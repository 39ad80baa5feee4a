"""Streams that are not server-sent events, streams cut within an event, and web pages instead of a stream."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prompts import KEY, ask, session
from support.provider import Reply, chunk, events, finish, usage

from qwen_runtime.wire.events import Text
from qwen_runtime.wire.markup import text_of
from qwen_schema import CutOffError, NoCompletionError, ProviderError, QwenCfgError

if TYPE_CHECKING:
    from support.provider import Provider

HALF = events(chunk(content="half"), done=False)


def lines(*documents: Any, end: str = "\n") -> list[bytes]:
    return [f"{json.dumps(document)}{end}".encode() for document in documents]


def error_of(server: Provider, reply: Reply) -> QwenCfgError:
    """Send a prompt, and return the error: exit code 6, one line of limited length, without key or markup."""
    server.replies[:] = [reply]
    with pytest.raises(QwenCfgError) as raised:
        ask(session(f"{server.url}/v1"))
    error = raised.value
    assert error.exit_code == 6
    assert not {KEY, "\n", "<", "\x1b"} & {part for part in (KEY, "\n", "<", "\x1b") if part in error.what}
    assert len(error.what) < 500
    return error


CHUNKS = [chunk(content="Hel"), chunk(content="lo."), finish(), usage()]


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl; charset=utf-8", "text/event-stream", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("joined", [True, False])
def test_json_lines_are_an_answer(server: Provider, kind: str, end: str, joined: bool) -> None:
    pieces = lines(*CHUNKS, end=end)
    for sent in (pieces, [*pieces[:-1], pieces[-1].strip()], [*pieces, b"[DONE]\n"], [b"\n", *pieces]):
        server.replies[:] = [Reply([b"".join(sent)] if joined else sent, kind=kind)]
        answer = ask(session(f"{server.url}/v1"))[1]
        assert (answer.text, answer.usage is not None) == ("Hello.", True)


def test_json_lines_in_pieces_of_any_size_are_an_answer(server: Provider) -> None:
    whole = b"".join(lines(*CHUNKS))
    for size in (1, 7, 60):
        server.replies[:] = [Reply([whole[at : at + size] for at in range(0, len(whole), size)])]
        assert ask(session(f"{server.url}/v1"))[1].text == "Hello."


def test_json_lines_are_shown_as_they_arrive(server: Provider) -> None:
    held = threading.Event()
    server.replies[:] = [Reply(lines(*CHUNKS), hold=held, kind="application/x-ndjson")]
    with session(f"{server.url}/v1").exchange("ping") as exchange:
        for event in exchange.events():
            if event == Text("Hel"):
                held.set()
    assert exchange.answer.text == "Hello."


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("before", [HALF, lines(chunk(content="half"))])
def test_an_error_line_without_data_is_read(server: Provider, indent: int | None, before: list[bytes]) -> None:
    raw = json.dumps({"error": {"message": "no GPU is free"}}, indent=indent).encode()
    assert "in the middle of the answer: the provider reports an error (no GPU is free)" in (
        error_of(server, Reply([*before, raw, b"\n"])).what
    )


OLLAMA = {"model": "m", "created_at": "x", "message": {"role": "assistant", "content": "Hi"}, "done": False}
OTHERS: dict[str, tuple[list[bytes], str, str]] = {
    "Ollama": (lines(OLLAMA, {**OLLAMA, "done": True}), "Ollama", "/v1"),
    "Ollama, whole": (lines({**OLLAMA, "done": True}, end=""), "Ollama", "/v1"),
    "Ollama, generate": (lines({"model": "m", "response": "Hi", "done": False}), "Ollama", "/v1"),
    "Anthropic": (
        [b"event: message_start\n", *events({"type": "message_start", "message": {"content": []}}, done=False)],
        "Anthropic",
        "OpenAI-compatible",
    ),
    "Anthropic, whole": (lines({"type": "message", "content": [{"type": "text", "text": "Hi"}]}), "Anthropic", "base"),
    "Gemini": (lines([{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}]), "Gemini", "/v1beta/openai/"),
    "Gemini, events": (events({"candidates": [{"content": {}}]}, done=False), "Gemini", "/v1beta/openai/"),
    "Responses": (events({"type": "response.created", "response": {}}), "Responses", "/responses"),
    "Responses, whole": (lines({"object": "response", "output": []}), "Responses", "/responses"),
    "DashScope": (lines({"output": {"text": "Hi"}, "request_id": "r"}), "DashScope", "compatible-mode"),
    "completions": (events({"choices": [{"text": "Hi", "index": 0}]}), "text completions", "/completions"),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
def test_another_api_is_named(server: Provider, name: str, kind: str) -> None:
    pieces, api, advice = OTHERS[name]
    error = error_of(server, Reply([b"".join(pieces)], kind=kind))
    assert isinstance(error, NoCompletionError)
    assert api in error.what
    assert advice in error.hint
    assert "port" not in error.hint


CUT = ['data: {"choices": [{"delta": {"content": "no', 'data: {"choices"', "data: {", '{"choices": [{"del', "data: [DO"]


@pytest.mark.parametrize("last", CUT)
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_stream_that_ends_within_an_event_is_an_error(server: Provider, last: str, end: str) -> None:
    cut = f"{last}{end}".encode()
    error = error_of(server, Reply([*HALF, cut]))
    assert isinstance(error, CutOffError)
    assert "the stream ended within an event" in error.what
    server.replies[:] = [Reply([*HALF, *events(finish(), done=False), cut])]
    assert ask(session(f"{server.url}/v1"))[1].text == "half"


PAGE = "<html><head><title>502 Bad Gateway</title><style>p{}</style></head><body><h1>502 Bad Gateway</h1>nginx</body>"
PAGES = {
    "an event": f"data: {PAGE}\n\n",
    "an event without status": "data: <!doctype html><h1>Sign in &amp; go</h1>\n\n",
    "no event": f"{PAGE}\n",
    "lines": PAGE.replace("><", ">\n<"),
    "XML": "data: <?xml version='1.0'?><Error><Code>X</Code><Message>502 Bad Gateway</Message></Error>\n\n",
    "text": "upstream said 502 Bad Gateway\n",
    "text in an event": "data: upstream said 502 Bad Gateway\n\n",
    "with a key": f"data: <h1>502 Bad Gateway {KEY}\x1b[31m</h1>\n\n",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("before", [HALF, [b": hello\n\n"]])
def test_the_text_of_a_page_is_shown(server: Provider, name: str, before: list[bytes]) -> None:
    error = error_of(server, Reply([*before, PAGES[name].encode()]))
    assert isinstance(error, ProviderError)
    assert ("Sign in & go" if "without" in name else "502 Bad Gateway") in error.what.replace("502:", "502")
    assert "p{}" not in error.what
    assert "(0" not in error.what


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (PAGE, "text/html", "(502: Bad Gateway nginx)"),
        ("<Error><Code>X</Code><Message>no &lt;GPU&gt;</Message><Id>7</Id></Error>", "application/xml", "no "),
        ("<error><![CDATA[no GPU is free]]></error>", "text/xml", "(502: no GPU is free)"),
        ("<h1>no GPU</h1>\n<p>is free</p>", "text/plain", "(502: no GPU is free)"),
        (json.dumps({"error": "<p>no GPU</p> is free"}), "application/json", "(502: no GPU is free)"),
    ],
)
def test_the_text_of_an_error_in_markup_is_shown(server: Provider, body: str, kind: str, words: str) -> None:
    server.replies[:] = [Reply([body.encode()], 502, kind)]
    with pytest.raises(ProviderError) as raised:
        ask(session(f"{server.url}/v1"))
    assert words in raised.value.what
    assert "</" not in raised.value.what


@given(st.text(alphabet="<>/!-[]CDAT&;amp \nhscript"))
def test_any_markup_gives_one_line(text: str) -> None:
    assert "\n" not in text_of(text)
