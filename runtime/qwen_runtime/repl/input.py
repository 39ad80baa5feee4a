"""Parses a typed text as a question or a command."""

from __future__ import annotations

from qwen_schema import patterns as re
from qwen_schema.records import record

# A command is one line whose first word has only letters: `/etc/hosts` is a path in a question.
_COMMAND = re.compile(r"/([A-Za-z]*)(?:[ \t]+(.*))?")

# Words for exit and help in other programs, and the commands here.
_BARE = {
    **dict.fromkeys(
        ("exit", "exit()", "q", "quit", "quit()", "bye", "logout", ":q", ":q!", ":qa", ":wq", ":x", ":quit"), "exit"
    ),
    **dict.fromkeys(("help", "help()", "?", ":help"), "help"),
}


@record
class Question:
    """A text for the model."""

    text: str


@record
class CommandCall:
    """A command with its argument."""

    name: str
    argument: str = ""


def read(text: str) -> Question | CommandCall | None:
    """Return a typed text as a question or a command; None if it is blank. `//` starts a question with a `/`."""
    # A byte that cannot be decoded becomes a lone surrogate, which cannot be sent.
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip("\n").rstrip()
    bare = text.strip()
    if not bare:
        return None
    if bare.lower() in _BARE:
        return CommandCall(_BARE[bare.lower()])
    if bare.startswith("//"):
        return Question(bare.removeprefix("/"))
    command = _COMMAND.fullmatch(bare)
    if command is None or (not command[1] and command[2]):
        return Question(text)
    return CommandCall(command[1].lower(), (command[2] or "").strip())
