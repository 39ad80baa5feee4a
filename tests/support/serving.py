"""Servers on loopback: runs an application in a thread, and finds a free port."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

A = TypeVar("A")


def free_port() -> int:
    """Return a port without a server."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serving(make: Callable[[int], A], **tls: Any) -> Iterator[A]:
    """Make an application for a port and run it during a block; over https with `tls`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio sets this only for sockets that say that they speak TCP, which these do not.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app: Any = make(listener.getsockname()[1])
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", http="h11", access_log=False, **tls)
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield app
        finally:
            server.should_exit = True
            thread.join(10)
