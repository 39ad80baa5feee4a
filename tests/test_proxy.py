"""The proxy's exceptions: which requests do not go through the proxy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prompts import ready_config

from qwen_schema.proxy import proxy_for

PROXY = "http://proxy.example:3128"


def goes_through(base_url: str, exceptions: list[str]) -> bool:
    return proxy_for(base_url, ready_config(base_url, proxy=PROXY, no_proxy=exceptions).settings) == PROXY


@pytest.mark.parametrize(
    ("exception", "host", "direct"),
    [
        ("*", "models.example", True),
        ("example", "models.example", True),
        (".example", "models.example", True),
        ("*.example", "models.example", True),
        ("models.example", "models.example", True),
        ("models.example", "a.models.example", True),
        (".models.example", "models.example", False),
        ("els.example", "models.example", False),
        ("MODELS.example", "Models.Example.", True),
        ("localhost", "localhost", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.0/8", "10.20.30.40", True),
        ("10.0.0.1/8", "10.20.30.40", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8", "10.example", False),
        ("::1", "[::1]", True),
        ("[::1]", "[::1]", True),
        ("fd00::/8", "[fd12::1]", True),
        ("models.example:8080", "models.example:8080", True),
        ("models.example:8080", "models.example", False),
        ("models.example:80", "models.example", True),
        ("[::1]:8080", "[::1]:8080", True),
        ("[fd00::1]:8080", "[fd00::1]:9090", False),
        (".", "models.example", False),
        ("1.1", "10.0.1.1", False),
    ],
)
def test_which_hosts_an_exception_matches(exception: str, host: str, direct: bool) -> None:
    assert goes_through(f"http://{host}/v1", [exception]) is not direct
    assert goes_through(f"http://{host}/v1", ["other.example", exception]) is not direct


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "localhost:8080"])
def test_requests_to_this_machine_use_no_proxy(host: str) -> None:
    """Otherwise the proxy would get the key for a local server."""
    assert not goes_through(f"http://{host}/v1", [])


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1)))
def test_any_text_is_read_as_an_exception(exceptions: list[str]) -> None:
    if "*" not in exceptions:
        assert isinstance(goes_through("http://[::1]/v1", exceptions), bool)


def test_without_a_proxy_no_request_uses_one() -> None:
    url = "http://models.example/v1"
    assert proxy_for(url, ready_config(url, no_proxy=["*"]).settings) == ""
