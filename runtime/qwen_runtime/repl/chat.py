"""What a chat in a terminal consists of, and how it goes over to another config."""

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

# Asks the person how to authenticate; None where they think better of it.
Authenticate = Callable[[], Change | None]

# What is said wherever a key is refused.
CHANGE_KEY = "To change the key here: /auth"
CHANGE_MODEL = "To change the model here: /model NAME"


@dataclass
class Chat:
    """A session with the screen that it is shown on, and with what changes its config.

    `models` are the endpoint's, as far as they are known. `is_over` becomes true when the person leaves.
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
        """Go over to what a change makes of the config; the conversation goes on.

        Raises:
            QwenCfgError: if nothing that can be used comes of it; everything is as before then.
        """
        ready = self.reconfigure(change)
        self.session.switch(ready.connect())
        self.ready = ready
        for notice in ready.notices:
            self.screen.say(notice)


def endpoint(chat: Chat) -> str:
    """Return the host that answers, with its port where there is one."""
    return endpoint_of(chat.session.settings.base_url)


def greet(chat: Chat) -> None:
    """Say who answers, with which key, and how to get on."""
    settings = chat.session.settings
    chat.screen.say(f"{settings.model} at {endpoint(chat)}", "bold")
    if settings.uses_login:
        chat.screen.say(f"You are logged in with Qwen OAuth ({settings.api_key.path}).")
    else:
        chat.screen.say(f"The key comes from {settings.api_key}.")
    chat.screen.say("/help for commands, Ctrl-D exits", "dim")
    for notice in chat.ready.notices:
        chat.screen.say(notice)
