"""One question: it is sent, the answer is shown while it comes, and what is worth saying about it follows."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from qwen_runtime.wire.answer_notices import held_line, notices_of, waiting_line
from qwen_runtime.wire.events import RateWait, Reasoning, RetryWait, Text
from qwen_schema import StreamRedactor
from qwen_schema.ending import put_off

from .live_view import LiveView
from .plain_view import PlainView

if TYPE_CHECKING:
    from collections.abc import Sized

    from qwen_runtime.terminal.screen import Screen
    from qwen_runtime.wire.events import Event
    from qwen_runtime.wire.exchange import Exchange

    from .chat import Chat
    from .view import Kind, View

# How often the spinner turns and Ctrl-C is looked for, in seconds.
_TICK = 0.1


def ask(chat: Chat, question: str) -> None:
    """Ask, and show what comes. Ctrl-C stops the answer; what came of it is part of the conversation.

    Raises:
        AuthenticationError: if the provider refuses the key.
        ProviderError: if no answer comes, or it stops in the middle.
    """
    view = _view(chat.screen, f"waiting for {chat.session.settings.model}")
    # An exception could come within a write.
    with put_off(signal.SIGINT) as heard, chat.session.exchange(question) as exchange:
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
    """The pieces of an answer on their way to a view, without a secret that stands in more than one of them."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._kind: Kind = "answer"
        self._redacting = StreamRedactor()

    def add(self, kind: Kind, text: str) -> None:
        """Show what of a piece can be shown now."""
        if kind != self._kind:
            self.end()
        self._kind = kind
        self._show(self._redacting.add(text))

    def end(self) -> None:
        """Show what was held back."""
        self._show(self._redacting.end())
        self._redacting = StreamRedactor()

    def _show(self, text: str) -> None:
        if text:
            self.view.add(self._kind, text)


def _show(exchange: Exchange, pieces: _Pieces, heard: Sized, screen: Screen) -> None:
    """Show everything until it ends, somebody stops it, or nobody sees it any more."""
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
            pieces.view.note(waiting_line(event))
        case RateWait():
            pieces.view.hold(held_line(event))
