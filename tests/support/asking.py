"""Sends questions to a provider through the runtime, with a resolved config from the compiler."""

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


def configured(base_url: str, *, key: str = KEY, **fields: Any) -> ReadyConfig:
    """Return the runtime's input for an endpoint."""
    values = {"base_url": base_url, "api_key": Secret(key), "model": "m", "max_retries": 0, **fields}
    resolution = resolve(environ={}, cwd=ROOT, home=None, values=values, search=False)
    return ReadyConfig(to_artifact(resolution), Secret(key), ROOT, None)


def session(base_url: str, **fields: Any) -> Session:
    """Return a session with an endpoint."""
    opened.append(Session(configured(base_url, **fields).connect()))
    return opened[-1]


def close_all() -> None:
    """Close every session."""
    while opened:
        opened.pop().close()


def ask(chat: Session, prompt: str = "ping") -> tuple[list[Event], Answer]:
    """Send a question, and return the events and the answer."""
    with chat.exchange(prompt) as exchange:
        happened = [event for event in exchange.events() if event is not None]
    return happened, exchange.answer


def pieces(happened: list[Event]) -> list[str]:
    """Return the pieces of text as they arrived."""
    return [event.text for event in happened if isinstance(event, Text)]
