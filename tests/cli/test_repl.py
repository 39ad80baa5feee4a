"""`qwen-cfg run` in a terminal: a conversation, from the keys to the screen."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.provider import (
    SLOW_SECONDS,
    Reply,
    chunk,
    events,
    finish,
    refusal,
    streamed_reply,
    usage,
)

from .process import KEY, env_of
from .terminal import Typing, follow_each_other

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.provider import Provider

    from .process import Desk

ENTER, ALT_ENTER, CTRL_C, CTRL_D, CTRL_J, UP = "\r", "\x1b\r", "\x03", "\x04", "\n", "\x1b[A"
HISTORY = ".local/state/qwen-cfg/history"
# The control sequence that switches on bracketed paste.
PASTES_IN_BRACKETS = b"\x1b[?2004h"


@pytest.fixture
def chat(desk: Desk, server: Provider) -> Iterator[Typing]:
    with Typing(desk, "run", env=env_of(server)) as typing:
        typing.until("· 0 tokens")
        yield typing


def ask(chat: Typing, server: Provider, question: str, reply: Reply, *texts: str) -> str:
    """Send a prompt, wait for the expected text, and then for the next input line."""
    server.replies.append(reply)
    return type_and_wait(chat, question, *texts)


def type_and_wait(chat: Typing, text: str, *texts: str) -> str:
    """Type a line, wait for the expected text after it, and then for the next input line."""
    line = f"> {text}\n"
    before = chat.text.count(line)

    def is_answered() -> bool:
        screen = chat.text
        return screen.count(line) > before and follow_each_other(screen.rpartition(line)[2], [*texts, "\n>"])

    return chat.type(text + ENTER).when(is_answered, f"{texts} never came")


def lines_after(screen: str, text: str) -> list[str]:
    """Return the visible lines between a typed line and the next input line."""
    below = screen.rpartition(f"> {text}\n")[2]
    return below.partition("\n>")[0].split("\n")


# The beginning and the end.


def test_the_greeting_shows_the_model_the_endpoint_and_the_source_of_the_key(chat: Typing, server: Provider) -> None:
    assert chat.lines[:4] == [
        f"m at 127.0.0.1:{server.port}",
        "The key comes from the variable OPENAI_API_KEY.",
        "/help for commands, Ctrl-D exits",
        ">",
    ]
    assert chat.lines[-1] == f"m · 127.0.0.1:{server.port} · 0 tokens"
    assert PASTES_IN_BRACKETS in chat.raw


@pytest.mark.parametrize("way", [CTRL_D, f"/quit{ENTER}", f"/exit{ENTER}"])
def test_ways_to_exit(chat: Typing, way: str) -> None:
    assert chat.type(way).exit_code() == 0


def test_ctrl_d_deletes_in_a_line_with_text(chat: Typing, server: Provider) -> None:
    chat.type("xab\x01" + CTRL_D).until("> ab")
    chat.type(ENTER).until("pong")
    assert server.requests[-1].texts == ["ab"]


def test_ctrl_c_clears_the_line_and_shows_how_to_exit(chat: Typing, server: Provider) -> None:
    chat.type("never sent").until("> never sent")
    chat.type(CTRL_C).when(lambda: "never sent" not in chat.text, "the line was not cleared")
    chat.type(CTRL_C).until("Ctrl-D exits.", "\n>")
    assert chat.type(CTRL_D).exit_code() == 0
    assert server.requests == []


# The answer.


def test_a_piece_is_on_the_screen_while_the_server_still_waits(chat: Typing, server: Provider) -> None:
    slow = replace(streamed_reply("Once **upon", "** never"), pause=SLOW_SECONDS)
    server.replies.append(slow)
    chat.type(f"tell{ENTER}").until("> tell", "Once **upon")
    assert "never" not in chat.text
    chat.type(CTRL_C).until("(stopped)")


def test_a_conversation(chat: Typing, server: Provider) -> None:
    ask(chat, server, "one", streamed_reply("first ", "answer"), "first answer")
    chat.until("15 tokens")
    ask(chat, server, "two", streamed_reply("second"), "second")
    chat.until("30 tokens")
    assert [m["role"] for m in server.requests[-1].body["messages"]] == ["user", "assistant", "user"]
    assert server.requests[-1].texts == ["one", "first answer", "two"]


def test_markdown_is_rendered(chat: Typing, server: Provider) -> None:
    text = (
        "# Title\n\nSome **bold** and `code`\nand [a link](http://u.example/v).\n\n- a\n- b\n  - c\n\n"
        "```py\ndef f(x):\n\treturn x\n```\n\n| n | m |\n|---|---|\n| 1 | 2 |\n\n<b>raw</b> [red]x[/red]\n"
    )
    screen = ask(chat, server, "show", streamed_reply(*re.findall(r"(?s).{1,7}", text)), "raw</b>")
    expected = "Title||Some bold and code|and a link (http://u.example/v).|| • a| • b|    • c||def f(x):|    return x||"
    assert "|".join(lines_after(screen, "show")).startswith(expected)
    assert lines_after(screen, "show")[-2:] == ["<b>raw</b> [red]x[/red]", ""]
    assert b"\x1b[1mbold\x1b[0m" in chat.raw
    assert b"\x1b]8" not in chat.raw


def test_a_long_answer_stays_whole_in_the_scrollback(chat: Typing, server: Provider) -> None:
    lines = [f"item {number}" for number in range(60)]
    pieces = [f"- {line}\n" for line in lines]
    text = ask(chat, server, "list", streamed_reply(*pieces, pause=0.002), "item 59")
    assert lines_after(text, "list") == [*(f" • {line}" for line in lines), ""]


@pytest.mark.parametrize(
    "pieces",
    [
        [f"- item {number}\n" for number in range(300)],
        ["```\n", *(f"item {number}\n" for number in range(300)), "```\n"],
        [f"item {number} " for number in range(600)],
    ],
    ids=["list", "code", "paragraph"],
)
def test_a_block_that_is_higher_than_the_window_is_written_once(
    chat: Typing, server: Provider, pieces: list[str]
) -> None:
    server.replies.append(streamed_reply(*pieces, pause=0.001))
    before = len(chat.raw)

    def items() -> list[int]:
        return [int(number) for number in re.findall(r"item\s+([0-9]+)", chat.text)]

    chat.type(f"go{ENTER}").when(lambda: len(items()) > 60, "it never came")
    # While the answer arrives, all of it is visible, except perhaps a part of the last number.
    assert items()[:-1] == list(range(len(items()) - 1))
    last = sum(piece.startswith(("- ", "item")) for piece in pieces) - 1
    chat.until(f"item {last}", "\n>")
    assert items() == list(range(last + 1))
    assert len(chat.raw) - before <= 4 * len("".join(pieces)) + 2000


def test_the_spinner_turns_until_the_first_token(chat: Typing, server: Provider) -> None:
    server.replies.append(replace(streamed_reply("here"), wait=0.5))
    chat.type(f"wait{ENTER}").until("waiting for m, 0 s (Ctrl-C stops)")
    assert lines_after(chat.until("here", "\n>"), "wait") == ["here", ""]


def test_reasoning_is_shown_separately_and_is_not_part_of_the_conversation(chat: Typing, server: Provider) -> None:
    thought = [chunk(reasoning_content="\nLet me "), chunk(reasoning_content="see.")]
    text = ask(chat, server, "why", Reply(events(*thought, chunk(content="So."), finish(), usage())), "So.")
    assert lines_after(text, "why") == ["  Let me see.", "", "So.", ""]
    assert b"\x1b[2mLet me see." in chat.raw or b"\x1b[2mLet me" in chat.raw
    ask(chat, server, "next", streamed_reply("ok"), "ok")
    assert server.requests[-1].texts == ["why", "So.", "next"]


def test_an_answer_cannot_control_the_terminal(chat: Typing, server: Provider) -> None:
    evil = "a\x1b[31mred\x1b]0;title\x07\x9b2J\u202etxt &#x202e;\rover"
    before = len(chat.raw)
    text = ask(chat, server, "go", streamed_reply(*evil), "over")
    assert lines_after(text, "go")[0] == r"a\x1b[31mred\x1b]0;title\x07\x9b2J\u202etxt \u202eover"
    for steering in (b"\x1b[31m", b"\x1b]", b"\x07", "\x9b".encode(), "\u202e".encode()):
        assert steering not in chat.raw[before:]


def test_a_known_key_is_not_shown(chat: Typing, server: Provider) -> None:
    text = ask(chat, server, "key", streamed_reply("it is ", KEY[:9], KEY[9:], " indeed"), "indeed")
    assert lines_after(text, "key")[0] == "it is [redacted] indeed"


def test_ctrl_c_stops_the_answer_and_not_the_session(chat: Typing, server: Provider) -> None:
    server.replies.append(replace(streamed_reply("so far", " never"), pause=SLOW_SECONDS))
    chat.type(f"long{ENTER}").until("so far")
    chat.type(CTRL_C).until("so far", "(stopped)", "\n>")
    assert server.hung_up.wait(10)
    ask(chat, server, "go on", streamed_reply("and on"), "and on")
    assert server.requests[-1].texts == ["long", "so far", "go on"]
    assert "never" not in chat.text


def test_a_prompt_stopped_before_any_answer_is_forgotten(chat: Typing, server: Provider) -> None:
    server.replies.append(replace(streamed_reply("never"), wait=SLOW_SECONDS))
    chat.type(f"lost{ENTER}").until("waiting for m")
    chat.type(CTRL_C).until("(stopped)", "\n>")
    ask(chat, server, "again", streamed_reply("yes"), "yes")
    assert server.requests[-1].texts == ["again"]


def test_text_typed_during_an_answer_is_the_next_input(chat: Typing, server: Provider) -> None:
    server.replies += [replace(streamed_reply("slowly", " done"), pause=0.3), streamed_reply("next")]
    chat.type(f"one{ENTER}").until("slowly")
    chat.type(f"two{ENTER}").until("done", "> two", "next")
    assert server.requests[-1].texts == ["one", "slowly done", "two"]


def test_an_answer_that_was_cut_off_stays(chat: Typing, server: Provider) -> None:
    text = ask(chat, server, "cut", Reply(events(chunk(content="half a"), done=False), drop=True), "cut off")
    assert lines_after(text, "cut")[:2] == ["half a", ""]
    assert "base_url" in text
    ask(chat, server, "go on", streamed_reply("b"), "b")
    assert server.requests[-1].texts == ["cut", "half a", "go on"]


def test_only_a_conversation_suggests_its_own_command_for_another_model(
    chat: Typing, server: Provider, desk: Desk
) -> None:
    reply = refusal(404, "The model `m` does not exist", "model_not_found")
    ask(chat, server, "who", reply, "has no model", "To change the model here: /model")
    server.replies[:] = [reply]
    outcome = desk.run("run", "Hi", env=env_of(server)).exits(6)
    assert "--model" in outcome.err
    assert "qwen-cfg set model" in outcome.err
    assert "/model" not in outcome.err
    assert "conversation" not in outcome.err


def test_an_answer_at_the_limit_of_tokens_and_of_another_model(chat: Typing, server: Provider) -> None:
    reply = Reply(events(chunk("other", content="too lo"), finish("length", "other"), usage(model="other")))
    text = ask(chat, server, "much", reply, "too lo", "token limit", "other answered, not m")
    assert lines_after(text, "much")[0] == "too lo"


def test_an_error_is_shown_and_the_question_can_be_recalled(chat: Typing, server: Provider) -> None:
    text = ask(chat, server, "why", refusal(400, "No such thing"), "No such thing")
    assert "Traceback" not in text
    server.replies.append(streamed_reply("because"))
    chat.type(UP).until("No such thing", "> why")
    chat.type(ENTER).until("because")
    assert server.requests[-1].texts == ["why"]


def test_a_refused_key_names_its_origin(chat: Typing, server: Provider) -> None:
    text = ask(chat, server, "hi", refusal(401, f"Incorrect API key provided: {KEY}"), "OPENAI_API_KEY")
    assert KEY not in text
    assert chat.type(CTRL_D).exit_code() == 0


def test_a_retry_is_shown(chat: Typing, server: Provider) -> None:
    server.replies.append(refusal(429, "slow down", retry_after="0.2"))
    text = ask(chat, server, "hi", streamed_reply("now"), "trying again in 0.2 s (1 of 3)", "now")
    assert lines_after(text, "hi")[-2:] == ["now", ""]


# Typing.


def test_several_lines(chat: Typing, server: Provider) -> None:
    chat.type(f"one{ALT_ENTER}two{CTRL_J}three").until("> one\n  two\n  three")
    chat.type(ENTER).until("pong")
    assert server.requests[-1].texts == ["one\ntwo\nthree"]


def test_pasted_lines_stay_together(chat: Typing, server: Provider) -> None:
    chat.type("\x1b[200~def f():\r\n\treturn 1\r\n\x1b[201~").until("> def f():\n")
    assert server.requests == []
    chat.type(ENTER).until("pong")
    assert server.requests[-1].texts == ["def f():\n\treturn 1"]


def test_a_tab_is_shown_as_blanks(chat: Typing, server: Provider) -> None:
    chat.type("\x1b[200~a\tb\x1b[201~").until("> a   b")
    chat.type(ENTER).until("> a   b\n", "pong")
    assert "^I" not in chat.text


def test_a_text_longer_than_the_window_stays_whole(desk: Desk, server: Provider) -> None:
    lines = [f"line {number}" for number in range(60)]
    with Typing(desk, "run", env=env_of(server), height=12) as chat:
        chat.until("0 tokens")
        chat.type("\x1b[200~" + "\r".join(lines) + "\x1b[201~").until("line 59")
        text = chat.type(ENTER).until("line 59", "pong", "\n>")
        assert "\n> " + "\n  ".join(lines) + "\npong" in text
    assert server.requests[-1].texts == ["\n".join(lines)]


def test_ctrl_z_types_nothing(chat: Typing, server: Provider) -> None:
    chat.type("a\x1ab").until("> ab")
    chat.type(ENTER).until("pong")
    assert server.requests[-1].texts == ["ab"]


def test_invalid_utf_8_is_replaced(chat: Typing, server: Provider) -> None:
    chat.type_bytes(b"a\xffb").type(ENTER).until("pong")
    assert server.requests[-1].texts == ["a\ufffdb"]


def test_commands_are_completed_and_words_are_not(chat: Typing, server: Provider) -> None:
    chat.type("/st").until("show requests, tokens and times")
    chat.type("\t").until("> /stats")
    chat.type(ENTER).until("No requests yet.")
    chat.type("he\t").until("\n> he")
    assert "show this" not in chat.text


def test_the_history_is_private_and_without_keys(desk: Desk, server: Provider) -> None:
    file = desk.home / HISTORY
    with Typing(desk, "run", env=env_of(server)) as chat:
        chat.until("0 tokens")
        type_and_wait(chat, f"my key is {KEY}", "pong")
        type_and_wait(chat, "two", "pong")
        assert chat.type(CTRL_D).exit_code() == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [stat.S_IMODE(d.stat().st_mode) for d in list(file.parents)[:3]] == [0o700] * 3
    assert KEY not in file.read_text()
    file.chmod(0o644)
    with Typing(desk, "run", env=env_of(server)) as chat:
        chat.until("0 tokens")
        chat.type(UP).until("> two")
        chat.type(UP).until("> my key is [redacted]")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_place_for_the_history_there_is_a_notice(desk: Desk, server: Provider) -> None:
    desk.write(".local/state/qwen-cfg", "a file")
    with Typing(desk, "run", env=env_of(server)) as chat:
        chat.until("Input history is not saved", "0 tokens")
        type_and_wait(chat, "hi", "pong")
        chat.type(UP).until("pong", "> hi")


# Commands.


def test_help_lists_every_command(chat: Typing) -> None:
    text = type_and_wait(chat, "/help", "/exit")
    names = (
        "/help",
        "/stats",
        "/model [NAME]",
        "/config [all|toml]",
        "/terms",
        "/auth",
        "/clear",
        "/save FILE",
        "/quit",
        "/exit",
    )
    for name in names:
        assert f"\n{name} " in text
    assert "Alt-Enter" in text


@pytest.mark.parametrize(
    ("typed", "reply"),
    [
        ("/hlep", "Did you mean /help?"),
        ("/xyzzy", "/help lists the commands"),
        ("/", "/help lists the commands"),
        ("/clear all", "/clear takes no argument"),
    ],
)
def test_a_wrong_command_suggests_the_right_one(chat: Typing, server: Provider, typed: str, reply: str) -> None:
    type_and_wait(chat, typed, reply)
    assert server.requests == []


@pytest.mark.parametrize(("typed", "sent"), [("/etc/hosts what is this", None), ("//help", "/help"), ("/ x", None)])
def test_a_text_that_begins_with_a_slash_can_be_sent(
    chat: Typing, server: Provider, typed: str, sent: str | None
) -> None:
    type_and_wait(chat, typed, "pong")
    assert server.requests[-1].texts == [sent or typed]


def test_statistics(chat: Typing, server: Provider) -> None:
    type_and_wait(chat, "/stats", "No requests yet.")
    cached = usage(1000, 5, prompt_tokens_details={"cached_tokens": 900})
    ask(chat, server, "hi", Reply(events(chunk(content="yes"), finish(), cached)), "yes")
    text = type_and_wait(chat, "/stats", "tokens per second")
    assert re.search(r"requests +1\nprompt tokens +1,000\ncached tokens +900 \(90% of the prompt\)", text)
    other = Reply(events(chunk("other", content="no"), finish(model="other"), usage(model="other")))
    ask(chat, server, "you", other, "no")
    text = type_and_wait(chat, "/stats", "\nother\n", "\nall\n", "tokens per second")
    assert re.search(r"\nm\nrequests +1\n[^>]*\nother\nrequests +1\n[^>]*\nall\nrequests +2\n", text)


def test_clear_forgets_the_conversation_and_keeps_the_usage_totals(chat: Typing, server: Provider) -> None:
    ask(chat, server, "one", streamed_reply("first"), "first")
    type_and_wait(chat, "/clear", "cleared")
    ask(chat, server, "two", streamed_reply("second"), "second")
    assert server.requests[-1].texts == ["two"]
    chat.until("30 tokens")


@pytest.mark.parametrize("width", [100, 80, 60, 40])
def test_config_shows_values_and_sources(desk: Desk, server: Provider, width: int) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={server.url}/v1\n")
    with Typing(
        desk, "run", "--trust-project", "--model", "some-model", width=width, env={"OPENAI_API_KEY": KEY}
    ) as chat:
        chat.until("0 tokens")
        text = type_and_wait(chat, "/config", "overridden")
        words = " ".join(lines_after(text, "/config")).split()
        for value, source in (
            ("some-model", "--model"),
            (f"{server.url}/v1", "./.env:1 OPENAI_BASE_URL"),
            ("openai", "inferred: an API key is set"),
            (f"{KEY[:4]}…{KEY[-4:]} ({len(KEY)} characters)", "OPENAI_API_KEY"),
        ):
            assert follow_each_other(" ".join(words), [value, source]), (value, source)
        assert len(lines_after(text, "/config")) < 24
        assert "timeout" not in words
        assert KEY not in text
        type_and_wait(chat, "/model other", "The model is other")
        assert follow_each_other(
            type_and_wait(chat, "/config", "overridden"), ["some-model", "model", "other", "/model"]
        )
        text = type_and_wait(chat, "/config all", "overridden")
        assert follow_each_other(text, ["/config all", "timeout", "120", "default"])
        type_and_wait(chat, "/config tmol", "/config shows no 'tmol'", "/config toml")


def test_config_is_the_artifact_without_the_key(desk: Desk, server: Provider) -> None:
    # A key in the artifact itself, too short to be redacted in texts.
    env = env_of(server) | {"OPENAI_API_KEY": "k3y"}
    desk.run("resolve", "--inline-secrets", "-o", "a.toml", env=env).exits(0)
    assert '"k3y"' in (desk.cwd / "a.toml").read_text()
    with Typing(desk, "run", "--config", "a.toml") as chat:
        chat.until("The key comes from the artifact itself", "0 tokens")
        assert "k3y" not in type_and_wait(chat, "/config", "hidden (3 characters)")
        text = type_and_wait(chat, "/config toml", "[env_file]")
    for line in ('model = "m"', 'value = "[redacted]"', "[provenance.model]", 'origin = "OPENAI_MODEL"'):
        assert f"\n{line}\n" in text
    assert "k3y" not in text


def test_save(chat: Typing, desk: Desk, server: Provider) -> None:
    type_and_wait(chat, "/save", "no file to save to")
    type_and_wait(chat, "/save x.md", "the conversation is empty")
    ask(chat, server, "one", streamed_reply(f"**first** {KEY}"), "first")
    type_and_wait(chat, "/save ~/my chat.md", "The conversation is saved in ~/my chat.md")
    saved = desk.home / "my chat.md"
    assert saved.read_text() == "## Question\n\none\n\n## Answer\n\n**first** [redacted]\n"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    type_and_wait(chat, "/save ~/my chat.md", "it already exists and is not overwritten")
    type_and_wait(chat, "/save no/such/x.md", "its directory does not exist")
    type_and_wait(chat, "/save x.md", "The conversation is saved in x.md")
    assert (desk.cwd / "x.md").read_text() == saved.read_text()


def test_model_lists_the_models_of_the_server(chat: Typing, server: Provider) -> None:
    text = type_and_wait(chat, "/model", "The model is m (OPENAI_MODEL).", f"127.0.0.1:{server.port} has:")
    assert lines_after(text, "/model")[2:] == ["  gpt-4o", "  gpt-4o-mini", "  qwen3-coder-plus"]


def test_model_changes_the_requested_model(chat: Typing, server: Provider) -> None:
    ask(chat, server, "one", streamed_reply("first"), "first")
    type_and_wait(chat, "/model gpt-4o-mini", "The model is gpt-4o-mini (/model).")
    chat.until("gpt-4o-mini · 127.0.0.1")
    type_and_wait(chat, "two", "pong from gpt-4o-mini")
    assert server.requests[-1].body["model"] == "gpt-4o-mini"
    assert server.requests[-1].texts == ["one", "first", "two"]
    assert "* gpt-4o-mini" in type_and_wait(chat, "/model", "qwen3-coder-plus")


def test_models_that_cannot_be_listed_do_not_end_the_conversation(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", env=env_of(server, "html")) as chat:
        chat.until("0 tokens")
        type_and_wait(chat, "/model", "The model is m", "does not list its models")


# Terminals of all kinds.


def test_a_dumb_terminal(desk: Desk, server: Provider) -> None:
    text = "**plain** answer\n- a"
    server.replies += [replace(streamed_reply(*text), wait=0.3), refusal(400, "No such thing")]
    with Typing(desk, "run", env=env_of(server), term="dumb") as chat:
        chat.until("Ctrl-D exits\n>")
        chat.type("one\\\r").when(lambda: chat.raw.endswith(b"> one\\\r\n  "), "the line does not go on")
        chat.type("two\r").until("> one\\\n  two\n…\n**plain** answer\n- a\n>")
        chat.type("why\r").until("No such thing", "\n>")
        chat.type("/help\r").until("/exit", "\n>")
        chat.type("/stats\r").until("tokens per second", "\n>")
        chat.type(CTRL_C).until("Ctrl-D exits.\n>")
        assert chat.type(CTRL_D).exit_code() == 0
    assert server.requests[0].texts == ["one\ntwo"]
    assert b"\x1b" not in chat.raw
    assert b"\x07" not in chat.raw


def test_ctrl_c_stops_an_answer_on_a_dumb_terminal(desk: Desk, server: Provider) -> None:
    server.replies.append(replace(streamed_reply("so far", " never"), pause=SLOW_SECONDS))
    with Typing(desk, "run", env=env_of(server), term="dumb") as chat:
        chat.until("\n>")
        chat.type("long\r").until("so far")
        chat.type(CTRL_C).until("so far", "\n(stopped)\n>")
        chat.type("on\r").until("pong")
    assert server.requests[-1].texts == ["long", "so far", "on"]


def test_without_color_there_is_none(desk: Desk, server: Provider) -> None:
    server.replies += [streamed_reply("**bold** `code`\n\n```py\nimport re\n```\n"), refusal(400, "No such thing")]
    with Typing(desk, "run", env=env_of(server, NO_COLOR="1")) as chat:
        chat.until("0 tokens")
        type_and_wait(chat, "hi", "import re")
        type_and_wait(chat, "why", "No such thing")
        chat.type("/he").until("show this")
    styles = re.findall(rb"\x1b\[([0-9;]*)m", chat.raw)
    numbers = {int(number) for style in styles for number in style.split(b";") if number}
    assert 1 in numbers
    assert not [number for number in numbers if number >= 30]


@pytest.mark.parametrize(("width", "height"), [(20, 24), (20, 5), (9, 3)])
def test_a_narrow_terminal(desk: Desk, server: Provider, width: int, height: int) -> None:
    table = "| one | two | three |\n|---|---|---|\n| a | b | c |\n"
    deep = "".join(f"{'> ' * depth}- {'x' * 30}\n" for depth in range(12))
    server.replies.append(
        streamed_reply(*(table + "\n" + deep + "\n```py\nlong = " + "1" * 50 + "\n```\n\nthe\n\nend."))
    )
    with Typing(desk, "run", env=env_of(server), width=width, height=height) as chat:
        chat.until(">")
        chat.type(f"hi{ENTER}").until("end.")
        chat.type(f"/stats{ENTER}").until("end.", "> /stats", "\n>")
        chat.type(f"/help{ENTER}").until("> /stats", "> /help", "\n>")
        assert chat.type(CTRL_D).exit_code() == 0
        assert "\n".join(["1" * width] * 2) in chat.text


@pytest.mark.parametrize(("width", "bottom_line"), [(20, "m · 0 tokens"), (9, "0 tokens")])
def test_the_bottom_line_keeps_the_tokens(desk: Desk, server: Provider, width: int, bottom_line: str) -> None:
    with Typing(desk, "run", env=env_of(server), width=width) as chat:
        chat.until("\n>", bottom_line)
        assert chat.lines[-1] == bottom_line


def test_a_window_that_becomes_another_size(chat: Typing, server: Provider) -> None:
    server.replies.append(replace(streamed_reply(*(["word "] * 30), "\n\nthe end."), pause=0.02))
    chat.type(f"go{ENTER}").until("word word")
    chat.resize(40, 12).until("the end.", "\n>")
    assert chat.type(CTRL_D).exit_code() == 0


def test_a_window_that_becomes_narrower_in_the_middle_of_a_list(chat: Typing, server: Provider) -> None:
    items = [f"item {number} {'x' * 60}" for number in range(60)]
    server.replies.append(streamed_reply(*(f"- {item}\n" for item in items), "\nthe end.", pause=0.01))
    chat.type(f"go{ENTER}").until("item 20")
    text = chat.resize(50, 24).until("the end.", "\n>")
    assert [number for number in range(60) if not re.search(rf" • item {number}\b", text)] == []
    assert "> go\n" in text
