"""An OAuth 2.0 authorization server on loopback, with a chat API that accepts its tokens."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs

from support.provider import MODELS, SLOW_SECONDS, Reply, Request, streamed_reply
from support.servers import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_ID = "f0304373b74a44d2b584a3fb70ca9e56"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CODE_PATH = "/api/v1/oauth2/device/code"
TOKEN_PATH = "/api/v1/oauth2/token"
CHAT_PATHS = ("/v1/chat/completions", "/v1/models")
# RFC 8628 §3.2: the default interval in seconds; §6.1: letters that form no words.
USUAL_INTERVAL = 5.0
USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
INVALID_TOKEN = "invalid access token or token expired"


class RefusedError(Exception):
    """A request to the authorization server is refused, in the form of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.reply = _json_reply({"error": error, "error_description": description}, status)


@dataclass
class DeviceCode:
    """A login that waits for its user. Times are those of the monotonic clock."""

    user_code: str
    challenge: str
    expires: float
    interval: float
    state: Literal["pending", "approved", "denied", "used"] = "pending"
    polled: float | None = None


@dataclass
class Login:
    """The tokens of one login: the access tokens with their expiry, and the refresh tokens."""

    access: dict[str, float] = field(default_factory=dict)
    refresh: str = ""
    used: set[str] = field(default_factory=set)

    def revoke(self) -> None:
        self.access.clear()
        self.refresh = ""


