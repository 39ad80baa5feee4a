"""Reads a line in a line editor; a signal ends the editor between two keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.application.current import get_app_or_none

from qwen_schema.signals import delay_signals

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import AnyFormattedText


def prompt(session: PromptSession[str], message: AnyFormattedText = None) -> str:
    """Return the typed text.

    An exception that a signal raises in the editor's reader of keys breaks it: it would print a traceback at the next
    key. So a signal exits the editor like a key, and is handled after that.
    """
    with delay_signals(on_signal=_leave) as heard:
        return session.prompt(message, pre_run=lambda: _leave() if heard else None)


def _leave() -> None:
    app = get_app_or_none()
    if app is not None and app.loop is not None:
        app.loop.call_soon_threadsafe(lambda: None if app.is_done else app.exit(exception=EOFError))
