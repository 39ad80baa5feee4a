"""The speed of receiving and rendering an answer, against reading its bytes and by its length."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from qwen_cfg import resolve
from qwen_cfg.core.artifact import to_artifact
from qwen_runtime import ReadyConfig
from qwen_runtime.session import Session
from qwen_runtime.terminal.blocks import Blocks
from qwen_runtime.terminal.painter import Painter
from qwen_schema import Secret

from .measure import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNKS = 3_000
_KEY = "sk-0123456789"
_PARAGRAPH = "Some *words* of an answer, `code` and [a link](https://h.example) in it.\n\n"


def measurements() -> Iterator[Measurement]:
    """Yield the client against a bare download, and the screen with twice the text (2 is linear, 4 quadratic)."""
    with _provider() as base_url:
        yield Measurement(
            f"taking an answer of {_CHUNKS:,} events / downloading its bytes",
            partial(_ask, base_url),
            partial(httpx.post, f"{base_url}/chat/completions", json={}, trust_env=False),
        )
    yield Measurement(
        "rendering 400 paragraphs as they come / 200 of them (2 is linear)",
        partial(_render, 400),
        partial(_render, 200),
        rounds=3,
    )


def _ask(base_url: str) -> None:
    resolution = resolve(
        environ={}, cwd="/", home=None, values={"base_url": base_url, "api_key": Secret(_KEY)}, search=False
    )
    session = Session(ReadyConfig(to_artifact(resolution), Secret(_KEY), Path("/"), None).connect())
    with session.exchange("ping") as exchange:
        for _ in exchange.events():
            pass
    session.close()


def _render(paragraphs: int) -> None:
    blocks, painter = Blocks(), Painter(80, escapes=True, color=True)
    for word in (_PARAGRAPH * paragraphs).split(" "):
        for block in blocks.add(f"{word} "):
            painter.markdown(block)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        chunk = {"model": "m", "choices": [{"index": 0, "delta": {"content": "word "}}]}
        end = {"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        events = [*[json.dumps(chunk)] * _CHUNKS, json.dumps(end), "[DONE]"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write("".join(f"data: {event}\n\n" for event in events).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
