"""Servers on loopback: runs an application in a thread, and finds a free port."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

A = TypeVar("A")

_SECONDS_TO_START = 60


def free_port() -> int:
    """Return a port without a server."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serve(make: Callable[[int], A], **tls: Any) -> Iterator[A]:
    """Make an application for a port and run it during a block; over https with `tls`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio sets this only for sockets that say that they speak TCP, which these do not.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app: Any = make(listener.getsockname()[1])
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", http="h11", access_log=False, **tls)
        config.timeout_graceful_shutdown = 1
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield app
        finally:
            server.end()
            thread.join(10)


class _Server(uvicorn.Server):
    """A server that ends at once: uvicorn's looks every tenth of a second whether it has to, and then waits another."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loops: SimpleQueue[asyncio.AbstractEventLoop] = SimpleQueue()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End the server from another thread, after its start: one that ends before closes no connection."""
        self._loops.get(timeout=_SECONDS_TO_START).call_soon_threadsafe(self._ending.set)

    async def main_loop(self) -> None:
        self._loops.put(asyncio.get_running_loop())
        if not await self.on_tick(0):
            await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or ():
            asyncio.get_running_loop().remove_reader(listener)
        # A connection that was accepted just before is known some turns later; a closed server would leave it open.
        await _wait_for_turns()
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # A connection without a request is closed in the next turn.
        await _wait_for_turns()
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
        # A client that does not read what was written keeps its connection open.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await _wait_for_turns()


async def _wait_for_turns() -> None:
    """Let the loop do what it has to do, and what follows from that."""
    for _ in range(5):
        await asyncio.sleep(0)
