"""Sends prompts to a provider through the runtime, with a config from the compiler."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen_cfg import resolve
from qwen_cfg.core.artifact import to_artifact
from qwen_runtime import ReadyConfig
from qwen_runtime.session import Session
from qwen_runtime.wire.events import Text
from qwen_schema import Secret

if TYPE_CHECKING:
    from qwen_runtime.wire.events import Event
    from qwen_runtime.wire.exchange import Answer

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
ROOT = Path("/")

opened: list[Session] = []


def ready_config(base_url: str, *, key: str = KEY, **fields: Any) -> ReadyConfig:
    """Return the runtime's input for an endpoint: its artifact and the key."""
    values = {"base_url": base_url, "api_key": Secret(key), "model": "m", "max_retries": 0, **fields}
    resolution = resolve(environ={}, cwd=ROOT, home=None, values=values, search=False)
    return ReadyConfig(to_artifact(resolution), Secret(key), ROOT, None)


def session(base_url: str, **fields: Any) -> Session:
    """Return a session with an endpoint."""
    opened.append(Session(ready_config(base_url, **fields).connect()))
    return opened[-1]


def close_all() -> None:
    """Close every session."""
    while opened:
        opened.pop().close()


def ask(chat: Session, prompt: str = "ping") -> tuple[list[Event], Answer]:
    """Send a prompt, and return the events and the answer."""
    with chat.exchange(prompt) as exchange:
        received = [event for event in exchange.events() if event is not None]
    return received, exchange.answer


def pieces(received: list[Event]) -> list[str]:
    """Return the text of the events, piece by piece."""
    return [event.text for event in received if isinstance(event, Text)]
