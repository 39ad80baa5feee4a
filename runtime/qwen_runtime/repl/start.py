"""The conversation from the greeting to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qwen_runtime.conversation import Conversation
from qwen_runtime.session import Session
from qwen_runtime.terminal.device import Keyboard
from qwen_runtime.terminal.safe_text import safe
from qwen_runtime.terminal.screen import Screen
from qwen_runtime.token_totals import totals
from qwen_schema import AuthenticationError, ExitCode, NotFoundError, OutputError, QwenCfgError

from .ask import ask
from .chat import CHANGE_KEY, CHANGE_MODEL, Chat, endpoint, greet
from .commands import run
from .input import CommandCall, read
from .plain_editor import PlainEditor

if TYPE_CHECKING:
    from qwen_runtime.change import Reconfigure
    from qwen_runtime.output import Output
    from qwen_runtime.ready import ReadyConfig
    from qwen_runtime.terminal.device import Terminal

    from .chat import Authenticate


class Reader(Protocol):
    """Reads the user's input."""

    def read(self) -> str:
        """Return the next input; raise EOFError if the user exits, KeyboardInterrupt if there is nothing to clear."""


def start(
    ready: ReadyConfig,
    output: Output,
    terminal: Terminal,
    reconfigure: Reconfigure,
    authenticate: Authenticate,
    *,
    system: str = "",
) -> ExitCode:
    """Chat until the user exits, and return the exit code.

    `reconfigure` applies a change to the config, `authenticate` asks for the change of `/auth`, and `system` is the
    instructions before the conversation.

    Raises:
        ConfigurationError: if the artifact cannot be used.
    """
    session = Session(ready.connect(), Conversation(system), ready.observe)
    keyboard = Keyboard(dumb=terminal.dumb)
    chat = Chat(session, Screen(output, terminal), keyboard, ready, reconfigure, authenticate)
    try:
        with keyboard.quiet():
            greet(chat)
            _converse(chat, _reader(chat, terminal))
    finally:
        chat.session.connection.close()
    return ExitCode.OK


def _converse(chat: Chat, reader: Reader) -> None:
    while not chat.is_over and not chat.screen.is_gone:
        try:
            _answer(chat, reader.read())
        except EOFError:
            return
        except KeyboardInterrupt:
            chat.screen.settle([])
            chat.screen.say("Ctrl-D exits.", "dim")


def _answer(chat: Chat, text: str) -> None:
    """Run a command or send a question. An error is shown, and the conversation continues."""
    typed = read(text)
    try:
        if isinstance(typed, CommandCall):
            run(chat, typed)
        elif typed is not None:
            ask(chat, typed.text)
    except OutputError as error:
        if chat.screen.is_gone:
            raise
        chat.screen.error(error)
    except AuthenticationError as error:
        hint = f"{error.hint} " if error.hint else ""
        chat.screen.error(error.copy(hint=f"{hint}{CHANGE_KEY}"))
    except NotFoundError as error:
        is_model = error.where == chat.session.settings.place("model")
        chat.screen.error(error.copy(hint=f"{error.hint} {CHANGE_MODEL}") if is_model else error)
    except QwenCfgError as error:
        chat.screen.error(error)
    except KeyboardInterrupt:
        chat.screen.say("(stopped)", "dim")


def _reader(chat: Chat, terminal: Terminal) -> Reader:
    if terminal.dumb:
        return PlainEditor(chat.screen)
    from .completion import Completions  # noqa: PLC0415 - slow to import
    from .editor import Editor  # noqa: PLC0415 - slow to import
    from .history import open_history  # noqa: PLC0415 - slow to import

    history, notice = open_history(terminal.history)
    if notice:
        chat.screen.say(notice)
    return Editor(history, lambda: _bottom_line(chat), Completions(chat), color=terminal.color)


def _bottom_line(chat: Chat) -> str:
    sums = totals(chat.session.records)
    tokens = (
        "tokens not reported" if sums.total_tokens is None and sums.answered else f"{sums.total_tokens or 0:,} tokens"
    )
    return safe(f"{chat.session.settings.model} · {endpoint(chat)} · {tokens}")
