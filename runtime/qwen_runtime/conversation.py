"""The conversation: the messages so far; turns are added, but never changed."""

from __future__ import annotations

from qwen_schema.records import record, replace

from .wire.request import Message


@record
class Conversation:
    """The messages so far; `system` is the instructions before them."""

    system: str = ""
    turns: tuple[Message, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages in order, as they are sent."""
        return (Message("system", self.system), *self.turns) if self.system else self.turns

    def with_question(self, prompt: str) -> Conversation:
        """Return the conversation with a question at its end."""
        return replace(self, turns=(*self.turns, Message("user", prompt)))

    def with_answer(self, text: str) -> Conversation:
        """Return the conversation with the answer to its last question, as far as it was received."""
        return replace(self, turns=(*self.turns, Message("assistant", text)))

    def without_turns(self) -> Conversation:
        """Return a conversation with the same instructions and no turns."""
        return replace(self, turns=())


def as_markdown(conversation: Conversation) -> str:
    """Return the conversation as Markdown, for a file."""
    titles = {"system": "Instructions", "user": "Question", "assistant": "Answer"}
    return "\n".join(f"## {titles[m.role]}\n\n{m.text.strip()}\n" for m in conversation.messages)
