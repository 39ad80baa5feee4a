"""Odd answers of real servers and gateways: odd ends, events and headers, and token counts in odd places."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.prompts import KEY, ask, close_all, session
from support.provider import Reply, chunk, events, finish, streamed_reply, usage

from qwen_runtime.wire.answer_notices import notices_of
from qwen_runtime.wire.endings import incomplete_reason
from qwen_runtime.wire.events import Text
from qwen_runtime.wire.usage import Usage
from qwen_schema import CutOffError, NoCompletionError, ProviderError, QuotaError, QwenCfgError

if TYPE_CHECKING:
    from support.provider import Provider

WHOLE = {"model": "m", "choices": [{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]}


def text_of(server: Provider, reply: Reply) -> str:
    server.replies[:] = [reply]
    return ask(session(f"{server.url}/v1"))[1].text


def error_of(server: Provider, reply: Reply, **fields: Any) -> QwenCfgError:
    """Send a prompt, and return the error: exit code 6, one line of limited length, without the key."""
    server.replies[:] = [reply] * 4
    with pytest.raises(QwenCfgError) as raised:
        ask(session(f"{server.url}/v1", **fields))
    error = raised.value
    assert error.exit_code == 6
    assert KEY not in str(error)
    assert "\n" not in str(error)
    assert len(error.what) < 500
    return error


# Finish reasons: the good ones are known, and every other one is reported by its name.


@pytest.mark.parametrize(
    "reason",
    [
        *("stop", "STOP", "Stop", "eos", "eos_token", "end_turn", "stop_sequence", "COMPLETE", "completed", "end"),
        *("FinishReason.STOP", "FINISH_REASON_STOP", "length", "MAX_TOKENS", "model_length", "max_output_tokens"),
    ],
)
def test_a_good_finish_reason_in_any_spelling(server: Provider, reason: str) -> None:
    assert text_of(server, Reply(events(chunk(content="all"), finish(reason)))) == "all"


@pytest.mark.parametrize("reason", ["length", "MAX_TOKENS", "max_tokens", "model_context_window_exceeded"])
def test_the_token_limit_is_reported_in_any_spelling(server: Provider, reason: str) -> None:
    server.replies[:] = [Reply(events(chunk(content="all"), finish(reason)))]
    chat = session(f"{server.url}/v1")
    assert "token limit" in next(notices_of(ask(chat)[1], chat.settings))


BAD = {
    "abort": "failed",
    "network_error": "failed",
    "insufficient_system_resource": "failed",
    "ERROR": "failed",
    "sensitive": "content filter",
    "SAFETY": "content filter",
    "content-filter": "content filter",
    "PROHIBITED_CONTENT": "content filter",
    "moved_to_mars": "unknown reason",
    "cancelled": "unknown reason",
    "stop_the_presses": "unknown reason",
    "终止": "unknown reason",
}


@pytest.mark.parametrize("reason", BAD)
@pytest.mark.parametrize("text", ["half", ""])
def test_any_other_finish_reason_is_an_error_that_names_it(server: Provider, reason: str, text: str) -> None:
    error = error_of(server, Reply(events(chunk(content=text), finish(reason))))
    assert isinstance(error, CutOffError)
    assert reason in error.what
    assert BAD[reason] in error.what


ODD = [3, 1, -1, 2.5, True, {}, [], {"type": "stop"}, [3], "?", "--"]


@pytest.mark.parametrize("reason", ODD, ids=json.dumps)
@pytest.mark.parametrize("key", ["delta", "message"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_finish_reason_that_is_not_a_string_is_unknown(server: Provider, reason: Any, key: str, whole: bool) -> None:
    document = {"choices": [{key: {"content": "half"}, "finish_reason": reason}]}
    reply = Reply([json.dumps(document).encode()] if whole else events(document))
    error = error_of(server, reply)
    assert isinstance(error, CutOffError)
    assert (
        f"unknown reason (finish_reason {json.dumps(reason) if not isinstance(reason, str) else reason})" in error.what
    )


@pytest.mark.parametrize("reason", [None, "", False, 0])
def test_an_empty_finish_reason_is_no_end(server: Provider, reason: Any) -> None:
    piece = {"choices": [{"delta": {"content": "a"}, "finish_reason": reason}]}
    assert text_of(server, Reply(events(piece, piece, finish()))) == "aa"
    assert "before the answer did" in error_of(server, Reply(events(piece, done=False))).what


def test_a_long_finish_reason_is_one_line_of_limited_length(server: Provider) -> None:
    deep = f'{{"choices": [{{"delta": {{"content": "a"}}, "finish_reason": {"[" * 500}{"]" * 500}}}]}}'
    for reason in (deep, finish("x" * 5000), {"choices": [{"delta": {}, "finish_reason": {"why": "x\n" * 5000}}]}):
        error_of(server, Reply(events(chunk(content="half"), reason)))


@given(st.text())
def test_any_finish_reason_is_good_or_named_in_one_line(reason: str) -> None:
    assert len(incomplete_reason(reason)) < 150
    assert "\n" not in incomplete_reason(reason)


@pytest.mark.parametrize("options", [{"drop": True}, {"stay": True}])
def test_a_bad_finish_reason_counts_however_the_connection_ends(server: Provider, options: dict[str, bool]) -> None:
    reply = Reply(events(chunk(content="half"), finish("abort"), done=False), **options)
    assert "abort" in error_of(server, reply, timeout=60).what


def test_the_finish_reason_null_as_a_string_is_no_end(server: Provider) -> None:
    piece = {"choices": [{"delta": {"content": "a"}, "finish_reason": "null"}]}
    assert text_of(server, Reply(events(piece, piece, finish()))) == "aa"
    assert "before the answer did" in error_of(server, Reply(events(piece, done=False))).what


# A complete message after deltas.


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("Hello.", "Hello."),
        ("Hello. And more.", "Hello. And more."),
        ("Goodbye.", "Hello."),
        (" Hello.\n", "Hello."),
        ("Hel", "Hello."),
        ("", "Hello."),
        (None, "Hello."),
        ([{"type": "text", "text": "Hello."}], "Hello."),
    ],
)
@pytest.mark.parametrize("delta", [{}, {"delta": {}}, {"delta": None}, {"delta": {"content": ""}}])
def test_a_complete_message_after_deltas_adds_nothing(
    server: Provider, last: Any, expected: str, delta: dict[str, Any]
) -> None:
    end = {"choices": [{**delta, "message": {"role": "assistant", "content": last}, "finish_reason": "stop"}]}
    assert text_of(server, Reply(events(chunk(content="Hel"), chunk(content="lo."), end))) == expected


def test_complete_reasoning_after_deltas_adds_nothing(server: Provider) -> None:
    end = {"choices": [{"message": {"reasoning_content": "hm", "content": "yes"}, "finish_reason": "stop"}]}
    server.replies[:] = [Reply(events(chunk(reasoning_content="hm"), chunk(content="yes"), end))]
    answer = ask(session(f"{server.url}/v1"))[1]
    assert (answer.reasoning, answer.text) == ("hm", "yes")


def test_messages_without_deltas_are_pieces(server: Provider) -> None:
    pieces = [{"choices": [{"message": {"content": text}}]} for text in ("ha", "ha", "!")]
    assert text_of(server, Reply(events(*pieces, finish()))) == "haha!"
    assert text_of(server, Reply(events(WHOLE))) == "Hello."


@pytest.mark.parametrize(
    "texts",
    [
        ("Hel", "Hello", "Hello."),
        ("Hel", "Hello.", "Hello."),
        ("\n", "\nHello", "\nHello."),
        ("你", "你好", "你好,世界", "你好,世界"),
    ],
)
@pytest.mark.parametrize("name", ["content", "reasoning_content"])
def test_a_message_that_repeats_the_answer_so_far_adds_only_its_new_part(
    server: Provider, name: str, texts: tuple[str, ...]
) -> None:
    messages = [{"choices": [{"message": {name: text}}]} for text in texts]
    last = {"choices": [{"message": {"content": "."} if name != "content" else {}, "finish_reason": "stop"}]}
    server.replies[:] = [Reply(events(*messages, last))]
    answer = ask(session(f"{server.url}/v1"))[1]
    assert (answer.text if name == "content" else answer.reasoning).strip() == texts[-1].strip()


def test_pieces_that_repeat_by_chance_stay_pieces(server: Provider) -> None:
    pieces = [{"choices": [{"message": {"content": text}}]} for text in ("a", "b", "ab", "abc", "ab")]
    assert text_of(server, Reply(events(*pieces, finish()))) == "abababcab"


# Events that are not a JSON object.


@pytest.mark.parametrize(
    "event",
    [
        *("data: : keepalive", "data: : OPENROUTER PROCESSING", "data: :", "data: : still thinking about it"),
        *("data: ping", "data: [PING]", "data: keep-alive", 'data: "heartbeat"', "data: null", "data: []", 'data: ""'),
        *("data: .", "data: 1732800000", "data: ping - 2026-07-26 19:11:49.346444+00:00", "data: -\ndata: -"),
        *("event: ping\ndata: at your service", "event: heartbeat\ndata: {}", "event: keepalive", "data:  "),
        *('data: {"type": "ping"}', 'event: ping\ndata: {"message": "alive"}', 'data: {"type":"ping","message":"hi"}'),
        *('data: {"object": "keepalive", "code": 1, "message": "x"}', 'data: {"status": "processing"}'),
        *("event: keep-alive\ndata: 3s", ": comment", "x-custom: 1"),
    ],
)
def test_keep_alive_events_are_ignored(server: Provider, event: str) -> None:
    first, *rest = streamed_reply("a", "b").pieces
    keep_alive = f"{event}\n\n".encode()
    assert text_of(server, Reply([keep_alive, first, keep_alive, *rest])) == "ab"


@pytest.mark.parametrize("half", [(), ("half",)])
@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("data: error: out of memory", "error: out of memory"),
        ('data: "CUDA error: device-side assert"', "CUDA error"),
        ("data: Internal Server Error", "Internal Server Error"),
        ("data: upstream request timeout", "upstream request timeout"),
        ("event: error\ndata: the cat sat on it", "the cat sat on it"),
        ("event: ERROR\ndata: 42", "an error"),
        ('event: error\ndata: {"reason": "no GPU is free"}', "no GPU is free"),
        ('data: [{"error": {"message": "no GPU is free"}}]', "no GPU is free"),
        ('data: {"choices": [{"error": {"message": "no GPU is free"}, "finish_reason": "error"}]}', "no GPU is free"),
        (f"data: error: the key {KEY} is odd\x1b[31m", "error: the key [redacted] is odd"),
    ],
)
def test_an_error_in_an_event_is_reported_with_its_text(
    server: Provider, event: str, words: str, half: tuple[str, ...]
) -> None:
    sent = [*events(*(chunk(content=text) for text in half), done=False), f"{event}\n\n".encode()]
    error = error_of(server, Reply(sent))
    assert words in error.what
    assert ("in the middle of the answer" in error.what) is bool(half)


def test_other_text_in_an_event_is_quoted(server: Provider) -> None:
    error = error_of(server, Reply(events(chunk(content="half"), "moved elsewhere")))
    assert isinstance(error, CutOffError)
    assert "moved elsewhere" in error.what


def test_text_outside_of_events_is_quoted(server: Provider) -> None:
    assert "the engine is asleep" in error_of(server, Reply([b"the engine is asleep\n"])).what


# The last event.


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("ends", [0, 1, 2])
@pytest.mark.parametrize("done", [False, True])
def test_the_last_event_needs_no_empty_line(server: Provider, line_end: str, ends: int, done: bool) -> None:
    last = {"choices": [{"delta": {"content": "lo."}, "finish_reason": "stop"}]}
    *first, end = events(chunk(content="Hel"), last, done=done, line_end=line_end)
    cut = end.removesuffix(2 * line_end.encode()) + ends * line_end.encode()
    assert text_of(server, Reply([*first, cut])) == "Hello."


def test_a_truncated_last_event_is_no_end(server: Provider) -> None:
    reply = Reply([*events(chunk(content="half"), done=False), b'data: {"choices": [{"delta": {"content": "no'])
    assert isinstance(error_of(server, reply), CutOffError)


# The content decides, not the header.

KINDS = ["text/event-stream", "application/json", "text/plain; charset=latin-1", "text/html", "", "x"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["", "\ufeff", "\n\n", "\ufeff\r\n ", ": hello\n\n"])
@pytest.mark.parametrize("bytewise", [False, True])
def test_a_stream_or_completion_with_any_content_type(server: Provider, kind: str, before: str, bytewise: bool) -> None:
    stream = before.encode() + b"".join(streamed_reply("ü", "€").pieces)
    assert text_of(server, Reply([stream[n : n + 1] for n in range(len(stream))] if bytewise else [stream], kind=kind))
    if not before.startswith(":"):
        document = before.encode() + json.dumps(WHOLE).encode()
        assert text_of(server, Reply([document], kind=kind)) == "Hello."


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_or_page_with_any_content_type(server: Provider, kind: str) -> None:
    document = json.dumps({"error": {"message": "no GPU is free"}}).encode()
    assert "no GPU is free" in error_of(server, Reply([document], kind=kind)).what
    assert "no GPU is free" in error_of(server, Reply([document], 500, kind=kind)).what
    assert "a web page" in error_of(server, Reply([b"<!DOCTYPE html><p>Sign in"], kind=kind)).what


def test_a_stream_with_a_json_type_is_shown_as_it_arrives(server: Provider) -> None:
    first, *rest = streamed_reply("first", "second").pieces
    held = threading.Event()
    server.replies[:] = [Reply([first, *rest], hold=held, kind="application/json")]
    with session(f"{server.url}/v1").exchange("ping") as exchange:
        for event in exchange.events():
            if event == Text("first"):
                held.set()
    assert exchange.answer.text == "firstsecond"


@pytest.mark.parametrize("encoding", ["br", "zstd", "BR", "gzip, br", "x-own"])
@pytest.mark.parametrize("status", [200, 500])
def test_an_unsupported_encoding_is_named(server: Provider, encoding: str, status: int) -> None:
    reply = Reply([b"\x1b\x0b\x00\xf8\x8d"], status, "application/json", {"content-encoding": encoding})
    error = error_of(server, reply)
    assert f"compressed with {encoding.lower().removeprefix('gzip, ')}" in error.what


@pytest.mark.parametrize("encoding", ["identity", ""])
def test_the_encoding_identity_is_read(server: Provider, encoding: str) -> None:
    assert text_of(server, streamed_reply("a", headers={"content-encoding": encoding})) == "a"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_give_a_readable_error(server: Provider, data: bytes) -> None:
    error_of(server, Reply([data]))
    close_all()


# Token counts, success codes, and tools.

COUNTS = usage()["usage"]


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "x_groq": {"id": "r", "usage": COUNTS}},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": None, "x_groq": {"usage": COUNTS}},
        {"choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS}], "usage": None},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": COUNTS},
    ],
)
def test_token_counts_in_any_place_are_found(server: Provider, last: dict[str, Any]) -> None:
    server.replies[:] = [Reply(events({**chunk(content="x"), "usage": None}, last, {**chunk(), "usage": None}))]
    got = ask(session(f"{server.url}/v1"))[1].usage
    assert got is not None
    assert got.total_tokens == 15


NOT_COUNTS = ["9" * 4300, "9" * 5000, f"-{'9' * 5000}", "1000000000000000", "-1", "1e3", "1e999", "NaN", "true", '"7"']


@pytest.mark.parametrize("number", NOT_COUNTS, ids=lambda number: number[:20])
def test_an_invalid_count_is_not_reported_and_the_answer_is_kept(server: Provider, number: str) -> None:
    counts = ", ".join(f'"{name}": {number}' for name in ("prompt_tokens", "completion_tokens", "cached_tokens"))
    last = f'{{"choices": [], "usage": {{{counts}, "total_tokens": {number}}}}}'
    server.replies[:] = [Reply(events(chunk(content="Hello."), finish(), last))]
    got = ask(session(f"{server.url}/v1"))[1]
    assert (got.text, got.usage) == ("Hello.", Usage())


@pytest.mark.parametrize("number", ["9" * 5000, f"-{'9' * 5000}", "1e999"], ids=lambda number: number[:20])
def test_a_long_number_does_not_hide_the_text(server: Provider, number: str) -> None:
    piece = f'{{"created": {number}, "choices": [{{"index": 0, "delta": {{"content": "Hello."}}}}]}}'
    assert text_of(server, Reply(events(piece, finish()))) == "Hello."
    error = f'{{"error": {{"message": "no such thing", "code": {number}}}}}'
    for reply in (Reply(events(error)), Reply([error.encode()], 400, "application/json")):
        assert "no such thing" in error_of(server, reply, max_retries=0).what


@pytest.mark.parametrize("code", [0, "0", 200, "200", "success", "Success", "OK", None, ""])
def test_a_success_code_is_no_error(server: Provider, code: Any) -> None:
    wrapper = {"code": code, "message": "success", "request_id": "r"}
    pieces = [{**chunk(content="Hel"), **wrapper}, {**wrapper, "data": chunk(content="lo.")}, wrapper, finish()]
    assert text_of(server, Reply(events(*pieces))) == "Hello."
    whole = json.dumps({**wrapper, "error": {"code": code, "message": ""}, "data": WHOLE}).encode()
    assert text_of(server, Reply([whole], kind="application/json")) == "Hello."
    resp = {**WHOLE, "base_resp": {"status_code": code, "status_msg": "success"}}
    assert text_of(server, Reply([json.dumps(resp).encode()], kind="application/json")) == "Hello."


@pytest.mark.parametrize("choices", [None, []])
@pytest.mark.parametrize("in_stream", [True, False])
def test_a_failure_code_is_an_error(server: Provider, choices: Any, in_stream: bool) -> None:
    failure = {"choices": choices, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    error = error_of(server, Reply(events(failure) if in_stream else [json.dumps(failure).encode()]), max_retries=3)
    assert isinstance(error, QuotaError)
    assert "insufficient balance" in error.what
    failure = {"code": 50001, "msg": "the engine died", "choices": choices, "success": False}
    error = error_of(server, Reply(events(failure) if in_stream else [json.dumps(failure).encode()]))
    assert isinstance(error, ProviderError)
    assert not isinstance(error, NoCompletionError)
    assert "the engine died" in error.what


CALL = {"index": 0, "id": "1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}


@pytest.mark.parametrize("key", ["delta", "message"])
@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"tool_calls": [CALL]}, "tool_calls"),
        ({"tool_calls": [CALL]}, "stop"),
        ({"content": None, "tool_calls": [CALL]}, "TOOL_USE"),
        ({"content": "Let me see.", "tool_calls": [CALL]}, "tool_calls"),
        ({"function_call": {"name": "get_weather", "arguments": "{}"}}, "function_call"),
    ],
)
def test_a_call_of_an_unknown_tool_is_named(server: Provider, key: str, part: dict[str, Any], reason: str) -> None:
    error = error_of(server, Reply(events({"choices": [{key: part}]}, finish(reason))))
    assert "get_weather" in error.what
    assert "tool" in error.what


@pytest.mark.parametrize("part", [{"tool_calls": []}, {"tool_calls": None, "function_call": None}, {"tool_calls": {}}])
def test_an_empty_tool_list_is_no_error(server: Provider, part: dict[str, Any]) -> None:
    assert text_of(server, Reply(events(chunk(content="a", **part), finish()))) == "a"


NOTHING_CAME = {
    "tool": events({"choices": [{"delta": {"tool_calls": [CALL]}}]}, finish("tool_calls")),
    "tool, stop": events({"choices": [{"delta": {"tool_calls": [CALL]}}]}, finish("stop")),
    "a tool without a name": events(chunk(), finish("tool_calls")),
    "filter": events(chunk(content=""), finish("content_filter")),
    "abort": events(finish("abort")),
    "reasoning alone": events(chunk(reasoning_content="hm"), done=False),
    "no JSON": events("moved elsewhere"),
}


@pytest.mark.parametrize("name", NOTHING_CAME)
def test_only_received_text_is_reported_as_kept(server: Provider, name: str) -> None:
    error = error_of(server, Reply(NOTHING_CAME[name]))
    assert "no answer came" in error.what
    assert "kept" not in error.hint
    assert ("without tools" in error.hint) is ("tool" in name)
    error = error_of(server, Reply([*events(chunk(content="half"), done=False), *NOTHING_CAME[name]]))
    assert "cut off" in error.what
    assert "The part that came is kept" in error.hint


def test_a_call_of_a_nameless_tool_is_reported(server: Provider) -> None:
    assert "tool" in error_of(server, Reply(events(chunk(), finish("tool_calls")))).what
