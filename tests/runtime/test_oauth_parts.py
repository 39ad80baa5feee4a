"""The parts of a Qwen OAuth login that need no file: PKCE, tokens, polling, addresses and the QR code."""

from __future__ import annotations

from typing import Any

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from qwen_runtime.oauth import Login
from qwen_runtime.oauth.device import PollState, TokenResponse, device_code_of, start_polling
from qwen_runtime.oauth.login import login_document, login_of, login_of_tokens
from qwen_runtime.oauth.pkce import challenge_of, make_verifier
from qwen_runtime.oauth.qr import columns_of, qr_lines
from qwen_schema import AuthenticationError, ProviderError, Secret
from qwen_schema.qwen_oauth import api_of_login, is_declared_api

SENTINEL = "tok-SENTINEL-0123456789"
KNOWN = ("access_token", "refresh_token", "token_type", "expiry_date", "resource_url")
HUGE = 10**400

# The code challenge and its verifier (RFC 7636).


def test_the_challenge_of_rfc_7636_appendix_b() -> None:
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifiers_are_43_characters_and_differ() -> None:
    verifiers = {make_verifier().reveal() for _ in range(100)}
    assert len(verifiers) == 100
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert all(len(verifier) == 43 and set(verifier) <= letters for verifier in verifiers)


# Logins as values.

TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
OTHERS = st.dictionaries(st.text().filter(lambda name: name not in KNOWN), JSON, max_size=3)
KNOWN_PARTS = {
    "refresh_token": TOKENS,
    "token_type": st.text(min_size=1),
    "expiry_date": st.integers(0, 4102444800000),
    "resource_url": st.text(min_size=1),
}


@given(st.fixed_dictionaries({"access_token": TOKENS}, optional=KNOWN_PARTS), OTHERS)
def test_a_login_round_trips_with_unknown_entries(known: dict[str, Any], others: Any) -> None:
    login = login_of({**others, **known})
    assert login_document(login) == {**others, "token_type": "Bearer", **known}
    assert login_of(login_document(login)) == login
    assert login.ends_at == (known["expiry_date"] / 1000 if "expiry_date" in known else None)


BEFORE = login_of(
    {"access_token": "a", "refresh_token": "r", "expiry_date": 5, "resource_url": "u", "token_type": "T", "x": [1]}
)


@pytest.mark.parametrize("left_out", [{}, {"refresh_token": None, "resource_url": None}, {"refresh_token": ""}])
def test_entries_missing_from_a_token_response_stay_unchanged(left_out: dict[str, Any]) -> None:
    new = login_of_tokens({"access_token": "b", "expires_in": 60, **left_out}, 1000.0, BEFORE)
    assert new == Login(Secret("b"), Secret("r"), "T", 1060.0, "u", {"x": [1]})


def test_entries_of_a_token_response_replace_old_ones() -> None:
    response = {"access_token": "b", "refresh_token": "s", "token_type": "N", "resource_url": "v", "scope": "not kept"}
    assert login_of_tokens(response, 1000.0, BEFORE) == Login(Secret("b"), Secret("s"), "N", None, "v", {"x": [1]})
    assert login_of_tokens({"access_token": "b"}, 1000.0) == Login(Secret("b"))


NO_TEXTS = [[SENTINEL], {SENTINEL: 1}, 7, True]
NO_TOKENS = [*NO_TEXTS, f"{SENTINEL}\n", f" {SENTINEL}", f"{SENTINEL}ü", f"{SENTINEL}\0", f"{SENTINEL}\ud800"]
NO_NUMBERS = [SENTINEL, [SENTINEL], True, -1, HUGE, float("nan"), float("inf")]
MALFORMED: list[Any] = [
    *(None, [], [SENTINEL], SENTINEL, 7, {}, {"refresh_token": SENTINEL}),
    *({"access_token": token, "x": SENTINEL} for token in (None, "", *NO_TOKENS)),
    *({"access_token": SENTINEL, "refresh_token": token} for token in NO_TOKENS),
    *({"access_token": SENTINEL, name: text} for name in ("token_type", "resource_url") for text in NO_TEXTS),
    *({"access_token": SENTINEL, "expiry_date": number} for number in NO_NUMBERS),
]


@pytest.mark.parametrize("document", MALFORMED)
def test_an_invalid_login_is_refused_and_not_shown(document: Any) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        login_of(document)
    assert SENTINEL not in str(refused.value)
    if isinstance(document, dict):
        answer = {("expires_in" if name == "expiry_date" else name): value for name, value in document.items()}
        with pytest.raises(ValueError, match=r".") as refused:
            login_of_tokens(answer, 1000.0, BEFORE)
        assert SENTINEL not in str(refused.value)


# Polling.


