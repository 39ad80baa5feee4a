"""The host of a URL that is taken is one that the client takes, and what is shown of it is what the client asks for."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qwen_cfg.trust import host_shown
from qwen_schema import host_of
from qwen_schema.formats import check_http_url
from qwen_schema.hosts import host_asked_for

LOOKALIKES = "aZ0-_.。:[]ßς\u017fⓛ☃\u0661\u200b\u200c\u200d\u0130\u212a\u0430\u0131"
_labels = st.one_of(st.text(LOOKALIKES, min_size=1, max_size=6), st.text(min_size=1, max_size=6))
_hosts = st.lists(_labels, min_size=1, max_size=4).map(".".join)


def is_taken(url: str) -> bool:
    with suppress(ValueError):
        check_http_url(url)
        return True
    return False


@given(host=_hosts)
@example(host="faß.test")
@example(host="127。0。0。1")
@example(host="127.0.0.01")
@example(host="x" * 64 + ".ß")
@example(host="١٢٧.0.0.1")
def test_what_is_taken_is_what_the_client_asks_for(host: str) -> None:
    url = f"http://{host}/v1"
    if is_taken(url):
        asked_for = httpx.URL(url).raw_host.decode()
        assert asked_for.rstrip(".") == host_asked_for(host_of(url)).rstrip(".")
        assert host_shown(url).isascii()


@pytest.mark.parametrize(
    "host",
    ["☃.test", "a\u200b.test", "localho\u017ft", "ⓛocalhost", "١٢٧.0.0.1", "999.1.1.1", "127.0.0.01", ".", "x:0"],
)
def test_what_the_client_refuses_is_no_host(host: str) -> None:
    assert not is_taken(f"http://{host}/v1")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://FASS.test/v1", "fass.test"),
        ("http://faß.test:8000/v1", "xn--fa-hia.test:8000"),
        ("https://\u0430pi.openai.com/v1", "xn--pi-6kc.openai.com"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("http://127.0.0.1/v1", "127.0.0.1"),
    ],
)
def test_the_host_is_shown_as_it_is_asked_for(url: str, shown: str) -> None:
    assert host_shown(url) == shown