@dataclass
class AuthorizationServer:
    """The server and the requests that it received. These settings can be changed at any time (times in seconds):

    * `token_seconds`, `code_seconds`: how long access tokens and device codes last.
    * `interval`: the interval between polls that the server sends; None to send none.
    * `slow_down`: the status that refuses a poll before its time and adds `slow_down_seconds` to the interval, or None.
    * `rotates`: whether a refresh returns a new refresh token; if not, the old one stays valid and the answer has none.
    * `resource_url`: sent with each token, with the port for "{port}"; None to leave it out.
    * `poll_replies`, `refresh_replies`, `chat_replies`: used one after the other, instead of the server's own answers.
    * `hold_before`, `before_answer`: a refresh waits for these events, at its start and before the answer.
    * `before_poll_answer`: the answer to a poll waits for this event.
    * `received`: set when a refresh request has arrived; without `hold_before`, after it is done.
    * `answers_as`: the name of the model in the answer, if it is not the requested one.
    """

    port: int
    token_seconds: float = 21600
    code_seconds: float = 900
    interval: float | None = None
    slow_down: int | None = None
    slow_down_seconds: float = 5.0
    rotates: bool = True
    resource_url: str | None = "http://127.0.0.1:{port}/api"
    answers_as: str | None = None
    poll_replies: list[Reply] = field(default_factory=list)
    refresh_replies: list[Reply] = field(default_factory=list)
    chat_replies: list[Reply] = field(default_factory=list)
    hold_before: threading.Event | None = None
    before_answer: threading.Event | None = None
    before_poll_answer: threading.Event | None = None
    received: threading.Event = field(default_factory=threading.Event)
    # The received requests. The body of an entry of `requests` is its form, of an entry of `chats` its JSON document.
    requests: list[Request] = field(default_factory=list)
    chats: list[Request] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    refreshes: int = 0
    reused: int = 0
    _codes: dict[str, DeviceCode] = field(default_factory=dict, init=False)
    _logins: list[Login] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def approve(self, user_code: str | None = None) -> None:
        """Approve the login with this user code, or every waiting login; fail if none waits."""
        self._decide(user_code, "approved")

    def deny(self, user_code: str | None = None) -> None:
        self._decide(user_code, "denied")

    def expire_access_tokens(self) -> None:
        """Refuse every present access token; the refresh tokens stay valid."""
        with self._lock:
            for login in self._logins:
                login.access.clear()

    def revoke(self) -> None:
        """Refuse every present token."""
        with self._lock:
            for login in self._logins:
                login.revoke()

    def issue(self, expires_in: float | None = None) -> dict[str, Any]:
        """Make a login, and return Qwen Code's document of it; if `expires_in` is negative, its token has expired."""
        with self._lock:
            document = self._tokens(self.token_seconds if expires_in is None else expires_in)
        document["expiry_date"] = int((time.time() + document.pop("expires_in")) * 1000)
        return document

    def accepts(self, access_token: str) -> bool:
        """Return whether an access token is valid now."""
        with self._lock:
            return any(time.monotonic() < login.access.get(access_token, 0.0) for login in self._logins)

    def _decide(self, user_code: str | None, state: Literal["approved", "denied"]) -> None:
        with self._lock:
            waiting = [c for c in self._codes.values() if c.state == "pending" and user_code in (None, c.user_code)]
            if not waiting:
                raise LookupError(f"no login waits for {user_code or 'its user'}")
            for code in waiting:
                code.state = state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, message = b"", {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("latin-1")
        chats = path.endswith(CHAT_PATHS)
        content = (json.loads(body) if body else None) if chats else _form(body)
        request = Request(scope["method"], path, scope["query_string"].decode(), headers, content)
        await _answer(self._chat(request) if chats else await self._authorize(request), send)

    async def _authorize(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
        try:
            if request.method != "POST" or request.path not in (CODE_PATH, TOKEN_PATH):
                raise RefusedError("not_found", "There is nothing here.", 404)
            if request.path == CODE_PATH:
                return self._device_code(request)
            if request.body.get("grant_type") == DEVICE_GRANT:
                try:
                    return self._poll(request)
                finally:
                    await _until(self.before_poll_answer)
            if request.body.get("grant_type") == "refresh_token":
                return await self._refresh(request)
            _check(request)
            raise RefusedError("unsupported_grant_type", f"The grant {_value(request, 'grant_type')} is not supported.")
        except RefusedError as refused:
            return refused.reply

    def _device_code(self, request: Request) -> Reply:
        _check(request)
        if _value(request, "code_challenge_method") != "S256":
            raise RefusedError("invalid_request", "The transform algorithm is not supported.")
        challenge = _value(request, "code_challenge")
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge):
            raise RefusedError("invalid_request", "The code challenge is not a SHA-256 hash in base64url.")
        device_code = secrets.token_urlsafe(48)
        user_code = "-".join("".join(secrets.choice(USER_CODE_LETTERS) for _ in range(4)) for _ in range(2))
        interval = USUAL_INTERVAL if self.interval is None else self.interval
        with self._lock:
            self._codes[device_code] = DeviceCode(user_code, challenge, time.monotonic() + self.code_seconds, interval)
        page = f"{self.url}/authorize"
        pages = {"verification_uri": page, "verification_uri_complete": f"{page}?user_code={user_code}"}
        answer = {"device_code": device_code, "user_code": user_code, **pages, "expires_in": self.code_seconds}
        return _json_reply(answer if self.interval is None else {**answer, "interval": self.interval})

    def _poll(self, request: Request) -> Reply:
        now = time.monotonic()
        with self._lock:
            self.polls.append(now)
            if self.poll_replies:
                return self.poll_replies.pop(0)
            _check(request)
            code = self._codes.get(_value(request, "device_code"))
            if code is None or code.state == "used":
                raise RefusedError("invalid_grant", "The device code is unknown or was used already.")
            _check_verifier(_value(request, "code_verifier"), code.challenge)
            if now >= code.expires:
                raise RefusedError("expired_token", "The device code has expired.")
            if code.state == "denied":
                raise RefusedError("access_denied", "The user denied the request.")
            if code.state == "pending":
                self._keep_waiting(code, now)
            code.state = "used"
            return _json_reply(self._tokens(self.token_seconds))

    def _keep_waiting(self, code: DeviceCode, now: float) -> None:
        before, code.polled = code.polled, now
        if self.slow_down is not None and before is not None and now < before + code.interval:
            code.interval += self.slow_down_seconds
            raise RefusedError("slow_down", "The client polls too often.", self.slow_down)
        raise RefusedError("authorization_pending", "The user has not decided yet.")

    async def _refresh(self, request: Request) -> Reply:
        with self._lock:
            self.refreshes += 1
        if self.hold_before is not None:
            self.received.set()
            await _until(self.hold_before)
        try:
            return self._answer_refresh(request)
        finally:
            self.received.set()
            await _until(self.before_answer)

    def _answer_refresh(self, request: Request) -> Reply:
        with self._lock:
            if self.refresh_replies:
                return self.refresh_replies.pop(0)
            _check(request)
            token = _value(request, "refresh_token")
            for login in self._logins:
                if token == login.refresh:
                    return _json_reply(self._tokens(self.token_seconds, login))
                if token in login.used:
                    # A refresh token that is used twice may be stolen: RFC 9700 §4.14.2.
                    self.reused += 1
                    login.revoke()
            raise RefusedError("invalid_grant", "The refresh token is unknown, was used already or is revoked.")

    def _chat(self, request: Request) -> Reply:
        with self._lock:
            self.chats.append(request)
            if self.chat_replies:
                return self.chat_replies.pop(0)
        scheme, _, token = (request.authorization or "").partition(" ")
        if scheme != "Bearer" or not self.accepts(token):
            error = {"message": INVALID_TOKEN, "type": "invalid_request_error", "code": "invalid_api_key"}
            return _json_reply({"error": error}, 401)
        if request.method == "GET":
            return _json_reply({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})
        model = self.answers_as or request.body["model"]
        return streamed_reply("pong ", f"from {model}", model=model)

    def _tokens(self, seconds: float, login: Login | None = None) -> dict[str, Any]:
        renews = login is None or self.rotates
        if login is None:
            login = Login()
            self._logins.append(login)
        access = secrets.token_urlsafe(48)
        login.access[access] = time.monotonic() + seconds
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": seconds}
        if renews:
            login.used.add(login.refresh)
            login.refresh = answer["refresh_token"] = secrets.token_urlsafe(48)
        if self.resource_url is not None:
            answer["resource_url"] = self.resource_url.replace("{port}", str(self.port))
        return answer


def _check(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise RefusedError("invalid_request", "The request is not a form.")
    if _value(request, "client_id") != CLIENT_ID:
        raise RefusedError("invalid_client", "The client is unknown.")


def _value(request: Request, name: str) -> str:
    # RFC 6749 §3.2: a field without a value counts as missing, and no field may occur twice.
    value = request.body.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError("invalid_request", f"The field {name} is missing, or is there more than once.")
    return value


def _check_verifier(verifier: str, challenge: str) -> None:
    hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if hashed != challenge or not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
        raise RefusedError("invalid_grant", "The code verifier does not belong to the code challenge.")


def _form(body: bytes) -> dict[str, str | list[str]]:
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _json_reply(document: Any, status: int = 200) -> Reply:
    return Reply([json.dumps(document).encode()], status, "application/json", {"cache-control": "no-store"})


async def _until(event: threading.Event | None) -> None:
    while event is not None and not event.is_set():
        await asyncio.sleep(0.005)


async def _answer(reply: Reply, send: Any) -> None:
    await asyncio.sleep(reply.wait)
    headers = {"content-type": reply.kind, **reply.headers}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    for piece in reply.pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(reply.pause)
        await _until(reply.hold)
    await asyncio.sleep(SLOW_SECONDS if reply.stay else 0.0)
    if reply.drop:
        # The server closes the connection if the app fails before the end of the body.
        raise ConnectionAbortedError
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def authorization_server(**options: Any) -> Iterator[AuthorizationServer]:
    """Run an authorization server during a block, with these settings."""
    with serve(lambda port: AuthorizationServer(port, **options)) as app:
        yield app