def _error(error: Any, *statuses: int) -> st.SearchStrategy[TokenResponse]:
    return st.builds(TokenResponse, st.sampled_from(statuses), st.just({"error": error, "error_description": SENTINEL}))


JUNK = st.sampled_from([None, {}, {"access_token": None}, {"access_token": 7}, {"error": "odd"}, {"error": {"a": 1}}])
GRANT = {"access_token": SENTINEL, "refresh_token": "r", "x": 1}
# Each answer with the outcome by RFC 8628 §3.5.
ANSWERS = {
    "wait": _error("authorization_pending", 400, 428, 429) | st.just(TokenResponse(200, {"status": "pending"})),
    "slow down": _error("slow_down", 400, 429),
    "trouble": st.builds(TokenResponse, st.sampled_from([200, 302, 408, 429, 500, 502, 503, 504]), JUNK)
    | st.builds(TokenResponse, trouble=st.sampled_from(["timed out", "connection reset"])),
    "denied": _error("access_denied", 400, 403),
    "expired": _error("expired_token", 400, 401),
    "refused": _error("invalid_grant", 400, 401)
    | st.builds(TokenResponse, st.sampled_from([400, 401, 404, 410, 422]), JUNK),
    "granted": st.sampled_from([TokenResponse(200, GRANT), TokenResponse(200, {**GRANT, "error": None})]),
}
ENDS = {"denied": AuthenticationError, "expired": AuthenticationError, "refused": ProviderError}
EVENTS = st.sampled_from([*ANSWERS, *("wait", "slow down", "trouble") * 5]).flatmap(
    lambda kind: st.tuples(st.just(kind), ANSWERS[kind], st.floats(0, 60))
)


@given(st.lists(EVENTS, min_size=1, max_size=20), st.floats(0.1, 60), st.floats(1, 600))
def test_polling_follows_rfc_8628(events: list[Any], interval: float, life: float) -> None:
    polling, now, trouble = PollState(interval, life), 0.0, ""
    for kind, answer, pause in events:
        now += pause
        if kind == "trouble":
            trouble, interval = answer.trouble or str(answer.status), max(min(interval * 2, 60.0), interval)
        interval += 5.0 if kind == "slow down" else 0.0
        if kind in ENDS or (kind != "granted" and now >= life):
            with pytest.raises(ENDS.get(kind, AuthenticationError)) as raised:
                polling.after(answer, now)
            if kind not in ("denied", "refused"):
                assert trouble in str(raised.value)
            return
        polling = polling.after(answer, now)
        assert polling.seconds_left(now) == max(life - now, 0)
        if kind == "granted":
            assert polling.tokens is answer.document
            return
        assert (polling.tokens, polling.interval, polling.ends_at) == (None, interval, life)
        assert trouble in polling.trouble


# The device code.

CODE = {"device_code": SENTINEL, "user_code": "ABCD-EFGH", "verification_uri": "https://chat.qwen.ai/authorize"}


def test_a_device_authorization_response_is_read() -> None:
    whole = "https://chat.qwen.ai/authorize?user_code=ABCD-EFGH"
    device = device_code_of({**CODE, "verification_uri_complete": whole, "expires_in": 900, "interval": 2})
    assert (device.device_code, device.user_code) == (Secret(SENTINEL), "ABCD-EFGH")
    assert (device.address, device.whole_address) == (CODE["verification_uri"], whole)
    assert start_polling(device, 100.0) == PollState(2.0, 1000.0)
    assert SENTINEL not in repr(device)
    bare = device_code_of({**CODE, "verification_uri_complete": None})
    assert (bare.whole_address, bare.expires_in, bare.interval) == (bare.address, 600.0, 5.0)


ADDRESSES = [
    *("http://chat.qwen.ai/authorize", "javascript:alert(1)", "file:///etc/passwd", "chat.qwen.ai", "https://"),
    *("https://user:pw@chat.qwen.ai/", "https://chat.qwen.ai\\@evil.example/", "https://chat.qwen.ai/\x1b[2J", ["x"]),
]


@pytest.mark.parametrize("name", [*CODE, "verification_uri_complete"])
def test_a_response_without_code_or_address_is_refused(name: str) -> None:
    wrong: list[Any] = ADDRESSES[:-1] if name.startswith("verification_uri") else [["x"]]
    wrong += [None, "", 7] if name in CODE else []
    for value in wrong:
        with pytest.raises(ProviderError) as refused:
            device_code_of({**CODE, name: value})
        assert SENTINEL not in str(refused.value)


def test_a_response_that_is_no_object_is_refused() -> None:
    for document in (None, [], "x", 7):
        with pytest.raises(ProviderError):
            device_code_of(document)


