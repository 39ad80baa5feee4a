"""A server that returns the key in answers, errors, headers or names, in any form: it is never shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.provider import Reply, events, finish, refusal, streamed_reply
from support.spellings import FORMS, FORMS_OF_KEYS, assert_unreadable

from .process import KEY, Run, env_of, run_all
from .test_repl import ask, chat  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.provider import Provider

    from .process import Desk, Outcome
    from .terminal import Typing

ECHOED = {name: {**FORMS, **FORMS_OF_KEYS}[name](KEY) for name in ("Base64 of a header", "HTML, decimal", "percent")}
ECHOED["invisible"] = FORMS["with U+200B between"](KEY)


def answers(echo: str) -> dict[str, Reply]:
    """Return replies with the echoed key in an answer: in one piece, cut in two, and in the reasoning."""
    middle = len(echo) // 2
    message = {"role": "assistant", "content": f"It is {echo}.", "reasoning_content": echo}
    whole = {"model": echo, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    reasoned = {"choices": [{"index": 0, "delta": {"reasoning_content": echo[:middle]}, "finish_reason": None}]}
    other = {"choices": [{"index": 0, "delta": {"reasoning_content": echo[middle:]}, "finish_reason": None}]}
    return {
        "one piece": streamed_reply(f"It is {echo}.", model=echo),
        "cut": streamed_reply(f"It is {echo[:middle]}", f"{echo[middle:]}."),
        "in small pieces": streamed_reply(*(echo[at : at + 3] for at in range(0, len(echo), 3))),
        "in reasoning": Reply(events(reasoned, other, finish())),
        "whole": Reply([json.dumps(whole).encode()], kind="application/json"),
    }


def refusals(echo: str) -> dict[str, Reply]:
    """Return replies with the echoed key in an error."""
    headers = {"WWW_Authenticate": f'Bearer error="{echo}"'} if echo.isascii() else {}
    plain = Reply([f"no: {echo}".encode()], 400, "text/plain")
    found = {"refused": refusal(401, f"Wrong: {echo}", echo, **headers), "plain": plain}
    if echo.isascii():
        found["elsewhere"] = Reply([], 307, "text/plain", {"location": f"https://{echo}/{echo}?{echo}"})
    return found


def echoes(desk: Desk, server: Provider, replies: Sequence[Reply], *argv: str) -> list[Outcome]:
    """Run a command line for each reply."""
    server.replies[:] = replies
    env = env_of(server, QWEN_CFG_MAX_RETRIES="0")
    return run_all([Run(argv, desk.cwd, desk.home, env) for _ in replies])


def texts_of(outcome: Outcome, form: str) -> list[str]:
    """Return the texts that a reader of standard output can put together."""
    documents = [json.loads(line) for line in outcome.out.splitlines()] if form == "stream-json" else []
    pieces = ["".join(d["text"] for d in documents if d["type"] == kind) for kind in ("text", "reasoning")]
    return [outcome.out, outcome.err, *pieces]


@pytest.mark.parametrize("form", ["text", "json", "stream-json"])
def test_run_shows_no_form_of_the_key(desk: Desk, server: Provider, form: str) -> None:
    replies = [reply for echo in ECHOED.values() for reply in (*answers(echo).values(), *refusals(echo).values())]
    outcomes = echoes(desk, server, replies, "run", "-p", "x", "--output-format", form, "--debug")
    assert {outcome.code for outcome in outcomes} == {0, 4, 6}
    for outcome in outcomes:
        for text in texts_of(outcome, form):
            assert_unreadable(KEY, text)
    assert sum("[redacted]" in outcome.out for outcome in outcomes) >= len(ECHOED) * 3


@pytest.mark.parametrize("form", ["text", "json"])
def test_doctor_shows_no_form_of_the_key(desk: Desk, server: Provider, form: str) -> None:
    argv = ("doctor", "--chat", "--format", form)
    usual = server.models
    for echo in ECHOED.values():
        server.models = (f"{'x' * 90}{echo}", echo)
        server.models_reply = refusal(403, f"Wrong: {echo}", echo) if echo == ECHOED["percent"] else None
        try:
            outcomes = echoes(desk, server, [answers(echo)["one piece"], refusals(echo)["refused"]], *argv)
        finally:
            server.models, server.models_reply = usual, None
        for outcome in outcomes:
            assert outcome.code in (0, 4, 6)
            assert_unreadable(KEY, outcome.output)


def test_a_conversation_shows_no_form_of_the_key(chat: Typing, server: Provider) -> None:  # noqa: F811
    """An answer is redrawn for each piece; no drawing shows the key."""
    for echo in (ECHOED["Base64 of a header"], ECHOED["HTML, decimal"], KEY):
        pieces = [echo[at : at + 4] for at in range(0, len(echo), 4)]
        ask(chat, server, "key", streamed_reply("it is ", *pieces, " indeed", pause=0.02), "indeed")
    assert_unreadable(KEY, chat.raw.decode(errors="replace"))
    assert "redacted" in chat.text
