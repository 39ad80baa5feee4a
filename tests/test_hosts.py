"""Hosts of URLs: an accepted host is one that the HTTP client accepts, and it is shown as the client resolves it."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qwen_cfg.trust import display_host, is_known_or_loopback
from qwen_runtime.wire.authentication import KeyAuth
from qwen_runtime.wire.endpoint import completions_url
from qwen_schema import Secret, host_of, port_of, provider_of
from qwen_schema.formats import check_http_url, check_login_url
from qwen_schema.hosts import client_host
from qwen_schema.qwen_oauth import is_declared_api

LOOKALIKES = "aZ0-_.。:[]ßς\u017fⓛ☃\u0661\u200b\u200c\u200d\u0130\u212a\u0430\u0131"
_labels = st.one_of(st.text(LOOKALIKES, min_size=1, max_size=6), st.text(min_size=1, max_size=6))
_hosts = st.lists(_labels, min_size=1, max_size=4).map(".".join)


def is_accepted(url: str) -> bool:
    with suppress(ValueError):
        check_http_url(url)
        return True
    return False


def key_is_sent(target: httpx.URL, base_url: str) -> bool:
    request = httpx.Request("POST", target)
    next(KeyAuth(Secret("sk-1"), provider_of(base_url), base_url).auth_flow(request))
    return "sk-1" in "".join(request.headers.values())


@given(host=_hosts)
@example(host="faß.test")
@example(host="127。0。0。1")
@example(host="127.0.0.01")
@example(host="x" * 64 + ".ß")
@example(host="١٢٧.0.0.1")
@example(host="xn--i-7iq.ws")
@example(host="ß.xn--fa-hia.test")
@example(host="XN--FA-HIA.test.")
@example(host="0127.0.0.1.")
@example(host="0x7f.1")
@example(host="[::FFFF:127.0.0.1]")
@example(host="[1.2.3.4]")
@example(host="a..b")
@example(host="..\u212a")
@example(host="a%2eb")
@example(host="a,b")
@example(host="h:65536")
@example(host="h:0443")
def test_an_accepted_host_is_the_one_that_the_client_asks_for(host: str) -> None:
    for url in (f"http://{host}/v1", f"HTTPS://{host}:443/v1", f"https://{host}?x=1"):
        if is_accepted(url):
            target = completions_url(url)
            assert target.raw_host.decode().lower() == host_of(url) == client_host(host_of(url))
            assert target.host
            assert (target.port or {"http": 80, "https": 443}[target.scheme]) == port_of(url)
            assert display_host(url).isascii()
            assert key_is_sent(target, url)


@pytest.mark.parametrize(
    "host",
    [
        *("☃.test", "a\u200b.test", "localho\u017ft", "ⓛocalhost", "١٢٧.0.0.1", "999.1.1.1", "127.0.0.01", ".", "x:0"),
        *(
            "xn--i-7iq.ws",
            "xn--a",
            "a.xn--a.test",
            "xn--",
            "127.0.0.1.",
            "0127.0.0.1.",
            "\uff11\uff12\uff17.0.0.1",
            "\uff41pi.openai.com",
        ),
        *(
            "[1.2.3.4]",
            "[::1%25lo]",
            "[::1%lo]",
            "[]",
            "%6cocalhost",
            "a,b",
            "*.test",
            "a\\.test",
            "u@h",
            "h:65536",
            "h:-1",
        ),
    ],
)
def test_a_host_that_the_client_refuses_is_invalid(host: str) -> None:
    assert not is_accepted(f"http://{host}/v1")


@pytest.mark.parametrize("path", ["x" * 70_000, "\ud800"])
def test_a_url_that_the_client_cannot_send_is_invalid(path: str) -> None:
    assert not is_accepted(f"http://h.test/{path}")


@pytest.mark.parametrize(
    "host", ["foo.localhost", "localhost.", "0.0.0.0", "[::]", "localhost.test", "127.1", "2130706433", "0x7f.1", "h"]
)
def test_plain_http_for_a_login_is_only_for_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        check_login_url(f"http://{host}:8000")
    assert not is_declared_api(f"http://{host}:8000/v1")
    assert not is_known_or_loopback(f"http://{host}:8000/v1")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_all_modules_agree_on_this_machine(host: str) -> None:
    check_login_url(f"http://{host}:8000")
    assert is_declared_api(f"http://{host}:8000/v1")
    assert is_known_or_loopback(f"http://{host}:8000/v1")


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
def test_the_host_is_shown_as_the_client_resolves_it(url: str, shown: str) -> None:
    assert display_host(url) == shown
