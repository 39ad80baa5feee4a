"""The dialogue for method, key, base URL and model; it shows a key only on request."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from qwen_runtime import DialogueDefaults
from qwen_runtime.terminal.checks import NoChecks
from qwen_runtime.terminal.dialogue import dialogue
from qwen_schema import Secret, declared_fields

from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_runtime import Change
    from qwen_runtime.terminal.checks import Checks

    from .process import Desk

URL, MODEL = "https://api.openai.com/v1", "gpt-4o"


class Answers:
    """A user with prepared answers, who records all questions and messages."""

    def __init__(self, *answers: str) -> None:
        self._answers = deque(answers)
        self.lines: list[str] = []

    def tell(self, text: str) -> None:
        self.lines.append(text)

    warn = tell

    def open(self, question: str, default: str) -> str:
        self.lines.append(f"{question} [{default}]")
        return self._answers.popleft()

    def hidden(self, question: str) -> str:
        self.lines.append(question)
        return self._answers.popleft()

    @property
    def unused(self) -> int:
        return len(self._answers)


def change_after(
    person: Answers, current: DialogueDefaults | None = None, *, checks: Checks | None = None, asks_where: bool = True
) -> Change:
    change = dialogue(
        person, current or DialogueDefaults(), place="/auth", checks=checks or NoChecks(), asks_where=asks_where
    )
    assert not person.unused
    assert KEY not in "\n".join(person.lines)
    return change


def test_enter_accepts_the_defaults() -> None:
    person = Answers("", "", KEY, "", "")
    change = change_after(person)
    assert change.values == {"auth_method": "openai", "api_key": Secret(KEY), "base_url": URL, "model": MODEL}
    assert (change.place, change.keep) == ("/auth", True)
    assert f"Base URL [{URL}]" in person.lines
    assert f"Model [{MODEL}]" in person.lines
    assert any("https://platform.openai.com/api-keys" in line for line in person.lines)
    assert {n: declared_fields()[n].default for n in ("base_url", "model")} == {"base_url": URL, "model": MODEL}


def test_enter_keeps_the_key_and_the_other_values() -> None:
    current = DialogueDefaults("http://localhost:11434/v1", "qwen3", key="sk-a…9f2a")
    person = Answers("", "", "", "", "2")
    change = change_after(person, current)
    assert change.values == {"auth_method": "openai", "base_url": current.base_url, "model": "qwen3"}
    assert not change.keep
    assert any("sk-a…9f2a" in line for line in person.lines)
    assert any("any value will do" in line for line in person.lines)


def test_an_unusable_answer_is_reported_and_asked_again() -> None:
    answers = ["0", "x", "8", "", "models.example", KEY, " https://models.example/v1 ", "", "sk-\u00fc", f"  '{KEY}'\n"]
    person = Answers(*answers, KEY, " m ", "x", "1")
    change = change_after(person)
    assert change.values == {
        "auth_method": "openai",
        "api_key": Secret(KEY),
        "base_url": "https://models.example/v1",
        "model": "m",
    }
    text = "\n".join(person.lines)
    for part in (
        "Type a number from 1 to 9.",
        "The base URL is needed",
        "Type 1 or 2.",
        "A key is needed. For a local server",
        "That cannot be used: it contains a character that an HTTP header cannot contain",
        "The quotes around it are removed.",
        "That cannot be used: it does not start with http:// or https://",
        "This looks like an API key",
    ):
        assert part in text


def test_an_invalid_present_value_is_no_default() -> None:
    person = Answers("", "", "x", "", "")
    change = change_after(person, DialogueDefaults("nowhere", " "))
    assert (change.values["base_url"], change.values["model"]) == (URL, MODEL)


@pytest.mark.parametrize(
    ("kept", "answers", "log_in"),
    [(False, ["9"], True), (True, ["qwen-oauth", ""], False), (True, ["9", "x", "2"], True)],
)
def test_an_existing_login_is_used_or_replaced(kept: bool, answers: list[str], log_in: bool) -> None:
    person = Answers(*answers)
    change = change_after(person, DialogueDefaults(login="~/.qwen/oauth_creds.json" if kept else ""))
    assert (change.values, change.log_in, change.keep) == ({"auth_method": "qwen-oauth"}, log_in, False)
    assert any("~/.qwen/oauth_creds.json" in line for line in person.lines) == kept


def test_a_short_key_may_equal_the_models_name() -> None:
    assert change_after(Answers("", "", "ollama", "ollama", "")).values["model"] == "ollama"


def test_saving_is_offered_only_if_it_is_possible() -> None:
    assert not change_after(Answers("", "", KEY, ""), asks_where=False).keep


# The dialogue alone, in a program that prints the outcome.
_PROGRAM = """\
import sys
from qwen_runtime import DialogueDefaults
from qwen_runtime.terminal.dialogue import ask_settings
from qwen_schema import Secret, mask
dumb = sys.argv[1] == "dumb"
change = ask_settings(DialogueDefaults(), dumb=dumb, color=not dumb)
values = {} if change is None else change.values
shown = {n: mask(v.reveal()) if isinstance(v, Secret) else v for n, v in values.items()}
print("RESULT", None if change is None else (shown, change.keep), "END")
"""
TERMS = {"dumb": "dumb", "edited": "xterm-256color"}
MASKED = "sk-0…wxyz (39 characters)"


@pytest.fixture(params=TERMS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def at(desk: Desk, kind: str) -> Typing:
    return Typing(desk, kind, width=160, term=TERMS[kind], code=_PROGRAM)


def assert_no_trace_of_the_key(person: Typing, home: Path) -> None:
    assert KEY not in person.text
    for file in home.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def result(person: Typing) -> str:
    text = person.until("RESULT", "END")
    assert person.exit_code() == 0
    return text[text.index("RESULT") :].replace("\n", "")


def after_the_key(person: Typing, kind: str) -> None:
    """Answer the questions after the key with Enter."""
    if kind == "dumb":
        person.until("Show it in full")
        person.type("\r")
    for question in ("Model [", "Keep ["):
        person.until(question)
        person.type("\r")


ENTER_KEY = {
    "typed": f"{KEY}\r",
    "pasted with a line end": f" {KEY}\n",
    "pasted in brackets": f"\x1b[200~ {KEY}\n\x1b[201~\r",
}


@pytest.mark.parametrize("how", ENTER_KEY)
def test_a_typed_or_pasted_key_is_hidden(desk: Desk, kind: str, how: str) -> None:
    with at(desk, kind) as person:
        person.until("Provider [1]")
        person.type("\r")
        person.until("Base URL [")
        person.type("\r")
        person.until("API key (")
        if how == "pasted in brackets" and kind == "dumb":
            # Bracketed paste is off, so a line end in a paste counts as Enter.
            person.type(f"\x1b[200~{KEY}\x1b[201~\r")
        else:
            person.type(ENTER_KEY[how])
        after_the_key(person, kind)
        text = result(person)
        assert MASKED in text
        assert f"'base_url': '{URL}', 'model': '{MODEL}'}}, True)" in text
        assert_no_trace_of_the_key(person, desk.home)
        assert KEY.encode() not in person.raw
        assert kind == "edited" or b"\x1b" not in person.raw


def test_a_key_can_be_shown(desk: Desk, kind: str) -> None:
    with at(desk, kind) as person:
        person.until("Provider [1]")
        person.type("\r")
        person.until("Base URL [")
        person.type("\r")
        person.until("API key (")
        if kind == "dumb":
            person.type("sk-wrong\r")
            person.until("Show it in full")
            person.type("y\r")
            person.until("Anyone who sees or records this terminal gets the key.", "sk-wrong", "Is it right?")
            person.type("n\r")
            person.until("Is it right?", "API key (")
            person.type(f"{KEY}\r")
        else:
            person.type(f"{KEY}\x14")
            person.until("Anyone who sees or records this terminal gets the key.", "Ctrl-T hides it", KEY)
            person.type("\x14")
            person.until("Ctrl-T shows it", "*" * len(KEY))
            person.type("\x14")
            person.until("Ctrl-T hides it", KEY)
            person.type("\r")
        after_the_key(person, kind)
        assert MASKED in result(person)
        assert_no_trace_of_the_key(person, desk.home)


@pytest.mark.parametrize("leave", ["\x03", "\x04"])
@pytest.mark.parametrize("question", ["Provider [1]", "Base URL [", "API key (", "Model [", "Keep ["])
def test_ctrl_c_and_ctrl_d_change_nothing(desk: Desk, kind: str, leave: str, question: str) -> None:
    answers = dict.fromkeys(["Provider [1]", "Base URL [", "API key (", "Show it in full", "Model ["], "\r")
    answers["API key ("] = f"{KEY}\r"
    with at(desk, kind) as person:
        for prompt, answer in {**answers, "Keep [": ""}.items():
            if prompt == "Show it in full" and kind == "edited":
                continue
            person.until(prompt)
            if prompt == question:
                break
            person.type(answer)
        # With a line editor, typed text makes no difference.
        person.type(f"x{leave}" if kind == "edited" else leave)
        assert result(person).startswith("RESULT None")
        assert_no_trace_of_the_key(person, desk.home)
