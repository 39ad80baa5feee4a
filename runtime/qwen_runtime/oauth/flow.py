"""Logging in with a browser on any device, from the code to the saved login (RFC 8628)."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from qwen_runtime.wire.background import Background
from qwen_schema import OutputError, ProviderError
from qwen_schema.qwen_oauth import api_of_login
from qwen_schema.records import replace
from qwen_schema.signals import run_to_end

from .cache import BrokenLoginError, removal_error
from .device import DeviceCode, start_polling
from .lock import RefreshLock
from .login import Login, login_of_tokens
from .pkce import challenge_of, make_verifier
from .server import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event as Flag
    from typing import Any

    from .cache import LoginCache
    from .device import PollState, TokenResponse
    from .server import AuthorizationServer

# The interval between updates of the remaining time, in seconds.
_TICK = 0.5

# The longest wait for a refresh of the old tokens, which would overwrite the new ones, in seconds.
_PATIENCE = 15.0
_PATIENCE_TO_LEAVE = 40.0

_WORK = "waiting for the login server"


class LoginView(Protocol):
    """Shows the user's instructions and the remaining time."""

    def show_code(self, device: DeviceCode) -> None:
        """Show the address, the code, and the time when the code expires."""

    def waiting(self, seconds_left: float | None) -> None:
        """Show that the program waits for the login, or, with None, for the code."""

    def end(self) -> None:
        """Keep the current output."""


def log_in(
    server: AuthorizationServer, cache: LoginCache, view: LoginView, *, browse: Callable[[str], object] | None
) -> Login:
    """Log in, save the login and return it. Ctrl-C cancels; an existing login is kept until the new one is complete.

    `browse` opens the address in a browser here; all instructions are shown before.

    Raises:
        AuthenticationError: if the user denies the login, or the code expires.
        ProviderError: if the server sends no code, or refuses the request.
        OutputError: if the login cannot be saved.
    """
    cache.require_place()
    background = Background(lambda cancelled: _login_events(server, cache, cancelled))
    try:
        return _follow(background, view, browse)
    finally:
        background.cancelled.set()
        view.end()


def _login_events(
    server: AuthorizationServer, cache: LoginCache, cancelled: Flag
) -> Iterator[DeviceCode | PollState | Login]:
    """Yield the code, the state after each poll, and finally the saved login."""
    verifier = make_verifier()
    device = server.ask_for_code(challenge_of(verifier))
    yield device
    polling = start_polling(device, time.monotonic())
    while True:
        if cancelled.wait(min(polling.interval, max(polling.seconds_left(time.monotonic()), 0.1))):
            return
        left = max(polling.seconds_left(time.monotonic()), 1.0)
        # The code works once: an answer in transit may contain the tokens.
        poll = partial(server.poll, device, verifier, left)
        state = run_to_end(partial(_poll_once, polling, poll, cache), _WORK, min(left, LONGEST))
        yield state
        if isinstance(state, Login):
            return
        polling = state


def _poll_once(polling: PollState, poll: Callable[[], TokenResponse], cache: LoginCache) -> PollState | Login:
    """Poll once, and return the new state, or the login after saving it."""
    asked_at = time.time()
    after = polling.after(poll(), time.monotonic())
    return after if after.tokens is None else _save(cache, _login_of(after.tokens, asked_at))


def _login_of(answer: Mapping[str, Any], asked_at: float) -> Login:
    try:
        login = login_of_tokens(answer, asked_at)
        if login.resource_url:
            api_of_login(login.resource_url)
    except ValueError as error:
        raise ProviderError(f"the login server's answer cannot be used: {error}") from None
    return login


def _follow(
    background: Background[DeviceCode | PollState | Login], view: LoginView, browse: Callable[[str], object] | None
) -> Login:
    ends_at = None
    for event in background.poll(_TICK):
        if isinstance(event, DeviceCode):
            ends_at = time.monotonic() + event.expires_in
            view.show_code(event)
            if browse is not None:
                browse(event.whole_address)
        elif isinstance(event, Login):
            return event
        view.waiting(None if ends_at is None else max(ends_at - time.monotonic(), 0.0))
    raise KeyboardInterrupt


def _save(cache: LoginCache, login: Login) -> Login:
    """Save a login while no program refreshes the tokens of the previous one."""
    lock = RefreshLock(cache.lock_path)
    taken = lock.take(_PATIENCE)
    try:
        before = None
        try:
            before = cache.read()
        except BrokenLoginError:
            cache.set_aside()
        kept = login if before is None else replace(login, others=before.others)
        cache.write(kept)
        return kept
    finally:
        if taken:
            lock.release()


def log_out(cache: LoginCache) -> bool:
    """Remove the login once no program refreshes its tokens, and return whether there was one.

    Raises:
        OutputError: if the login cannot be removed, or another program keeps refreshing it.
    """
    lock = RefreshLock(cache.lock_path, "removed")
    if not os.path.lexists(cache.path):
        return False
    try:
        try:
            taken = lock.take(_PATIENCE_TO_LEAVE)
        except OutputError as error:
            raise removal_error(error.what, cache.shown) from None
        if not taken:
            raise OutputError(
                "another program is refreshing the login and would restore it",
                where=str(cache.lock_path),
                hint="Try again in a moment; remove the file if no program is running.",
            )
        return cache.remove()
    finally:
        lock.release()