@pytest.mark.parametrize(
    ("seconds", "life", "interval"),
    [
        *((odd, 600.0, 5.0) for odd in (None, 0, -1, True, "7", [7], float("nan"))),
        *((long, 3600.0, 60.0) for long in (HUGE, 1e300, float("inf"))),
        (0.5, 0.5, 0.5),
    ],
)
def test_odd_times_are_replaced_by_usable_ones(seconds: Any, life: float, interval: float) -> None:
    device = device_code_of({**CODE, "expires_in": seconds, "interval": seconds})
    assert (device.expires_in, device.interval) == (life, interval)


@given(st.text() | st.text(st.characters(max_codepoint=0x9F)) | st.just("\x1b]0;title\x07\u202e\x9b2J"))
def test_escape_sequences_are_removed(text: str) -> None:
    address = f"{CODE['verification_uri']}?user_code={text}"
    device = device_code_of({**CODE, "user_code": f"A{text}", "verification_uri_complete": address})
    assert device.user_code.isprintable()
    assert device.whole_address.isprintable()


# The API address of a login.


@pytest.mark.parametrize(
    ("resource_url", "url", "is_declared"),
    [
        ("portal.qwen.ai", "https://portal.qwen.ai/v1", True),
        (" portal.qwen.ai/ ", "https://portal.qwen.ai/v1", True),
        ("https://portal.qwen.ai/v1/", "https://portal.qwen.ai/v1", True),
        ("dashscope.aliyuncs.com/compatible-mode", "https://dashscope.aliyuncs.com/compatible-mode/v1", True),
        ("HTTPS://Portal.Qwen.AI", "HTTPS://Portal.Qwen.AI/v1", True),
        ("portal.qwen.ai:443", "https://portal.qwen.ai:443/v1", True),
        ("http://127.0.0.1:8000/api", "http://127.0.0.1:8000/api/v1", True),
        ("http://[::1]:8000", "http://[::1]:8000/v1", True),
        ("http://localhost:8000", "http://localhost:8000/v1", True),
        *((host, f"https://{host}/v1", False) for host in ("portal.qwen.ai:8443", "portal.qwen.ai.", "qwen.ai")),
        *((host, f"https://{host}/v1", False) for host in ("portal.qwen.ai.evil.example", "eviportal.qwen.ai")),
        *((host, f"https://{host}/v1", False) for host in ("localhost.evil.example", "127.0.0.1.evil.example")),
        ("evil.example/portal.qwen.ai", "https://evil.example/portal.qwen.ai/v1", False),
        ("pоrtal.qwen.ai", "https://pоrtal.qwen.ai/v1", False),  # noqa: RUF001 - a Cyrillic letter
    ],
)
def test_the_api_address_of_a_login(resource_url: str, url: str, is_declared: bool) -> None:
    assert api_of_login(resource_url) == url
    assert is_declared_api(url) is is_declared


@pytest.mark.parametrize(
    "resource_url",
    [
        *("http://portal.qwen.ai", "http://127.0.0.1.evil.example", "ftp://portal.qwen.ai", "javascript:alert(1)", "/"),
        *("user@portal.qwen.ai", "https://portal.qwen.ai@evil.example", "portal.qwen.ai\\.evil.example", "portal qwen"),
        *(
            "portal.qwen.ai?x=1",
            "portal.qwen.ai#x",
            "portal.qwen.ai:0",
            "portal.qwen.ai:port",
            "portal.qwen.ai\n/x",
            "",
        ),
    ],
)
def test_an_unusable_api_address_is_refused(resource_url: str) -> None:
    with pytest.raises(ValueError, match=r"^its? "):
        api_of_login(resource_url)


def test_a_declared_host_needs_https() -> None:
    assert not is_declared_api("http://portal.qwen.ai/v1")
    assert not is_declared_api("http://portal.qwen.ai:443/v1")


# The QR code.


def modules_of(lines: list[str]) -> list[list[int]]:
    """Return the modules of a QR code, row by row, from lines of half blocks: 1 is black."""
    texts = [line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m") for line in lines]
    assert {len(text) for text in texts} == {columns_of(lines)}
    halves = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}
    return [[halves[character][half] for character in text] for text in texts for half in (0, 1)]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=300))
def test_a_qr_code_has_all_modules_and_a_quiet_zone(rest: str) -> None:
    text = f"https://chat.qwen.ai/{rest}"
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix]
    blank, shown = [0] * (len(rows) + 4), modules_of(qr_lines(text))
    # A line is two modules high, and the number of modules is odd.
    assert shown == [blank, blank, *([0, 0, *map(int, row), 0, 0] for row in rows), blank, blank, blank]


def test_a_text_that_is_too_long_has_no_qr_code() -> None:
    assert columns_of(qr_lines("x" * 2953)) == 177 + 4
    assert qr_lines("x" * 2954) == []
    assert columns_of([]) == 0
