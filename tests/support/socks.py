"""A SOCKS 5 proxy on loopback (RFC 1928), with an optional login (RFC 1929); it records the requests."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .tunnel import copy

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_LOGIN, _LOGIN, _NONE_OF_THEM = 0, 2, 255
_BY_NAME = 3
_GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00"


@dataclass
class SocksProxy:
    """The proxy. It connects every request to `target`; `login` is `user:password`, or empty for none."""

    listener: socket.socket
    target: tuple[str, int]
    login: str = ""
    targets: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, near: socket.socket) -> None:
        with near, suppress(OSError, EOFError):
            if not self._log_in(near):
                return
            self.targets.append(_read_target(near))
            with socket.create_connection(self.target) as far:
                near.sendall(_GRANTED)
                back = threading.Thread(target=copy, args=(far, near), daemon=True)
                back.start()
                copy(near, far)
                back.join()

    def _log_in(self, near: socket.socket) -> bool:
        _, count = _read(near, 2)
        offered = _read(near, count)
        wanted = _LOGIN if self.login else _NO_LOGIN
        if wanted not in offered:
            near.sendall(bytes([5, _NONE_OF_THEM]))
            return False
        near.sendall(bytes([5, wanted]))
        if not self.login:
            return True
        user = _read(near, _read(near, 2)[1])
        password = _read(near, _read(near, 1)[0])
        self.logins.append(f"{user.decode()}:{password.decode()}")
        is_right = self.logins[-1] == self.login
        near.sendall(bytes([1, 0 if is_right else 1]))
        return is_right


def _read_target(near: socket.socket) -> str:
    kind = _read(near, 4)[3]
    host = _read(near, _read(near, 1)[0]).decode() if kind == _BY_NAME else socket.inet_ntoa(_read(near, 4))
    return f"{host}:{int.from_bytes(_read(near, 2))}"


def _read(near: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = near.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


@contextmanager
def socks_proxy(port: int, login: str = "") -> Iterator[SocksProxy]:
    """Run a proxy during a block that connects every request to a port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = SocksProxy(listener, ("127.0.0.1", port), login)
        thread = threading.Thread(target=proxy.serve, daemon=True)
        thread.start()
        yield proxy
        # Closing the socket alone does not wake up `accept`.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
