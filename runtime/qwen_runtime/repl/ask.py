"""Sends one question, shows the answer while it arrives, and then the notices about it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from qwen_runtime.wire.answer_notices import notices_of, rate_wait_line, retry_line
from qwen_runtime.wire.events import RateWait, Reasoning, RetryWait, Text
from qwen_schema import StreamRedactor
from qwen_schema.signals import delay_signals

from .live_view import LiveView
from .plain_view import PlainView

if TYPE_CHECKING:
    from collections.abc import Sized

    from qwen_runtime.terminal.screen import Screen
    from qwen_runtime.wire.events import Event
    from qwen_runtime.wire.exchange import Exchange

    from .chat import Chat
    from .view import Kind, View

# The interval between turns of the spinner and checks for Ctrl-C, in seconds.
_TICK = 0.1


def ask(chat: Chat, question: str) -> None:
    """Send a question and show the answer. Ctrl-C stops the answer; the received part stays in the conversation.

    Raises:
        AuthenticationError: if the provider refuses the key.
        ProviderError: if there is no answer, or it stops in the middle.
    """
    view = _view(chat.screen, f"waiting for {chat.session.settings.model}")
    # An exception could interrupt a write.
    with delay_signals(signal.SIGINT) as heard, chat.session.exchange(question) as exchange:
        pieces = _Pieces(view)
        try:
            _show(exchange, pieces, heard, chat.screen)
        finally:
            pieces.end()
            view.end()
    if heard:
        chat.screen.say("(stopped)", "dim")
        return
    for remark in (*notices_of(exchange.answer, chat.session.settings), *chat.session.connection.notices()):
        chat.screen.say(f"({remark})", "dim")


def _view(screen: Screen, waiting_for: str) -> View:
    return PlainView(screen) if screen.is_dumb else LiveView(screen, waiting_for)


class _Pieces:
    """Passes the pieces of an answer to a view, without secrets, even those that span pieces."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._kind: Kind = "answer"
        self._redactor = StreamRedactor()

    def add(self, kind: Kind, text: str) -> None:
        """Show the part of a piece that can be shown now."""
        if kind != self._kind:
            self.end()
        self._kind = kind
        self._show(self._redactor.add(text))

    def end(self) -> None:
        """Show the text that was held back."""
        self._show(self._redactor.end())
        self._redactor = StreamRedactor()

    def _show(self, text: str) -> None:
        if text:
            self.view.add(self._kind, text)


def _show(exchange: Exchange, pieces: _Pieces, heard: Sized, screen: Screen) -> None:
    """Show the events until the answer ends, the user stops it, or the terminal is gone."""
    for event in exchange.events(_TICK):
        if heard or screen.is_gone:
            return
        _show_event(event, pieces)


def _show_event(event: Event | None, pieces: _Pieces) -> None:
    match event:
        case None:
            pieces.view.tick()
        case Text(text):
            pieces.add("answer", text)
        case Reasoning(text):
            pieces.add("reasoning", text)
        case RetryWait():
            pieces.view.note(retry_line(event))
        case RateWait():
            pieces.view.hold(rate_wait_line(event))
