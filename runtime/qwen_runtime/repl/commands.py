"""The commands of a chat, by name."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from qwen_schema import UsageError
from qwen_schema.records import record

from .reports import show_config, show_statistics, show_terms
from .save import save
from .switch import authenticate, choose_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from .chat import Chat
    from .input import CommandCall


@record
class Command:
    """A command: its function takes the text after its name."""

    run: Callable[[Chat, str], None]
    summary: str
    argument: str = ""


def run(chat: Chat, called: CommandCall) -> None:
    """Run a command.

    Raises:
        UsageError: if there is no command of this name, or it takes no argument.
        QwenCfgError: if the command fails.
    """
    command = COMMANDS.get(called.name)
    if command is None:
        raise UsageError(f"unknown command /{called.name}", hint=_advice(called.name))
    if called.argument and not command.argument:
        raise UsageError(f"/{called.name} takes no argument", hint=f"To send the text, begin it with //{called.name}")
    command.run(chat, called.argument)


def _advice(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1) if name else []
    meant = f"Did you mean /{near[0]}? " if near else ""
    send = f" To send the text, begin it with //{name}" if name else ""
    return f"{meant}/help lists the commands.{send}"


def _help(chat: Chat, _: str) -> None:
    rows = [(f"/{name} {c.argument}".rstrip(), c.summary) for name, c in COMMANDS.items()]
    chat.screen.table([*rows, *_KEYS_DUMB] if chat.screen.is_dumb else [*rows, *_KEYS])


def _clear(chat: Chat, _: str) -> None:
    chat.session.clear()
    chat.screen.say("Conversation cleared; usage totals kept.")


def _quit(chat: Chat, _: str) -> None:
    chat.is_over = True


_KEYS = [
    ("Enter", "send; Alt-Enter or Ctrl-J adds a line"),
    ("Ctrl-C", "stop the answer, or clear the line"),
    ("Ctrl-D", "exit, on an empty line"),
    ("//text", "send a text that begins with /"),
]
_KEYS_DUMB = [("Enter", "send; after a \\ it adds a line"), *_KEYS[1:]]

COMMANDS = {
    "help": Command(_help, "show this"),
    "stats": Command(show_statistics, "show requests, tokens and times"),
    "model": Command(choose_model, "show the model and the endpoint's models, or switch to another", "[NAME]"),
    "config": Command(show_config, "show each value and its source; toml: as a file", "[all|toml]"),
    "terms": Command(show_terms, "show which terms and privacy notice apply, and what is sent and kept"),
    "auth": Command(authenticate, "change key, base URL and model; the conversation stays"),
    "clear": Command(_clear, "clear the conversation"),
    "save": Command(save, "write the conversation to a file", "FILE"),
    "quit": Command(_quit, "exit"),
    "exit": Command(_quit, "exit"),
}
