"""Refreshes a login before its tokens expire, in one process at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qwen_runtime.wire.refusal_errors import about_refusal
from qwen_schema import AuthenticationError, OutputError, ProviderError, QwenCfgError
from qwen_schema.signals import run_to_end

from .cache import LOG_IN_AGAIN
from .lock import RefreshLock
from .login import login_of_tokens
from .server import LONGEST, LoginRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qwen_schema import Secret

    from .cache import LoginCache
    from .login import Login
    from .server import AuthorizationServer

# The longest wait for another process's refresh, and the interval between checks, in seconds.
_PATIENCE = 30.0
_LOOK_EVERY = 0.05

_WORK = "the login is being refreshed"


class Tokens:
    """The login in a cache, refreshed when needed. `notices` are messages for the user."""

    def __init__(self, cache: LoginCache, server: AuthorizationServer) -> None:
        self._cache = cache
        self._server = server
        self._unsaved: Login | None = None
        # Tokens that were sent are redacted in answers as long as they are registered.
        self._sent: dict[str, Login] = {}
        self.notices: list[str] = []

    def current(self) -> Login:
        """Return a login with an access token that is valid for a while.

        Raises:
            AuthenticationError: if the login no longer exists, or is refused.
            ProviderError: if the login has expired, and cannot be refreshed now.
        """
        login = self._read()
        if login.is_fresh(time.time()):
            return login
        try:
            return self._exchange(lambda it: it.is_fresh(time.time()))
        except (ProviderError, OutputError):
            login = self._read()
            if login.is_expired(time.time()):
                raise
            return login

    def renew(self, refused: Secret) -> Login:
        """Return a login with a different access token than the refused one.

        Raises:
            AuthenticationError: if the login no longer exists, or is refused.
            ProviderError: if the login cannot be refreshed now.
        """
        return self._exchange(lambda login: login.access_token != refused)

    def _exchange(self, is_good: Callable[[Login], bool]) -> Login:
        """Return a valid login, which another program may have refreshed in the meantime."""
        lock, until = RefreshLock(self._cache.lock_path), time.monotonic() + _PATIENCE
        while (login := run_to_end(lambda: self._refresh_locked(lock, is_good), _WORK, LONGEST)) is None:
            login = self._read()
            if is_good(login):
                return login
            if time.monotonic() > until:
                raise ProviderError(
                    f"another program has been refreshing the login for {_PATIENCE:g} s",
                    where=str(self._cache.lock_path),
                    hint="Remove the file if no program is running.",
                )
            time.sleep(_LOOK_EVERY)
        return login

    def _refresh_locked(self, lock: RefreshLock, is_good: Callable[[Login], bool]) -> Login | None:
        """Take the lock, check again, refresh the tokens if still needed; None if another program holds the lock."""
        if not lock.try_take():
            return None
        try:
            login = self._read()
            return login if is_good(login) else self._refresh(login)
        finally:
            lock.release()

    def _refresh(self, login: Login) -> Login:
        if login.refresh_token is None:
            raise AuthenticationError(
                "the login has expired and has no refresh token",
                where=self._cache.shown,
                hint=LOG_IN_AGAIN,
            )
        asked_at = time.time()
        try:
            new = login_of_tokens(self._server.refresh(login.refresh_token), asked_at, login)
        except LoginRefusedError:
            # Another program may have refreshed the login without the lock.
            found = self._read()
            if found.refresh_token != login.refresh_token and found.is_fresh(time.time()):
                return found
            raise
        except ValueError as error:
            raise ProviderError(
                f"the login server's answer cannot be used: {error}",
                hint=f"{LOG_IN_AGAIN}. {about_refusal()}",
            ) from None
        return self._save(new, login)

    def _save(self, login: Login, before: Login) -> Login:
        """Save the new login and return it; if it cannot be saved, this process uses it and adds a notice.

        A logout or a new login of another program in the meantime takes precedence.
        """
        try:
            if self._unsaved is None:
                found = self._read()
                if found.refresh_token != before.refresh_token:
                    return found
            self._cache.write(login)
            self._unsaved = None
        except AuthenticationError:
            raise
        except QwenCfgError as error:
            self._unsaved = login
            self.notices.append(
                f"the login was refreshed but cannot be saved: {error}. It is valid for this run; log in again later: "
                "qwen-cfg auth login"
            )
        self._sent[login.access_token.reveal()] = login
        return login

    def _read(self) -> Login:
        if self._unsaved is not None:
            return self._unsaved
        login = self._cache.read()
        if login is None:
            raise AuthenticationError(
                "the Qwen OAuth login no longer exists",
                where=self._cache.shown,
                hint=LOG_IN_AGAIN,
            )
        self._sent[login.access_token.reveal()] = login
        return login
