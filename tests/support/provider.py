"""A provider on loopback: a real server that records requests, and answers as the test or the path says."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .servers import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SLOW_SECONDS = 30.0
# A base URL of each declared provider.
BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "azure": "https://mine.openai.azure.com/openai/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "modelscope": "https://api-inference.modelscope.cn/v1",
    "qwen": "https://portal.qwen.ai/v1",
    "dashscope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "vertex": "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai/",
    "other": "http://[::1]:11434/v1",
}
MODELS = ("gpt-4o", "gpt-4o-mini", "qwen3-coder-plus")


@dataclass(frozen=True)
class Request:
    """A request to the server."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")

    @property
    def texts(self) -> list[str]:
        """The texts of the messages, whose content is a string or a list of parts."""
        contents = [message["content"] for message in self.body["messages"]]
        return [c if isinstance(c, str) else "".join(part["text"] for part in c) for c in contents]


@dataclass(frozen=True)
class Reply:
    """The answer to a request: pieces of bytes, with a pause after each.

    With `drop` the connection is cut instead of closed, with `stay` it stays open. `wait` is the time before the
    answer; with `hold`, everything after the first piece waits for that event. Times are in seconds.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    kind: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    wait: float = 0.0
    drop: bool = False
    stay: bool = False
    hold: threading.Event | None = None


def chunk(model: str = "m", **delta: Any) -> dict[str, Any]:
    """Return a chunk of a streamed completion with a delta."""
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }


def finish(reason: str = "stop", model: str = "m") -> dict[str, Any]:
    """Return the chunk that ends an answer."""
    return {"id": "c", "model": model, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def usage(prompt: int = 10, completion: int = 5, model: str = "m", **more: Any) -> dict[str, Any]:
    """Return the chunk with the token counts, which has no choices."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **more}
    return {"id": "c", "model": model, "choices": [], "usage": counts}


def events(*documents: Any, done: bool = True, line_end: str = "\n") -> list[bytes]:
    """Return server-sent events, one for each JSON document or unchanged text."""
    texts = [d if isinstance(d, str) else json.dumps(d, ensure_ascii=False) for d in documents]
    ends = ["[DONE]"] if done else []
    return [f"data: {text}{line_end}{line_end}".encode() for text in [*texts, *ends]]


def streamed_reply(*texts: str, model: str = "m", **options: Any) -> Reply:
    """Return the reply that streams an answer in these pieces, with the token counts at its end."""
    return Reply(events(*(chunk(model, content=t) for t in texts), finish(model=model), usage(model=model)), **options)


def refusal(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """Return a refusal in the form of OpenAI's."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": code}})
    return Reply([body.encode()], status, "application/json", {n.replace("_", "-"): v for n, v in headers.items()})


@dataclass
class Provider:
    """The server and its requests.

    A request gets the next of `replies`; without one, the first part of its path selects the answer. `sent` is set
    after the pieces of a reply, and `hung_up` when a client has gone.
    """

    port: int
    elsewhere: str = ""
    requests: list[Request] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    models: tuple[str, ...] = MODELS
    models_reply: Reply | None = None
    sent: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take_requests(self) -> list[Request]:
        """Return the requests so far and forget them."""
        requests, self.requests[:] = list(self.requests), []
        return requests

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        raw = scope["raw_path"].decode("latin-1")
        request = Request(
            scope["method"], raw, scope["query_string"].decode(), headers, json.loads(body) if body else None
        )
        self.requests.append(request)
        lists = request.method == "GET" and raw.endswith("/models")
        reply = self.replies.pop(0) if self.replies and not lists else self._by_path(f"{raw}/".split("/")[1], request)
        await self._send(reply, receive, send)

    def _by_path(self, how: str, request: Request) -> Reply:
        if request.method == "CONNECT":
            # The request is for a proxy; it is not forwarded.
            return Reply([], 403, "text/plain")
        echo = f"Incorrect API key provided: {request.authorization}"
        match how:
            case "refuses" | "forbids":
                return refusal(401 if how == "refuses" else 403, echo)
            case "fails":
                return refusal(500, echo)
            case "redirects":
                location = f"{self.elsewhere}{request.path}"
                return Reply([echo.encode()], 307, "text/plain", {"location": location})
            case "html":
                return Reply([f"<html>{echo}</html>".encode()], kind="text/html")
            case "odd":
                return Reply([json.dumps({"choices": [], "echo": echo}).encode()], kind="application/json")
        if request.method == "GET" and self.models_reply is not None:
            return self.models_reply
        if request.method == "GET":
            listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
            return Reply([json.dumps(listed).encode()], kind="application/json")
        model = request.body["model"]
        if how == "whole":
            message = {"role": "assistant", "content": f"pong from {model} ü"}
            document = {"model": model, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            return Reply([json.dumps(document).encode()], kind="application/json")
        wait = SLOW_SECONDS if how == "slow" else 0.0
        return streamed_reply("pong ", f"from {model}", " ü", model=model, wait=wait)

    async def _send(self, reply: Reply, receive: Any, send: Any) -> None:
        gone = asyncio.ensure_future(_until_gone(receive, self.hung_up))
        await _sleep(reply.wait, gone)
        headers = {"content-type": reply.kind, **reply.headers}
        raw = [(name.encode(), text.encode()) for name, text in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        for piece in reply.pieces:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await _sleep(reply.pause, gone)
            while reply.hold is not None and not reply.hold.is_set() and not gone.done():
                await _sleep(0.005, gone)
        self.sent.set()
        await _sleep(SLOW_SECONDS if reply.stay else 0.0, gone)
        if reply.drop:
            # If a handler fails, the server cuts the connection without the last chunk of the body.
            raise ConnectionAbortedError
        if not gone.done():
            await send({"type": "http.response.body", "body": b""})
        gone.cancel()


async def _sleep(seconds: float, gone: asyncio.Future[None]) -> None:
    if seconds:
        await asyncio.wait([gone], timeout=seconds)


async def _until_gone(receive: Any, hung_up: threading.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    hung_up.set()


@contextmanager
def provider(**tls: Any) -> Iterator[Provider]:
    """Run a provider during a block; over https with `ssl_keyfile` and `ssl_certfile`."""
    with serve(Provider, **tls) as app:
        yield app
