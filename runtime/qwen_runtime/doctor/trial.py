"""One request that tests an endpoint before its settings are saved: a list of models, or a one-word answer."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from qwen_runtime.wire.background import Background
from qwen_runtime.wire.connection import NoListError, models
from qwen_schema import ProviderError
from qwen_schema.records import replace

from .chat import ask
from .models import ModelList
from .route import without_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event as Flag

    from qwen_runtime.ready import ReadyConfig
    from qwen_runtime.wire.connection import Connection

T = TypeVar("T")

# The default time limit of a trial, in seconds. A server on this machine may load a model first.
_FOR_LIST = 10.0
_FOR_WORD = 60.0


def list_models(ready: ReadyConfig) -> tuple[str, ...] | None:
    """Return the models that an endpoint lists, or None if it has no list. Ctrl-C works at any time.

    Raises:
        AuthenticationError: if the key is refused.
        ProviderError: if the server fails or cannot be reached.
        ConfigurationError: if the CA bundle cannot be used.
    """
    return _run_once(_with_timeout(ready, _FOR_LIST), _list_models)


def ask_one_word(ready: ReadyConfig) -> None:
    """Ask the model for a one-word answer. Ctrl-C works at any time.

    Raises:
        AuthenticationError: if the key is refused.
        ProviderError: if there is no answer.
        ConfigurationError: if the CA bundle cannot be used.
    """
    _run_once(_with_timeout(ready, _FOR_WORD), lambda connection: ask(connection, ready.observe))


def _with_timeout(ready: ReadyConfig, seconds: float) -> ReadyConfig:
    """Return a config with a time-out in seconds, unless a source sets one."""
    artifact = ready.artifact
    if artifact.provenance["timeout"].layer != "default":
        return ready
    return replace(ready, artifact=replace(artifact, config={**artifact.config, "timeout": seconds}))


def _list_models(connection: Connection) -> tuple[str, ...] | None:
    answered = ModelList()
    connection.client.event_hooks = {"response": [answered.note]}
    try:
        return tuple(models(connection, seconds=connection.settings.timeout))
    except NoListError:
        return None
    except ProviderError:
        if answered.status in (404, 405):
            return None
        raise


def _run_once(ready: ReadyConfig, trial: Callable[[Connection], T]) -> T:
    """Return the result of a trial over a connection; there is no retry, and Ctrl-C ends the wait."""

    def run(_: Flag) -> Iterator[T]:
        with closing(without_retries(ready, direct=False).connect()) as connection:
            yield trial(connection)

    background = Background(run)
    try:
        (found,) = [*background.poll(None)]
    finally:
        background.cancelled.set()
    return found  # type: ignore[return-value]
