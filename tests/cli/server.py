"""A provider on loopback: a real server that notes what reaches it and answers as its path asks."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW_SECONDS = 30.0


@dataclass(frozen=True)
class Request:
    """What reached the server."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass
class Provider:
    """The server and all that has reached it. The first part of a path says how it answers."""

    port: int
    elsewhere: str = ""
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def taken(self) -> list[Request]:
        """Return the requests so far and forget them."""
        taken, self.requests[:] = list(self.requests), []
        return taken

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(scope["path"], headers, json.loads(body) if body else None)
        self.requests.append(request)
        status, kind, extra, text = await self._answer(scope["path"].split("/")[1], request)
        answered = [(b"content-type", kind.encode()), *extra]
        await send({"type": "http.response.start", "status": status, "headers": answered})
        await send({"type": "http.response.body", "body": text.encode()})

    async def _answer(self, how: str, request: Request) -> tuple[int, str, list[tuple[bytes, bytes]], str]:
        said = f"Incorrect API key provided: {request.authorization}"
        match how:
            case "refuses" | "forbids":
                return (
                    401 if how == "refuses" else 403,
                    "application/json",
                    [],
                    json.dumps({"error": {"message": said}}),
                )
            case "fails":
                return 500, "application/json", [], json.dumps({"error": {"message": said}})
            case "redirects":
                location = f"{self.elsewhere}{request.path}".encode()
                return 307, "text/plain", [(b"location", location)], said
            case "html":
                return 200, "text/html", [], f"<html>{said}</html>"
            case "odd":
                return 200, "application/json", [], json.dumps({"choices": [], "echo": said})
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
        model = request.body["model"]
        message = {"role": "assistant", "content": f"pong from {model} ü"}
        return 200, "application/json", [], json.dumps({"model": model, "choices": [{"message": message}]})


@contextmanager
def provider() -> Iterator[Provider]:
    """Run a provider for as long as it is needed."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Provider(listener.getsockname()[1])
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", ws="none", http="h11", timeout_graceful_shutdown=1, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
