"""The host of a URL that is taken is one that the client takes, and what is shown of it is what the client asks for."""

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


def is_taken(url: str) -> bool:
    with suppress(ValueError):
        check_http_url(url)
        return True
    return False


def gets_key(asked: httpx.URL, base_url: str) -> bool:
    request = httpx.Request("POST", asked)
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
def test_what_is_taken_is_what_the_client_asks_for(host: str) -> None:
    for url in (f"http://{host}/v1", f"HTTPS://{host}:443/v1", f"https://{host}?x=1"):
        if is_taken(url):
            asked = completions_url(url)
            assert asked.raw_host.decode().lower() == host_of(url) == client_host(host_of(url))
            assert asked.host
            assert (asked.port or {"http": 80, "https": 443}[asked.scheme]) == port_of(url)
            assert display_host(url).isascii()
            assert gets_key(asked, url)


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
def test_what_the_client_refuses_is_no_host(host: str) -> None:
    assert not is_taken(f"http://{host}/v1")


@pytest.mark.parametrize("path", ["x" * 70_000, "\ud800"])
def test_a_url_that_the_client_cannot_send_is_none(path: str) -> None:
    assert not is_taken(f"http://h.test/{path}")


@pytest.mark.parametrize(
    "host", ["foo.localhost", "localhost.", "0.0.0.0", "[::]", "localhost.test", "127.1", "2130706433", "0x7f.1", "h"]
)
def test_a_login_goes_over_plain_http_to_this_machine_alone(host: str) -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        check_login_url(f"http://{host}:8000")
    assert not is_declared_api(f"http://{host}:8000/v1")
    assert not is_known_or_loopback(f"http://{host}:8000/v1")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_this_machine_everywhere(host: str) -> None:
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
def test_the_host_is_shown_as_it_is_asked_for(url: str, shown: str) -> None:
    assert display_host(url) == shown
