"""Streaming: an answer arrives unchanged, whatever pieces and encodings the network and the server use."""

from __future__ import annotations

import gzip
import json
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.prompts import ask, close_all, pieces, session
from support.provider import Reply, chunk, events, finish, streamed_reply, usage

from qwen_runtime.wire.events import FinishReason, ModelName, Reasoning, Text
from qwen_schema import CutOffError, NoCompletionError, QwenCfgError

if TYPE_CHECKING:
    from support.provider import Provider

    from qwen_runtime.wire.events import Event

# Characters with a meaning in JSON or in the event stream, of every width in UTF-8, and uncommon line ends.
characters = st.one_of(
    st.sampled_from('a \n\r\t"\\:,{}[]ü€😀\u2028\u2029\x85\x0b\x1c\x00\ufeff'), st.characters(codec="utf-8")
)
texts = st.text(characters, min_size=1, max_size=60)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answer=texts,
    at=st.lists(st.integers(0, 60), max_size=6),
    places=st.lists(st.integers(0, 10_000), max_size=12),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    ascii_only=st.booleans(),
    done=st.booleans(),
)
def test_any_text_in_any_chunks_arrives_unchanged(
    server: Provider, answer: str, at: list[int], places: list[int], line_end: str, ascii_only: bool, done: bool
) -> None:
    ends = sorted({place % (len(answer) + 1) for place in at} | {0, len(answer)})
    parts = [answer[start:end] for start, end in pairwise(ends)]
    documents = [json.dumps(chunk(content=part), ensure_ascii=ascii_only) for part in parts]
    data = b": hello\n\n" + b"".join(events(*documents, finish(), usage(), done=done, line_end=line_end))
    server.replies[:] = [Reply(cut(data, places))]
    happened, got = ask(session(f"{server.url}/v1"))
    close_all()
    assert got.text == answer
    assert pieces(happened) == [part for part in parts if part]
    assert got.finish_reason == "stop"
    assert got.usage is not None
    assert got.usage.total_tokens == 15


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(answer=st.text("a😀🤖", min_size=1, max_size=8), at=st.lists(st.integers(0, 16), max_size=8))
def test_characters_cut_between_chunks_are_joined(server: Provider, answer: str, at: list[int]) -> None:
    units = answer.encode("utf-16-le")
    ends = sorted({2 * (place % (len(units) // 2 + 1)) for place in at} | {0, len(units)})
    halves = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in pairwise(ends)]
    server.replies[:] = [Reply(events(*(json.dumps(chunk(content=half)) for half in halves), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == answer


def test_an_incomplete_character_is_replaced(server: Provider) -> None:
    server.replies[:] = [Reply(events(json.dumps(chunk(content="a\ud83d")), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == "a\ufffd"


def test_a_stream_of_single_bytes(server: Provider) -> None:
    data = b"".join(streamed_reply("äö", "ü😀").pieces)
    server.replies[:] = [Reply([bytes([byte]) for byte in data])]
    happened, answer = ask(session(f"{server.url}/v1"))
    assert pieces(happened) == ["äö", "ü😀"]
    assert answer.usage is not None


def test_a_piece_arrives_before_the_next_one_is_sent(server: Provider) -> None:
    """The server sends the second piece only after the first has arrived."""
    first, *rest = streamed_reply("first", "second").pieces
    held = threading.Event()
    server.replies[:] = [Reply([first, *rest], hold=held)]
    with session(f"{server.url}/v1").exchange("ping") as exchange:
        for event in exchange.events():
            if event == Text("first"):
                assert not held.is_set()
                held.set()
    assert exchange.answer.text == "firstsecond"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b": keep-alive\n\n: OPENROUTER PROCESSING\n\n", id="comments"),
        pytest.param(b"event: ping\ndata: {}\n\n", id="an event with nothing in it"),
        pytest.param(b"retry: 10\nid: 7\n\n", id="other fields"),
        pytest.param(b"data:\n\n", id="no data"),
        pytest.param(b"\xef\xbb\xbf\n", id="a byte-order mark"),
        pytest.param(b'data: {"choices": null}\n\ndata: {"choices": [{}]}\n\n', id="nothing to say"),
        pytest.param(b'data: {"choices": [{"index": 1, "delta": {"content": "other"}}]}\n\n', id="another choice"),
    ],
)
def test_events_without_a_piece_of_the_answer_are_ignored(server: Provider, data: bytes) -> None:
    server.replies[:] = [Reply([data, *streamed_reply("a", "b").pieces])]
    assert ask(session(f"{server.url}/v1"))[1].text == "ab"


@pytest.mark.parametrize("kind", ["text/event-stream; charset=iso-8859-1", "text/plain", "application/octet-stream"])
def test_a_stream_with_another_content_type(server: Provider, kind: str) -> None:
    server.replies[:] = [streamed_reply("ü", "€", kind=kind)]
    assert ask(session(f"{server.url}/v1"))[1].text == "ü€"


def test_a_compressed_stream(server: Provider) -> None:
    data = gzip.compress(b"".join(streamed_reply("ü" * 500, "€").pieces))
    server.replies[:] = [Reply(cut(data, [7, 20, 33]), headers={"content-encoding": "gzip"})]
    assert ask(session(f"{server.url}/v1"))[1].text == "ü" * 500 + "€"


def test_a_stream_with_a_wrong_content_encoding(server: Provider) -> None:
    server.replies[:] = [streamed_reply("abc", headers={"content-encoding": "gzip"})]
    with pytest.raises(QwenCfgError):
        ask(session(f"{server.url}/v1"))


def test_a_server_that_does_not_stream(server: Provider) -> None:
    happened, answer = ask(session(f"{server.url}/whole"))
    assert pieces(happened) == ["pong from m ü"]
    assert (answer.finish_reason, answer.usage) == ("stop", None)


# Reasoning.


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_separate_and_not_sent_again(server: Provider, name: str) -> None:
    server.replies[:] = [
        Reply(events(chunk(role="assistant", content=None, **{name: "hm"}), chunk(content="yes"), finish()))
    ]
    chat = session(f"{server.url}/v1")
    happened, answer = ask(chat)
    assert (answer.text, answer.reasoning) == ("yes", "hm")
    assert [e for e in happened if not isinstance(e, ModelName)][:2] == [Reasoning("hm"), Text("yes")]
    ask(chat, "again")
    assert server.take_requests()[1].texts == ["ping", "yes", "again"]


def test_an_answer_in_parts_with_a_null_index(server: Provider) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    document = {"choices": [{"index": None, "delta": {"content": parts}}]}
    server.replies[:] = [Reply(events(document, finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == "ab"


def test_a_refusal_of_the_model_is_its_answer(server: Provider) -> None:
    server.replies[:] = [Reply(events(chunk(refusal="I will not."), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == "I will not."


# The end.


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(events(chunk(content="half"), done=False)), id="no end"),
        pytest.param(Reply(events(chunk(content="half"), done=False), drop=True), id="cut"),
        pytest.param(Reply([*events(chunk(content="half"), done=False), b'data: {"cho'], drop=True), id="within"),
        pytest.param(Reply(events(chunk(content="half"), "no json")), id="no JSON"),
        pytest.param(Reply(events(chunk(content="half"), "[1]")), id="no object"),
        pytest.param(Reply(events(chunk(content="half"), finish("content_filter"))), id="filtered"),
        pytest.param(Reply(events(chunk(content="half"), finish("error"))), id="finished by an error"),
    ],
)
def test_a_truncated_answer_keeps_the_received_text(server: Provider, reply: Reply) -> None:
    server.replies[:] = [reply]
    chat = session(f"{server.url}/v1", max_retries=3)
    with pytest.raises(CutOffError), chat.exchange("ping") as exchange:
        list(exchange.events())
    assert exchange.answer.text == "half"
    # One request: a part of the answer was shown already, so it is not retried.
    assert len(server.take_requests()) == 1
    assert [message.text for message in chat.conversation.messages] == ["ping", "half"]


def test_an_error_in_the_middle_has_the_providers_text(server: Provider) -> None:
    error = {"error": {"message": "the engine is overloaded", "code": 503}}
    server.replies[:] = [Reply(events(chunk(content="half"), error))]
    chat = session(f"{server.url}/v1", max_retries=3)
    with pytest.raises(QwenCfgError, match=r"in the middle of the answer.*503: the engine is overloaded") as raised:
        ask(chat)
    assert raised.value.exit_code == 6
    assert len(server.take_requests()) == 1


@pytest.mark.parametrize("body", [b"", b"data: [DONE]\n\n", b"hello", b": nothing\n\n", b"data: {}\n\n"])
def test_an_empty_stream_is_an_error(server: Provider, body: bytes) -> None:
    server.replies[:] = [Reply([body])]
    chat = session(f"{server.url}/v1")
    with pytest.raises(NoCompletionError):
        ask(chat)
    assert chat.conversation.messages == ()


def test_an_answer_may_be_empty(server: Provider) -> None:
    server.replies[:] = [Reply(events(chunk(content=""), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == ""


def test_a_server_that_keeps_the_connection_open_after_the_end(server: Provider) -> None:
    """The client closes the connection at the end of the answer, without waiting for the server."""
    server.replies[:] = [Reply([*streamed_reply("all").pieces, b""], pause=0.0, stay=True)]
    assert ask(session(f"{server.url}/v1", timeout=60))[1].text == "all"
    assert server.hung_up.wait(10)


def test_a_server_that_omits_done_and_keeps_the_connection_open(server: Provider) -> None:
    data = events(chunk(content="all"), finish(), done=False)
    for timeout in (0.3, 60):
        server.replies[:] = [Reply(data, stay=True)]
        started = time.monotonic()
        assert ask(session(f"{server.url}/v1", timeout=timeout))[1].text == "all"
        assert time.monotonic() - started < 20


# Stopping.


def test_stopping_closes_the_connection_and_keeps_the_received_text(server: Provider) -> None:
    server.replies[:] = [Reply([*streamed_reply("some").pieces[:1]], stay=True)]
    chat = session(f"{server.url}/v1")
    with chat.exchange("ping") as exchange:
        for event in exchange.events():
            if isinstance(event, Text):
                break
    assert server.hung_up.wait(10)
    assert [message.text for message in chat.conversation.messages] == ["ping", "some"]


def test_stopping_before_the_first_piece_closes_the_connection(server: Provider) -> None:
    server.replies[:] = [Reply(wait=60)]
    chat = session(f"{server.url}/v1")
    with chat.exchange("ping") as exchange:
        for event in exchange.events(tick=0.01):
            if event is None and server.requests:
                break
    assert server.hung_up.wait(10)
    assert chat.conversation.messages == ()


def test_the_time_to_the_first_token_is_measured(server: Provider) -> None:
    server.replies[:] = [streamed_reply("a", "b", wait=0.2)]
    answer: Any = ask(session(f"{server.url}/v1"))[1]
    assert 0.2 <= answer.first_token_seconds <= answer.total_seconds


# Joined pieces.


def read_slowly(base_url: str) -> tuple[list[Event], str]:
    """Return the events of a slow reader that allows joined pieces, and the error at the end."""
    happened: list[Event] = []
    try:
        with session(base_url).exchange("ping") as exchange:
            for event in exchange.events(joined=True):
                happened += [event] if event is not None else []
                # The rest arrives meanwhile.
                until = time.monotonic() + 10
                while time.monotonic() < until and not exchange.has_more and not isinstance(event, FinishReason):
                    time.sleep(0.01)
    except QwenCfgError as error:
        return happened, type(error).__name__
    return happened, ""


def test_pieces_that_have_arrived_are_joined_on_request(server: Provider) -> None:
    words = [f"w{number} " for number in range(600)]
    server.replies[:] = [Reply([b"".join(events(*(chunk(content=word) for word in words), finish()))])]
    happened, error = read_slowly(f"{server.url}/v1")
    texts = pieces(happened)
    assert (error, "".join(texts)) == ("", "".join(words))
    assert len(texts) < len(words) / 2
    assert isinstance(happened[-1], FinishReason)


def test_joined_pieces_come_before_the_error_that_ends_the_answer(server: Provider) -> None:
    words = [f"w{number} " for number in range(40)]
    server.replies[:] = [Reply([b"".join(events(*(chunk(content=word) for word in words), done=False))])]
    happened, error = read_slowly(f"{server.url}/v1")
    assert ("".join(pieces(happened)), error) == ("".join(words), "CutOffError")
