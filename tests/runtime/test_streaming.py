"""An answer arrives as the model wrote it, whatever the network and the server do to it on the way."""

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
from support.asking import ask, close_all, pieces, session
from support.provider import Reply, chunk, events, finish, streamed, usage

from qwen_runtime.wire.events import FinishReason, ModelName, Reasoning, Text
from qwen_schema import CutOffError, NoCompletionError, QwenCfgError

if TYPE_CHECKING:
    from support.provider import Provider

    from qwen_runtime.wire.events import Event

# What JSON and the event stream have a meaning for, characters of every width in UTF-8, and line ends that only
# some people take for one.
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
def test_any_text_in_any_chunks_comes_out_as_it_was(
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
def test_characters_that_a_server_cuts_in_halves_are_whole(server: Provider, answer: str, at: list[int]) -> None:
    units = answer.encode("utf-16-le")
    ends = sorted({2 * (place % (len(units) // 2 + 1)) for place in at} | {0, len(units)})
    halves = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in pairwise(ends)]
    server.replies[:] = [Reply(events(*(json.dumps(chunk(content=half)) for half in halves), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == answer


def test_half_a_character_that_stays_alone_is_replaced(server: Provider) -> None:
    server.replies[:] = [Reply(events(json.dumps(chunk(content="a\ud83d")), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == "a\ufffd"


def test_a_byte_at_a_time(server: Provider) -> None:
    data = b"".join(streamed("äö", "ü😀").pieces)
    server.replies[:] = [Reply([bytes([byte]) for byte in data])]
    happened, answer = ask(session(f"{server.url}/v1"))
    assert pieces(happened) == ["äö", "ü😀"]
    assert answer.usage is not None


def test_a_piece_is_there_before_the_next_one_is_sent(server: Provider) -> None:
    """The server sends the second piece only when the first has arrived."""
    first, *rest = streamed("first", "second").pieces
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
def test_what_is_no_piece_of_the_answer_is_passed_over(server: Provider, data: bytes) -> None:
    server.replies[:] = [Reply([data, *streamed("a", "b").pieces])]
    assert ask(session(f"{server.url}/v1"))[1].text == "ab"


@pytest.mark.parametrize("kind", ["text/event-stream; charset=iso-8859-1", "text/plain", "application/octet-stream"])
def test_a_stream_under_another_name(server: Provider, kind: str) -> None:
    server.replies[:] = [streamed("ü", "€", kind=kind)]
    assert ask(session(f"{server.url}/v1"))[1].text == "ü€"


def test_a_compressed_stream(server: Provider) -> None:
    data = gzip.compress(b"".join(streamed("ü" * 500, "€").pieces))
    server.replies[:] = [Reply(cut(data, [7, 20, 33]), headers={"content-encoding": "gzip"})]
    assert ask(session(f"{server.url}/v1"))[1].text == "ü" * 500 + "€"


def test_a_stream_that_is_not_compressed_as_it_says(server: Provider) -> None:
    server.replies[:] = [streamed("abc", headers={"content-encoding": "gzip"})]
    with pytest.raises(QwenCfgError):
        ask(session(f"{server.url}/v1"))


def test_a_server_that_does_not_stream(server: Provider) -> None:
    happened, answer = ask(session(f"{server.url}/whole"))
    assert pieces(happened) == ["pong from m ü"]
    assert (answer.finish_reason, answer.usage) == ("stop", None)


# Reasoning.


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_apart_and_is_not_sent_again(server: Provider, name: str) -> None:
    server.replies[:] = [
        Reply(events(chunk(role="assistant", content=None, **{name: "hm"}), chunk(content="yes"), finish()))
    ]
    chat = session(f"{server.url}/v1")
    happened, answer = ask(chat)
    assert (answer.text, answer.reasoning) == ("yes", "hm")
    assert [e for e in happened if not isinstance(e, ModelName)][:2] == [Reasoning("hm"), Text("yes")]
    ask(chat, "again")
    assert server.taken()[1].texts == ["ping", "yes", "again"]


def test_an_answer_in_parts_and_an_index_that_is_null(server: Provider) -> None:
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
def test_an_answer_that_is_cut_off_keeps_what_came(server: Provider, reply: Reply) -> None:
    server.replies[:] = [reply]
    chat = session(f"{server.url}/v1", max_retries=3)
    with pytest.raises(CutOffError), chat.exchange("ping") as exchange:
        list(exchange.events())
    assert exchange.answer.text == "half"
    # Asked once: a part of the answer has been shown.
    assert len(server.taken()) == 1
    assert [message.text for message in chat.conversation.messages] == ["ping", "half"]


def test_an_error_in_the_middle_is_told_in_the_providers_words(server: Provider) -> None:
    error = {"error": {"message": "the engine is overloaded", "code": 503}}
    server.replies[:] = [Reply(events(chunk(content="half"), error))]
    chat = session(f"{server.url}/v1", max_retries=3)
    with pytest.raises(QwenCfgError, match=r"in the middle of the answer.*503: the engine is overloaded") as raised:
        ask(chat)
    assert raised.value.exit_code == 6
    assert len(server.taken()) == 1


@pytest.mark.parametrize("body", [b"", b"data: [DONE]\n\n", b"hello", b": nothing\n\n", b"data: {}\n\n"])
def test_nothing_is_no_answer(server: Provider, body: bytes) -> None:
    server.replies[:] = [Reply([body])]
    chat = session(f"{server.url}/v1")
    with pytest.raises(NoCompletionError):
        ask(chat)
    assert chat.conversation.messages == ()


def test_an_answer_may_be_empty(server: Provider) -> None:
    server.replies[:] = [Reply(events(chunk(content=""), finish()))]
    assert ask(session(f"{server.url}/v1"))[1].text == ""


def test_a_server_that_says_the_end_and_stays(server: Provider) -> None:
    """The connection is left where the answer ends: nobody waits for the server to hang up."""
    server.replies[:] = [Reply([*streamed("all").pieces, b""], pause=0.0, stay=True)]
    assert ask(session(f"{server.url}/v1", timeout=60))[1].text == "all"
    assert server.hung_up.wait(10)


def test_a_server_that_forgets_done_and_stays(server: Provider) -> None:
    data = events(chunk(content="all"), finish(), done=False)
    for timeout in (0.3, 60):
        server.replies[:] = [Reply(data, stay=True)]
        started = time.monotonic()
        assert ask(session(f"{server.url}/v1", timeout=timeout))[1].text == "all"
        assert time.monotonic() - started < 20


# Whoever asks can stop.


def test_stopping_hangs_up_and_keeps_what_came(server: Provider) -> None:
    server.replies[:] = [Reply([*streamed("some").pieces[:1]], stay=True)]
    chat = session(f"{server.url}/v1")
    with chat.exchange("ping") as exchange:
        for event in exchange.events():
            if isinstance(event, Text):
                break
    assert server.hung_up.wait(10)
    assert [message.text for message in chat.conversation.messages] == ["ping", "some"]


def test_stopping_before_anything_came_hangs_up_too(server: Provider) -> None:
    server.replies[:] = [Reply(wait=60)]
    chat = session(f"{server.url}/v1")
    with chat.exchange("ping") as exchange:
        for event in exchange.events(tick=0.01):
            if event is None and server.requests:
                break
    assert server.hung_up.wait(10)
    assert chat.conversation.messages == ()


def test_the_time_to_the_first_token_is_measured(server: Provider) -> None:
    server.replies[:] = [streamed("a", "b", wait=0.2)]
    answer: Any = ask(session(f"{server.url}/v1"))[1]
    assert 0.2 <= answer.first_token_seconds <= answer.total_seconds


# Pieces that came together.


def joined(base_url: str) -> tuple[list[Event], str]:
    """Return what happened where pieces may be joined, each taken late, and the error that it ended in."""
    happened: list[Event] = []
    try:
        with session(base_url).exchange("ping") as exchange:
            for event in exchange.events(joined=True):
                happened += [event] if event is not None else []
                # The rest comes meanwhile.
                until = time.monotonic() + 10
                while time.monotonic() < until and not exchange.has_more and not isinstance(event, FinishReason):
                    time.sleep(0.01)
    except QwenCfgError as error:
        return happened, type(error).__name__
    return happened, ""


def test_pieces_that_have_come_by_now_are_one_where_that_is_asked_for(server: Provider) -> None:
    words = [f"w{number} " for number in range(600)]
    server.replies[:] = [Reply([b"".join(events(*(chunk(content=word) for word in words), finish()))])]
    happened, error = joined(f"{server.url}/v1")
    texts = pieces(happened)
    assert (error, "".join(texts)) == ("", "".join(words))
    assert len(texts) < len(words) / 2
    assert isinstance(happened[-1], FinishReason)


def test_pieces_that_were_joined_come_before_the_error_that_cuts_the_answer_off(server: Provider) -> None:
    words = [f"w{number} " for number in range(40)]
    server.replies[:] = [Reply([b"".join(events(*(chunk(content=word) for word in words), done=False))])]
    happened, error = joined(f"{server.url}/v1")
    assert ("".join(pieces(happened)), error) == ("".join(words), "CutOffError")
