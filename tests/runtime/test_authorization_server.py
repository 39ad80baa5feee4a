"""The authorization server of the tests is strict: it follows RFC 6749, RFC 7636 and RFC 8628."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.authorization import CLIENT_ID, CODE_PATH, DEVICE_GRANT, TOKEN_PATH, AuthorizationServer
from support.authorization import authorization_server as run_server
from support.provider import Reply, streamed_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CODE_FORM = {
    "client_id": CLIENT_ID,
    "scope": "openid profile email model.completion",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class Client:
    """A client that logs in, polls, refreshes and chats. It returns the status with the error or with the document."""

    def __init__(self, server: AuthorizationServer) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, trust_env=False, timeout=5)

    def post(self, path: str, form: dict[str, Any], **options: Any) -> tuple[int, Any]:
        answer = self.http.post(path, data=form, **options)
        document = answer.json()
        return answer.status_code, document.get("error", document)

    def code(self, **changes: Any) -> tuple[int, Any]:
        return self.post(CODE_PATH, CODE_FORM | changes)

    def poll(self, device_code: str, /, **changes: Any) -> tuple[int, Any]:
        form = {"grant_type": DEVICE_GRANT, "client_id": CLIENT_ID, "device_code": device_code}
        return self.post(TOKEN_PATH, {**form, "code_verifier": VERIFIER, **changes})

    def refresh(self, refresh_token: str, /, **changes: Any) -> tuple[int, Any]:
        form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": refresh_token}
        return self.post(TOKEN_PATH, form | changes)

    def chat(self, access_token: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {access_token}"}
        return self.http.post("/api/v1/chat/completions", json={"model": "coder-model"}, headers=headers)


@contextmanager
def server_and_client(**knobs: Any) -> Iterator[tuple[AuthorizationServer, Client]]:
    with run_server(**knobs) as server:
        client = Client(server)
        with client.http:
            yield server, client


@pytest.fixture(scope="module")
def default_server() -> Iterator[tuple[AuthorizationServer, Client]]:
    """A server with the default settings, for tests that do not change it."""
    with server_and_client() as both:
        yield both


# The login.


def test_a_login_waits_for_the_user_and_returns_tokens_once() -> None:
    with server_and_client() as (server, client):
        status, code = client.code()
        assert (status, code["expires_in"], len(code["user_code"])) == (200, 900, 9)
        assert code["verification_uri_complete"] == f"{code['verification_uri']}?user_code={code['user_code']}"
        assert "interval" not in code
        assert client.poll(code["device_code"]) == client.poll(code["device_code"]) == (400, "authorization_pending")
        server.approve(code["user_code"])
        status, tokens = client.poll(code["device_code"])
        assert (status, tokens["token_type"], tokens["expires_in"]) == (200, "Bearer", 21600)
        assert tokens["resource_url"] == f"{server.url}/api"
        assert client.chat(tokens["access_token"]).status_code == 200
        assert client.poll(code["device_code"]) == (400, "invalid_grant")
        assert len(server.polls) == 4
        assert server.polls == sorted(server.polls)
        first = server.requests[0]
        assert (first.method, first.path, first.body) == ("POST", CODE_PATH, CODE_FORM)
        with pytest.raises(LookupError):
            server.approve()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "another"}, "invalid_client"),
        ({"client_id": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": [CHALLENGE, CHALLENGE]}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": f"{CHALLENGE}="}, "invalid_request"),
        ({"code_challenge": f"{CHALLENGE[:-1]}+"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
    ],
)
def test_a_bad_request_for_a_code_is_refused(
    default_server: tuple[AuthorizationServer, Client], changes: dict[str, Any], error: str
) -> None:
    assert default_server[1].code(**changes) == (400, error)


def test_only_forms_are_accepted(default_server: tuple[AuthorizationServer, Client]) -> None:
    client = default_server[1]
    document = client.http.post(CODE_PATH, json=CODE_FORM)
    assert (document.status_code, document.json()["error"]) == (400, "invalid_request")
    assert client.post(CODE_PATH, CODE_FORM, headers={"content-type": "text/plain"}) == (400, "invalid_request")
    marked = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert client.post(CODE_PATH, CODE_FORM, headers=marked)[0] == 200
    assert client.http.get(CODE_PATH).status_code == client.http.get("/").status_code == 404
    assert client.post(TOKEN_PATH, {"client_id": CLIENT_ID}) == (400, "invalid_request")
    unknown = {"client_id": CLIENT_ID, "grant_type": "password"}
    assert client.post(TOKEN_PATH, unknown) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (VERIFIER[::-1], "invalid_grant"),
        (CHALLENGE, "invalid_grant"),
        (VERIFIER[:-1], "invalid_grant"),
        ("", "invalid_request"),
    ],
)
def test_an_approved_code_needs_its_verifier(
    default_server: tuple[AuthorizationServer, Client], verifier: str, error: str
) -> None:
    server, client = default_server
    code = client.code()[1]
    server.approve(code["user_code"])
    assert client.poll(code["device_code"], code_verifier=verifier) == (400, error)
    assert client.poll(code["device_code"], client_id="another") == (400, "invalid_client")
    assert client.poll(code["device_code"])[0] == 200


@pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, "a" * 42 + "+", "é" * 43])
def test_a_verifier_with_a_wrong_length_or_character_is_refused(
    default_server: tuple[AuthorizationServer, Client], verifier: str
) -> None:
    server, client = default_server
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = client.code(code_challenge=challenge)[1]
    server.approve(code["user_code"])
    assert client.poll(code["device_code"], code_verifier=verifier) == (400, "invalid_grant")


def test_one_of_two_logins_is_denied(default_server: tuple[AuthorizationServer, Client]) -> None:
    server, client = default_server
    denied, approved = client.code()[1], client.code()[1]
    server.deny(denied["user_code"])
    server.approve(approved["user_code"])
    assert client.poll(denied["device_code"]) == client.poll(denied["device_code"]) == (400, "access_denied")
    assert client.poll(approved["device_code"])[0] == 200
    assert client.poll("unknown") == (400, "invalid_grant")


def test_a_code_expires() -> None:
    with server_and_client(code_seconds=0.05) as (server, client):
        code = client.code()[1]
        assert code["expires_in"] == 0.05
        server.approve()
        time.sleep(0.05)
        assert client.poll(code["device_code"]) == (400, "expired_token")


@pytest.mark.parametrize("status", [400, 429])
def test_polling_too_often_is_refused_with_slow_down(status: int) -> None:
    with server_and_client(interval=30, slow_down=status) as (server, client):
        code = client.code()[1]
        assert code["interval"] == 30
        assert client.poll(code["device_code"]) == (400, "authorization_pending")
        assert client.poll(code["device_code"]) == client.poll(code["device_code"]) == (status, "slow_down")
        server.approve()
        assert client.poll(code["device_code"])[0] == 200


def test_polling_after_the_interval_is_accepted() -> None:
    with server_and_client(interval=0.05, slow_down=400, slow_down_seconds=30) as (_, client):
        code = client.code()[1]["device_code"]
        for _ in range(3):
            assert client.poll(code) == (400, "authorization_pending")
            time.sleep(0.05)
        while client.poll(code) != (400, "slow_down"):
            pass
        # From now on the interval is longer.
        time.sleep(0.05)
        assert client.poll(code) == (400, "slow_down")


# The tokens.


def test_a_second_use_of_a_refresh_token_revokes_the_login(
    default_server: tuple[AuthorizationServer, Client],
) -> None:
    server, client = default_server
    first, other, before = server.issue(), server.issue(), server.reused
    status, second = client.refresh(first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert client.chat(first["access_token"]).status_code == client.chat(second["access_token"]).status_code == 200
    assert server.reused == before
    assert client.refresh(first["refresh_token"]) == (400, "invalid_grant")
    assert server.reused == before + 1
    assert client.refresh(second["refresh_token"]) == (400, "invalid_grant")
    assert server.reused == before + 1
    assert client.chat(first["access_token"]).status_code == client.chat(second["access_token"]).status_code == 401
    assert client.chat(other["access_token"]).status_code == client.refresh(other["refresh_token"])[0] == 200


def test_one_of_many_simultaneous_refreshes_succeeds(default_server: tuple[AuthorizationServer, Client]) -> None:
    server, client = default_server
    token, before = server.issue()["refresh_token"], server.reused
    with ThreadPoolExecutor(8) as pool:
        answers = [answer[0] for answer in pool.map(client.refresh, [token] * 8)]
    assert sorted(answers) == [200] + [400] * 7
    assert server.reused == before + 7


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "another"}, "invalid_client"),
        ({"refresh_token": ""}, "invalid_request"),
        ({"refresh_token": "unknown"}, "invalid_grant"),
    ],
)
def test_a_bad_refresh_is_refused(
    default_server: tuple[AuthorizationServer, Client], changes: dict[str, Any], error: str
) -> None:
    server, client = default_server
    token = server.issue()["refresh_token"]
    assert client.refresh(token, **changes) == (400, error)
    assert client.refresh(token)[0] == 200


def test_without_rotation_the_refresh_token_stays_valid() -> None:
    with server_and_client(rotates=False, resource_url=None, token_seconds=60) as (server, client):
        login = server.issue()
        for _ in range(2):
            status, tokens = client.refresh(login["refresh_token"])
            assert (status, set(tokens)) == (200, {"access_token", "token_type", "expires_in"})
            assert tokens["expires_in"] == 60
            assert client.chat(tokens["access_token"]).status_code == 200
        assert (server.refreshes, server.reused) == (2, 0)


def test_the_document_of_a_login() -> None:
    with server_and_client(resource_url="127.0.0.1:{port}") as (server, client):
        login, old = server.issue(expires_in=100), server.issue(expires_in=-1)
        assert set(login) == {"access_token", "refresh_token", "token_type", "expiry_date", "resource_url"}
        assert json.loads(json.dumps(login)) == login
        assert 95 < login["expiry_date"] / 1000 - time.time() <= 100
        assert login["resource_url"] == f"127.0.0.1:{server.port}"
        assert old["expiry_date"] / 1000 < time.time()
        assert (server.accepts(login["access_token"]), server.accepts(old["access_token"])) == (True, False)
        assert client.refresh(old["refresh_token"])[0] == 200
        server.expire_access_tokens()
        assert not server.accepts(login["access_token"])
        tokens = client.refresh(login["refresh_token"])[1]
        assert server.accepts(tokens["access_token"])
        server.revoke()
        assert not server.accepts(tokens["access_token"])
        assert client.refresh(tokens["refresh_token"]) == (400, "invalid_grant")
        assert server.reused == 0


def test_an_access_token_expires() -> None:
    with server_and_client(token_seconds=0.05) as (server, client):
        token = client.refresh(server.issue()["refresh_token"])[1]["access_token"]
        time.sleep(0.05)
        assert client.chat(token).status_code == 401


def test_a_refresh_can_be_held_before_it_is_done_and_before_the_answer() -> None:
    with server_and_client(hold_before=threading.Event()) as (server, client), ThreadPoolExecutor(1) as pool:
        login = server.issue()
        answer = pool.submit(client.refresh, login["refresh_token"])
        assert server.received.wait(5)
        assert server.refreshes == 1
        server.revoke()
        server.hold_before.set()
        assert answer.result(5) == (400, "invalid_grant")

        login, server.hold_before, server.before_answer = server.issue(), None, threading.Event()
        server.received.clear()
        answer = pool.submit(client.refresh, login["refresh_token"])
        assert server.received.wait(5)
        # The refresh is done, but the client does not know: a second request uses the same token again.
        held, server.before_answer = server.before_answer, None
        assert client.refresh(login["refresh_token"]) == (400, "invalid_grant")
        assert (server.reused, answer.done()) == (1, False)
        held.set()
        status, tokens = answer.result(5)
        assert (status, server.accepts(tokens["access_token"])) == (200, False)


# Replies of a test, and the chat.


def test_the_replies_of_a_test_are_used_first() -> None:
    page = Reply([b"<html>", b"</html>"], 503, "text/html", {"retry-after": "1"})
    with server_and_client(
        poll_replies=[page], refresh_replies=[page], chat_replies=[page, Reply([b"{"], drop=True)]
    ) as both:
        server, client = both
        login = server.issue()
        for path, form in ((TOKEN_PATH, {"grant_type": DEVICE_GRANT}), (TOKEN_PATH, {"grant_type": "refresh_token"})):
            answer = client.http.post(path, data=form)
            assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "<html></html>", "1")
        assert (len(server.polls), server.refreshes) == (1, 1)
        assert client.chat(login["access_token"]).status_code == 503
        with pytest.raises(httpx.RemoteProtocolError):
            client.chat(login["access_token"])
        assert client.chat(login["access_token"]).status_code == 200
        assert client.refresh(login["refresh_token"])[0] == 200


def test_the_chat_accepts_only_valid_tokens() -> None:
    with server_and_client() as (server, client):
        token = server.issue()["access_token"]
        answer = client.chat(token)
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.content == b"".join(streamed_reply("pong ", "from coder-model", model="coder-model").pieces)
        assert server.chats[-1].body == {"model": "coder-model"}
        assert server.chats[-1].authorization == f"Bearer {token}"
        server.answers_as = "qwen3-coder-plus"
        assert b"from qwen3-coder-plus" in client.chat(token).content
        models = client.http.get("/v1/models", headers={"authorization": f"Bearer {token}"})
        assert models.json()["data"]
        for header in ({}, {"authorization": "Bearer"}, {"authorization": f"Basic {token}"}):
            refused = client.http.post("/v1/chat/completions", json={"model": "m"}, headers=header)
            message = "invalid access token or token expired"
            error = {"message": message, "type": "invalid_request_error", "code": "invalid_api_key"}
            assert (refused.status_code, refused.json()) == (401, {"error": error})
        assert len(server.chats) == 6
        assert server.requests == []
