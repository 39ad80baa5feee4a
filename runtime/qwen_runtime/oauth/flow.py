"""Logging in with a browser anywhere, from the code to the kept login (RFC 8628)."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from qwen_runtime.wire.background import Background
from qwen_schema import OutputError, ProviderError
from qwen_schema.ending import run_to_end
from qwen_schema.qwen_oauth import api_of_login
from qwen_schema.records import replace

from .cache import BrokenLoginError, still_there
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

# How often the time that is left is shown, in seconds.
_TICK = 0.5

# How long an exchange of the old tokens, which would put them over the new ones, is waited for, in seconds.
_PATIENCE = 15.0
_PATIENCE_TO_LEAVE = 40.0

_WORK = "the login server is being asked"


class LoginView(Protocol):
    """Shows a person what to do, and how long there is time for it."""

    def show_code(self, device: DeviceCode) -> None:
        """Show the address, the code, and until when it holds."""

    def waiting(self, seconds_left: float | None) -> None:
        """Show that the login is waited for, or, with None, that the code is."""

    def end(self) -> None:
        """Let what is shown stay."""


def log_in(
    server: AuthorizationServer, cache: LoginCache, view: LoginView, *, browse: Callable[[str], object] | None
) -> Login:
    """Log in, keep the login and return it. Ctrl-C cancels it; a login that is there is kept until another has come.

    `browse` opens an address in a browser here, which is an extra: everything is shown before.

    Raises:
        AuthenticationError: if it is denied, or nobody logs in before the code expires.
        ProviderError: if the server gives no code, or refuses.
        OutputError: if the login cannot be kept.
    """
    cache.require_place()
    background = Background(lambda cancelled: _course(server, cache, cancelled))
    try:
        return _follow(background, view, browse)
    finally:
        background.cancelled.set()
        view.end()


def _course(
    server: AuthorizationServer, cache: LoginCache, cancelled: Flag
) -> Iterator[DeviceCode | PollState | Login]:
    """Yield the code, after each poll how polling stands, and at last the login that is kept."""
    verifier = make_verifier()
    device = server.ask_for_code(challenge_of(verifier))
    yield device
    polling = start_polling(device, time.monotonic())
    while True:
        if cancelled.wait(min(polling.interval, max(polling.seconds_left(time.monotonic()), 0.1))):
            return
        left = max(polling.seconds_left(time.monotonic()), 1.0)
        # The code is good once: an answer that is on its way may have the tokens.
        poll = partial(server.poll, device, verifier, left)
        state = run_to_end(partial(_poll_once, polling, poll, cache), _WORK, min(left, LONGEST))
        yield state
        if isinstance(state, Login):
            return
        polling = state


def _poll_once(polling: PollState, poll: Callable[[], TokenResponse], cache: LoginCache) -> PollState | Login:
    """Ask once; return how polling stands then, or the login, which is kept."""
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
    """Keep a login, while nobody exchanges the tokens of the one before."""
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
    """Forget the login, once nobody exchanges its tokens any more; tell whether there was one.

    Raises:
        OutputError: if it cannot be removed, or somebody goes on exchanging the tokens.
    """
    lock = RefreshLock(cache.lock_path, "removed")
    if not os.path.lexists(cache.path):
        return False
    try:
        try:
            taken = lock.take(_PATIENCE_TO_LEAVE)
        except OutputError as error:
            raise still_there(error.what, cache.shown) from None
        if not taken:
            raise OutputError(
                "another program is refreshing the login and would restore it",
                where=str(cache.lock_path),
                hint="Try again in a moment; remove the file if no program is running.",
            )
        return cache.remove()
    finally:
        lock.release()
