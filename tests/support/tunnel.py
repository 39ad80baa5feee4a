"""A proxy on loopback that makes tunnels (RFC 9110 §9.3.6), and records unencrypted requests."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Tunnels:
    """The proxy. It connects every request to `target`, unless it has a `refusal` (status and reason)."""

    listener: socket.socket
    target: tuple[str, int]
    refusal: str = ""
    heads: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._tunnel, args=(connection,), daemon=True).start()

    def _tunnel(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                part = near.recv(4096)
                if not part:
                    return
                head += part
            self.heads.append(head.decode("latin-1"))
            if self.refusal:
                near.sendall(f"HTTP/1.1 {self.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            with socket.create_connection(self.target) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=copy, args=(far, near), daemon=True)
                back.start()
                copy(near, far)
                back.join()


def copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy the data of one side until it ends."""
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def tunnels(port: int, refusal: str = "") -> Iterator[Tunnels]:
    """Run a proxy during a block whose tunnels all end at a port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Tunnels(listener, ("127.0.0.1", port), refusal)
        thread = threading.Thread(target=proxy.serve, daemon=True)
        thread.start()
        yield proxy
        # Closing the socket alone does not wake up `accept`.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
