"""The conversation: what was said so far, to which turns are added and from which none is changed."""

from __future__ import annotations

from qwen_schema.records import record, replace

from .wire.request import Message


@record
class Conversation:
    """The messages so far; with `system`, the instructions stand before them."""

    system: str = ""
    turns: tuple[Message, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every message in order, as it is sent."""
        return (Message("system", self.system), *self.turns) if self.system else self.turns

    def with_question(self, prompt: str) -> Conversation:
        """Return the conversation with a question at its end."""
        return replace(self, turns=(*self.turns, Message("user", prompt)))

    def with_answer(self, text: str) -> Conversation:
        """Return the conversation with the answer to its last question, as far as it came."""
        return replace(self, turns=(*self.turns, Message("assistant", text)))

    def without_turns(self) -> Conversation:
        """Return a conversation with the same instructions, in which nothing has been said."""
        return replace(self, turns=())


def as_markdown(conversation: Conversation) -> str:
    """Return the conversation as a text to keep."""
    titles = {"system": "Instructions", "user": "Question", "assistant": "Answer"}
    return "\n".join(f"## {titles[m.role]}\n\n{m.text.strip()}\n" for m in conversation.messages)
