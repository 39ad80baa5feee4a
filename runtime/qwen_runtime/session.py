"""The session: one conversation over a connection that can be replaced, with its counts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .conversation import Conversation
from .token_totals import Record
from .wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .settings import Settings
    from .wire.connection import Connection
    from .wire.exchange import Observe


class Session:
    """A conversation in progress. `observe` is called after every request to the model."""

    def __init__(
        self, connection: Connection, conversation: Conversation | None = None, observe: Observe | None = None
    ) -> None:
        self.connection = connection
        self._observe = observe
        self.conversation = conversation or Conversation()
        self.records: list[Record] = []

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        return self.connection.settings

    @contextmanager
    def exchange(self, prompt: str) -> Iterator[Exchange]:
        """Send a question, and let the caller receive the answer, which is then added to the conversation.

        A question without any answer is not added, so that it can be sent again.
        """
        asked = self.conversation.with_question(prompt)
        exchange = Exchange(self.connection, asked.messages)
        try:
            yield exchange
        finally:
            exchange.cancel()
            answer = exchange.answer
            self.records.append(Record.of(answer))
            if self._observe is not None:
                self._observe(self.settings, answer, exchange.error)
            if answer.text:
                self.conversation = asked.with_answer(answer.text)

    def switch(self, connection: Connection) -> None:
        """Continue the conversation over another connection."""
        self.connection.close()
        self.connection = connection

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def clear(self) -> None:
        """Remove the turns of the conversation; the counts are kept."""
        self.conversation = self.conversation.without_turns()
