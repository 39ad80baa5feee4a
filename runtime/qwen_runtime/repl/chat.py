"""The parts of a chat in a terminal, and the switch to another config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qwen_runtime.change import Change
from qwen_schema import endpoint_of

from .model_names import ModelNames

if TYPE_CHECKING:
    from qwen_runtime.change import Reconfigure
    from qwen_runtime.ready import ReadyConfig
    from qwen_runtime.session import Session
    from qwen_runtime.terminal.device import Keyboard
    from qwen_runtime.terminal.screen import Screen

# Asks the user how to authenticate; returns None if the user cancels.
Authenticate = Callable[[], Change | None]

# The hint for every refused key.
CHANGE_KEY = "To change the key here: /auth"
CHANGE_MODEL = "To change the model here: /model NAME"


@dataclass
class Chat:
    """A session, its screen, and the functions that change its config.

    `models` are the known models of the endpoint. `is_over` becomes true when the user exits.
    """

    session: Session
    screen: Screen
    keyboard: Keyboard
    ready: ReadyConfig
    reconfigure: Reconfigure
    authenticate: Authenticate
    models: ModelNames = field(default_factory=ModelNames)
    is_over: bool = False

    def change(self, change: Change) -> None:
        """Apply a change of the config; the conversation continues.

        Raises:
            QwenCfgError: if the new config cannot be used; nothing has changed then.
        """
        ready = self.reconfigure(change)
        self.session.switch(ready.connect())
        self.ready = ready
        for notice in ready.notices:
            self.screen.say(notice)


def endpoint(chat: Chat) -> str:
    """Return the host of the endpoint, with its port if the URL names one."""
    return endpoint_of(chat.session.settings.base_url)


def greet(chat: Chat) -> None:
    """Show the endpoint, the key and the first commands."""
    settings = chat.session.settings
    chat.screen.say(f"{settings.model} at {endpoint(chat)}", "bold")
    if settings.uses_login:
        chat.screen.say(f"You are logged in with Qwen OAuth ({settings.api_key.path}).")
    else:
        chat.screen.say(f"The key comes from {settings.api_key}.")
    chat.screen.say("/help for commands, Ctrl-D exits", "dim")
    for notice in chat.ready.notices:
        chat.screen.say(notice)
