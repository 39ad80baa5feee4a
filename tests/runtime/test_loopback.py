"""`localhost` is this machine: it is not looked up, so a hosts file cannot lead it elsewhere."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from support.prompts import ask, close_all, session
from support.provider import provider

from qwen_runtime.doctor.network import look_up, texts
from qwen_runtime.doctor.route import Target
from qwen_schema import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.provider import Provider

# The address that the hosts file of these tests gives for every name; on loopback, so that nothing leaves the machine.
ELSEWHERE = "127.0.0.2"


@pytest.fixture
def elsewhere(server: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Resolve every name to another address, with a server on the same port."""
    look_it_up = socket.getaddrinfo

    def resolve_elsewhere(host: str, *rest: Any, **options: Any) -> list[tuple[Any, ...]]:
        return look_it_up(ELSEWHERE if host.endswith("localhost") else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_elsewhere)
    with socket.create_server((ELSEWHERE, server.port)) as listening:
        listening.setblocking(False)
        yield listening


def is_reached(listening: socket.socket) -> bool:
    try:
        listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("host", ["localhost", "LocalHost"])
def test_no_hosts_file_redirects_localhost(server: Provider, elsewhere: socket.socket, host: str) -> None:
    _, answer = ask(session(f"http://{host}:{server.port}/v1"))
    assert answer.text.startswith("pong from m")
    assert server.take_requests()[-1].headers["host"] == f"localhost:{server.port}"
    assert not is_reached(elsewhere)
    assert texts(look_up(Target("localhost", server.port), 5)) == ["::1", "127.0.0.1"]


def test_every_other_name_is_looked_up(server: Provider, elsewhere: socket.socket) -> None:
    with pytest.raises(ProviderError):
        ask(session(f"http://x.localhost:{server.port}/v1", timeout=0.2))
    assert is_reached(elsewhere)
    assert server.take_requests() == []


def test_a_server_on_the_ipv6_address_alone_is_reached() -> None:
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening:
        listening.setblocking(False)
        with suppress(ProviderError):
            ask(session(f"http://localhost:{listening.getsockname()[1]}/v1", timeout=0.2))
        assert is_reached(listening)


def test_a_certificate_for_localhost_is_accepted(tmp_path: Path) -> None:
    authority, pem, bundle = trustme.CA(), tmp_path / "server.pem", tmp_path / "ca.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(bundle))
    with provider(ssl_certfile=str(pem)) as server:
        _, answer = ask(session(f"https://localhost:{server.port}/v1", ca_bundle=str(bundle)))
        close_all()
    assert answer.text.startswith("pong from m")
