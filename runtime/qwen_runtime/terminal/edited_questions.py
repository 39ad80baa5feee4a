"""Asks questions with a line editor; typed text is not added to a history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import print_formatted_text
from prompt_toolkit.styles import Style

from .prompting import prompt
from .questions import SHOWN_WARNING, wrap

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyPressEvent

_COLORED = Style.from_dict({"question": "bold", "hint": "#888888", "warning": "ansiyellow"})
_PLAIN = Style.from_dict({})


@dataclass
class _Sight:
    """Whether the typed text is visible."""

    shown: bool = False

    def toggle(self) -> None:
        """Switch between visible and hidden."""
        self.shown = not self.shown


class EditedQuestions:
    """Asks questions with a line editor."""

    def __init__(self, *, color: bool) -> None:
        self._style = _COLORED if color else _PLAIN
        self._depth = None if color else ColorDepth.DEPTH_1_BIT

    def tell(self, text: str) -> None:
        """Write a line."""
        self._write("", text)

    def warn(self, text: str) -> None:
        """Write a line about a problem."""
        self._write("class:warning", text)

    def open(self, question: str, default: str) -> str:
        """Return the typed text."""
        hint = f" [{default}]" if default else ""
        message = FormattedText([("class:question", question), ("class:hint", hint), ("", ": ")])
        return prompt(self._session(_keys()), message)

    def hidden(self, question: str) -> str:
        """Return the typed text, which is shown as asterisks; Ctrl-T shows it until Enter or Ctrl-T hides it again."""
        sight = _Sight()
        keys = _keys()
        keys.add("c-t")(lambda _: sight.toggle())
        keys.add("enter")(lambda event: _accept_hidden(event, sight))
        session = self._session(keys)
        session.is_password = Condition(lambda: not sight.shown)
        return prompt(session, lambda: _hidden_message(question, sight))

    def _session(self, keys: KeyBindings) -> PromptSession[str]:
        return PromptSession(history=DummyHistory(), key_bindings=keys, style=self._style, color_depth=self._depth)

    def _write(self, style: str, text: str) -> None:
        print_formatted_text(FormattedText([(style, wrap(text))]), style=self._style, color_depth=self._depth)


def _hidden_message(question: str, sight: _Sight) -> FormattedText:
    hint = " (Ctrl-T hides it)" if sight.shown else " (hidden; Ctrl-T shows it)"
    warning = [("class:warning", f"{SHOWN_WARNING}\n")] if sight.shown else []
    return FormattedText([*warning, ("class:question", question), ("class:hint", hint), ("", ": ")])


def _accept_hidden(event: KeyPressEvent, sight: _Sight) -> None:
    """Accept the typed text, and remove it from the screen."""
    sight.shown = False
    event.current_buffer.validate_and_handle()


def _keys() -> KeyBindings:
    keys = KeyBindings()
    keys.add("c-d")(_leave)
    keys.add(Keys.BracketedPaste)(_paste)
    return keys


def _leave(event: KeyPressEvent) -> None:
    """Exit, even if text has been typed."""
    event.app.exit(exception=EOFError, style="class:exiting")


def _paste(event: KeyPressEvent) -> None:
    """Insert pasted text without the blanks and line ends around it."""
    event.current_buffer.insert_text(event.data.strip())
