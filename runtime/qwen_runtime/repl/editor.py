"""The line editor: history, several lines, completion of commands, and a line at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import get_app
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from .commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyPressEvent

PROMPT = "> "
CONTINUED = "  "

_STYLE = Style.from_dict({"bottom-toolbar": "noreverse", "bottom-toolbar.text": "noreverse", "prompt": "bold"})


class Editor:
    """Reads what a person types."""

    def __init__(self, history: History, bottom_line: Callable[[], str], *, color: bool) -> None:
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", PROMPT)],
            history=history,
            multiline=True,
            key_bindings=_keys(),
            completer=_Commands(),
            complete_while_typing=Condition(_is_command),
            bottom_toolbar=bottom_line,
            prompt_continuation=_continuation,
            style=_STYLE,
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
        )

    def read(self) -> str:
        """Return the next text.

        Raises:
            EOFError: if the person leaves.
            KeyboardInterrupt: if Ctrl-C was pressed on an empty line.
        """
        return self._session.prompt()


class _Commands(Completer):
    """Completes the names of commands."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        typed = document.text_before_cursor
        if _is_command_name(typed):
            for name, command in COMMANDS.items():
                if f"/{name}".startswith(typed):
                    yield Completion(f"/{name}", start_position=-len(typed), display_meta=command.summary)


def _keys() -> KeyBindings:
    keys = KeyBindings()
    keys.add("enter")(lambda event: event.current_buffer.validate_and_handle())
    keys.add("escape", "enter")(_add_line)
    keys.add("c-j")(_add_line)
    keys.add("c-c")(_clear)
    keys.add("<sigint>")(_clear)
    return keys


def _add_line(event: KeyPressEvent) -> None:
    event.current_buffer.insert_text("\n")


def _clear(event: KeyPressEvent) -> None:
    """Clear what is typed; on an empty line, tell the one who asked for it."""
    if event.current_buffer.text:
        event.current_buffer.reset()
    else:
        event.app.exit(exception=KeyboardInterrupt, style="class:aborting")


def _continuation(width: int, line_number: int, wrap_count: int) -> StyleAndTextTuples:  # noqa: ARG001
    return [("", CONTINUED)]


def _is_command() -> bool:
    return _is_command_name(get_app().current_buffer.text)


def _is_command_name(text: str) -> bool:
    return text.startswith("/") and (text[1:].isalpha() or text == "/")
