"""The line editor: history, multi-line input, completion, and a line at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application.current import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout.processors import TabsProcessor
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style
from rich.cells import cell_len, set_cell_size

from qwen_runtime.terminal.prompting import prompt
from qwen_runtime.terminal.safe_text import without_steering

from .completion import is_command_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.completion import Completer
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyPressEvent

PROMPT = "> "
CONTINUED = "  "
# The separator in the line at the bottom.
_BETWEEN = " · "
_TAB = 4

_STYLE = Style.from_dict({"bottom-toolbar": "noreverse", "bottom-toolbar.text": "noreverse", "prompt": "bold"})


class Editor:
    """Reads the user's input."""

    def __init__(self, history: History, bottom_line: Callable[[], str], completer: Completer, *, color: bool) -> None:
        self._depth = None if color else ColorDepth.DEPTH_1_BIT
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", PROMPT)],
            history=history,
            multiline=True,
            key_bindings=_keys(),
            completer=completer,
            complete_while_typing=Condition(_is_command),
            bottom_toolbar=lambda: _fit(bottom_line(), get_app().output.get_size().columns),
            prompt_continuation=_continuation,
            style=_STYLE,
            color_depth=self._depth,
            input_processors=[TabsProcessor(_TAB, char1=" ", char2=" ")],
            enable_suspend=True,
            # An editor or a shell would inherit the whole environment, including the key.
            enable_open_in_editor=False,
            enable_system_prompt=False,
            # It would keep only the part of a long text that fits on the screen.
            erase_when_done=True,
        )

    def read(self) -> str:
        """Return the next input.

        Raises:
            EOFError: if the user exits.
            KeyboardInterrupt: if Ctrl-C was pressed on an empty line.
        """
        text = ""
        try:
            text = prompt(self._session)
        finally:
            self._leave(text)
        return text

    def _leave(self, text: str) -> None:
        """Keep the typed text on the screen."""
        lines = without_steering(text).split("\n")
        typed = f"\n{CONTINUED}".join(line.expandtabs(_TAB) for line in lines)
        print_formatted_text(
            FormattedText([("class:prompt", PROMPT), ("", typed)]),
            style=_STYLE,
            color_depth=self._depth,
            output=self._session.output,
        )


def _fit(text: str, width: int) -> str:
    """Return the line at the bottom for a width: always its end, and as much of its beginning as fits."""
    if cell_len(text) <= width:
        return text
    first, last = text.partition(_BETWEEN)[0], text.rpartition(_BETWEEN)[2]
    room = width - cell_len(_BETWEEN) - cell_len(last)
    if cell_len(first) <= room:
        return f"{first}{_BETWEEN}{last}"
    return f"{set_cell_size(first, room - 1)}…{_BETWEEN}{last}" if room > 1 else last


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
    """Clear the typed text; on an empty line, raise KeyboardInterrupt for the caller."""
    if event.current_buffer.text:
        event.current_buffer.reset()
    else:
        event.app.exit(exception=KeyboardInterrupt, style="class:aborting")


def _continuation(width: int, line_number: int, wrap_count: int) -> StyleAndTextTuples:  # noqa: ARG001
    return [("", CONTINUED)]


def _is_command() -> bool:
    return is_command_name(get_app().current_buffer.text)
