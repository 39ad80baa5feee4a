"""The parts of the doctor: its time limits, the addresses that it tries, and its notes on certificates."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.prompts import ready_config
from support.servers import free_port

from qwen_runtime.doctor import examine
from qwen_runtime.doctor.failures import LONGEST, explain_errors, limit
from qwen_runtime.doctor.network import connect, look_up, texts
from qwen_runtime.doctor.route import Target, first_target, without_retries
from qwen_runtime.doctor.tls import Handshake, result_of
from qwen_schema import UnreachableError

if TYPE_CHECKING:
    from support.provider import Provider

DAY = 24 * 60 * 60


def address(port: int) -> tuple[Any, ...]:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))


def test_a_step_is_limited_by_the_time_out_and_by_the_doctor() -> None:
    assert limit(ready_config("https://a/v1", timeout=2.5).settings) == 2.5
    assert limit(ready_config("https://a/v1", timeout=600.0).settings) == LONGEST


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "The time limit of a step is 10 s."),
        ({"timeout": 1.0}, "--timeout changes it."),
        ({"proxy": "http://p:1"}, "bypass it with --no-proxy."),
        ({"proxy": "http://p:1", "timeout": 1.0}, "The time limit of a step is 1 s."),
    ],
)
def test_a_time_out_names_the_limit_that_was_reached(fields: dict[str, Any], message: str) -> None:
    settings = ready_config("https://a/v1", **fields).settings
    with (
        pytest.raises(UnreachableError, match="took too long to connect") as raised,
        explain_errors(settings),
    ):
        raise httpx.ConnectTimeout("")
    assert message in raised.value.hint
    assert ("proxy" in fields) == ("the proxy" in raised.value.what)


def test_a_silent_name_server_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def silent(*_: object, **__: object) -> list[tuple[Any, ...]]:
        over.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(httpx.ConnectTimeout):
        look_up(Target("a", 1), 0.01)
    over.set()


def test_the_first_reachable_address_is_used(server: Provider) -> None:
    assert connect([address(free_port()), address(server.port)], 5) == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        connect([address(free_port())] * 2, 5)
    with pytest.raises(OSError, match="no address"):
        connect([], 5)


def test_each_address_is_listed_once() -> None:
    assert texts([address(1), address(1), address(2)]) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("url", "proxy", "place"),
    [
        ("http://a/v1", "", "a:80"),
        ("https://a/v1", "", "a:443"),
        ("https://a:8443/v1", "", "a:8443"),
        ("http://[::1]:1/v1", "", "[::1]:1"),
        ("https://bücher.example/v1", "", "xn--bcher-kva.example:443"),
        ("https://a/v1", "http://p:3128", "p:3128"),
        ("https://a/v1", "https://p", "p:443"),
    ],
)
def test_the_target_of_the_first_connection(url: str, proxy: str, place: str) -> None:
    assert str(first_target(ready_config(url, proxy=proxy).settings)) == place


@pytest.mark.parametrize("direct", [True, False])
def test_a_bypassed_proxy_is_not_the_target(direct: bool) -> None:
    use = ready_config("https://b.example/v1", proxy="http://p:1")
    assert first_target(without_retries(use, direct=direct).settings).host == ("b.example" if direct else "p")


@pytest.mark.parametrize(
    ("days", "outcome", "days_left"),
    [
        (90.5, "ok", "(90 days left)"),
        (7.5, "ok", "(7 days left)"),
        (6.5, "note", "(6 days left)"),
        (1, "note", "(1 day left)"),
    ],
)
def test_a_certificate_that_expires_soon_is_noted(days: float, outcome: str, days_left: str) -> None:
    found = result_of(Handshake("TLSv1.3", "An authority", days * DAY), now=0)
    assert found.outcome == outcome
    assert days_left in found.what


def test_an_examination_can_be_stopped_early(server: Provider) -> None:
    steps = examine(ready_config(f"{server.url}/v1"), chat=True)
    assert next(steps).name == "name"
    steps.close()  # type: ignore[attr-defined]
    assert [request.method for request in server.take_requests()] in ([], ["GET"])
