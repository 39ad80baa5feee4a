"""What a chat in a terminal consists of, and how it goes over to another config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_runtime.configured import Change
from qwen_schema import endpoint_of

if TYPE_CHECKING:
    from qwen_runtime.configured import Configured, Reconfigure
    from qwen_runtime.session import Session

    from .screen import Screen
    from .terminal import Keyboard

# Asks the person how to authenticate; None where they think better of it.
Authenticate = Callable[[], Change | None]


@dataclass
class Chat:
    """A session with the screen that it is shown on, and with what changes its config.

    `is_over` becomes true when the person leaves.
    """

    session: Session
    screen: Screen
    keyboard: Keyboard
    configured: Configured
    reconfigure: Reconfigure
    authenticate: Authenticate
    is_over: bool = False

    def change(self, change: Change) -> None:
        """Go over to what a change makes of the config; the conversation goes on.

        Raises:
            QwenCfgError: if nothing that can be used comes of it; everything is as before then.
        """
        configured = self.reconfigure(change)
        self.session.switch(configured.connect())
        self.configured = configured
        for notice in configured.notices:
            self.screen.say(notice)


def endpoint(chat: Chat) -> str:
    """Return the host that answers, with its port where there is one."""
    return endpoint_of(chat.session.artifact.text("base_url"))


def greet(chat: Chat) -> None:
    """Say who answers, with which key, and how to get on."""
    artifact = chat.session.artifact
    chat.screen.say(f"{artifact.text('model')} at {endpoint(chat)}", "bold")
    if chat.configured.key is None:
        chat.screen.say(f"You are logged in with Qwen OAuth ({artifact.api_key.path}).")
    else:
        chat.screen.say(f"The key comes from {artifact.api_key}.")
    chat.screen.say("/help for commands, Ctrl-D leaves", "dim")
    for notice in chat.configured.notices:
        chat.screen.say(notice)
