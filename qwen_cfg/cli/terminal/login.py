"""A login at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.application.login import LoginPlace
    from qwen_cfg.cli.output import Output
    from qwen_runtime.oauth import Login
    from qwen_runtime.terminal.device import Terminal


def log_in_at_terminal(place: LoginPlace, output: Output, terminal: Terminal, *, browser: bool) -> Login:
    """Log in, with instructions for the user on the screen.

    Raises:
        AuthenticationError: if the login is denied, or the code expires.
        ProviderError: if the server sends no code, or refuses.
        OutputError: if the login cannot be saved.
    """
    from qwen_runtime.oauth.flow import log_in  # noqa: PLC0415 - for a login only
    from qwen_runtime.oauth.server import AuthorizationServer  # noqa: PLC0415
    from qwen_runtime.terminal.login_screen import LoginScreen  # noqa: PLC0415
    from qwen_runtime.terminal.questions import without_echo  # noqa: PLC0415
    from qwen_runtime.terminal.screen import Screen  # noqa: PLC0415

    from .browser import open_browser  # noqa: PLC0415

    server = AuthorizationServer(place.settings)
    view = LoginScreen(Screen(output, terminal), color=terminal.color)
    with without_echo(dumb=terminal.dumb):
        return log_in(server, place.cache, view, browse=open_browser if browser else None)


def terminal_of(output: Output, state: Path | None) -> Terminal:
    """Return the properties of the terminal. `state` is the directory for the history of its lines."""
    from qwen_runtime.terminal.device import Terminal  # noqa: PLC0415

    return Terminal(dumb=output.is_dumb, color=output.wants_color, history=None if state is None else state / "history")
