"""The examination: the steps, their order and their dependencies."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from qwen_runtime.wire.background import Background
from qwen_schema import AuthenticationError, UnreachableError, address_of, host_of, is_loopback, printable
from qwen_schema.proxy import proxy_for
from qwen_schema.records import replace

from .chat import ask
from .failures import explain_errors, limit
from .models import ModelList
from .network import connect, look_up, texts
from .route import first_target, without_retries
from .step import Step, StepResult, run_step, skip_step
from .tls import result_of, shake_hands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qwen_runtime.ready import ReadyConfig

    from .network import Address

# The steps that must succeed before a request.
_ROUTE = ("proxy", "name", "tcp", "tls")
_MOST_ADDRESSES = 3


def examine(ready: ReadyConfig, *, chat: bool) -> Iterator[Step]:
    """Test the config and yield each finished step; with `chat`, ask the model too.

    The key is sent only to the origin of the base URL. Ctrl-C works at any time.

    Raises:
        ConfigurationError: if the config selects another method than an API key, or the CA bundle cannot be used.
    """
    background = Background(lambda _: _Examination(ready).steps(chat=chat))
    try:
        yield from background
    finally:
        background.cancelled.set()


class _Examination:
    """A running examination: the results that later steps need."""

    def __init__(self, ready: ReadyConfig) -> None:
        self._is_bypassed = bool(ready.settings.proxy) and not proxy_for(ready.settings.base_url, ready.settings)
        self._ready = without_retries(ready, direct=self._is_bypassed)
        self._settings = self._ready.settings
        self._limit = limit(self._settings)
        self._addresses: list[Address] = []
        self._models = ModelList()
        self._failed_steps: dict[str, Step] = {}

    def steps(self, *, chat: bool) -> Iterator[Step]:
        """Yield every step, from the name to the answer."""
        with closing(self._ready.connect()) as self._connection:
            yield from self._proxy_steps() if self._settings.proxy else self._direct_steps()
            yield self._tls()
            yield self._run_after(_ROUTE, "models", lambda: self._models.ask(self._connection))
            yield self._model()
            yield (
                self._chat()
                if chat
                else skip_step(
                    "chat",
                    "not asked for",
                    "--chat sends the model a short prompt. Some endpoints list their models to any key.",
                )
            )

    def _proxy_steps(self) -> Iterator[Step]:
        yield self._run_after((), "proxy", self._reach_proxy)
        yield skip_step("name", "the proxy resolves it")
        yield skip_step("tcp", "the proxy opens the connection")

    def _direct_steps(self) -> Iterator[Step]:
        if self._is_bypassed:
            yield skip_step("proxy", f"{self._host} is reached directly, because of no_proxy")
        yield self._run_after((), "name", self._look_up)
        yield self._run_after(("name",), "tcp", self._connect)

    def _reach_proxy(self) -> StepResult:
        with explain_errors(self._settings):
            place = first_target(self._settings)
            connect(look_up(place, self._limit), self._limit)
        return StepResult(f"{place} accepts connections")

    def _look_up(self) -> StepResult:
        with explain_errors(self._settings):
            self._addresses = look_up(first_target(self._settings), self._limit)
        found = texts(self._addresses)
        if address_of(self._host) is not None:
            return StepResult(f"{self._host} is an IP address")
        more = f" and {len(found) - _MOST_ADDRESSES} more" if len(found) > _MOST_ADDRESSES else ""
        return StepResult(f"{self._host} is {', '.join(found[:_MOST_ADDRESSES])}{more}")

    def _connect(self) -> StepResult:
        with explain_errors(self._settings):
            address = connect(self._addresses, self._limit)
        return StepResult(f"{address} accepts connections at port {first_target(self._settings).port}")

    def _tls(self) -> Step:
        if self._settings.base_url.lower().startswith("https:"):
            return self._run_after(_ROUTE, "tls", self._shake_hands)
        if is_loopback(self._host):
            return skip_step("tls", "http, which stays on this machine")
        hint = f"Use https if the server supports it: {self._settings.place('base_url')}"
        return Step("tls", "note", "http: the key and the conversation are sent unencrypted", hint)

    def _shake_hands(self) -> StepResult:
        with explain_errors(self._settings), closing(self._ready.connect()) as connection:
            return result_of(shake_hands(connection, self._limit))

    def _model(self) -> Step:
        step = self._run_after((*_ROUTE, "models"), "model", self._look_for_model)
        return replace(step, seconds=None)

    def _look_for_model(self) -> StepResult:
        if not self._models.names:
            return StepResult("no list of models to search", outcome="skipped")
        return self._models.look_for_model(self._connection)

    def _chat(self) -> Step:
        needs = (*_ROUTE, "models") if self._would_fail_again() else _ROUTE
        return self._run_after(needs, "chat", lambda: ask(self._connection, self._ready.observe))

    def _would_fail_again(self) -> bool:
        """Return whether the error of the list of models applies to a question too.

        A key may be valid for questions but not for the list (403), and a server may fail only for the list.
        """
        failed = self._failed_steps.get("models")
        error = failed.error if failed else None
        return isinstance(error, UnreachableError) or (
            isinstance(error, AuthenticationError) and self._models.status == 401
        )

    def _run_after(self, needs: tuple[str, ...], name: str, trial: Callable[[], StepResult]) -> Step:
        """Return the step of a trial, if the steps that it needs did not fail."""
        missing = next((need for need in needs if need in self._failed_steps), None)
        step = skip_step(name, f"not tried: {missing} failed") if missing else run_step(name, trial)
        if step.outcome == "failed":
            self._failed_steps[name] = step
        return step

    @property
    def _host(self) -> str:
        return printable(host_of(self._settings.base_url))
