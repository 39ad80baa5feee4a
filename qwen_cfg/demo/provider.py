"""A provider for the demonstration only: its answer shows what it received."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from qwen_schema import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

# The pause between two words, in seconds, so that the user sees the answer arrive.
_PAUSE = 0.02


@contextmanager
def provider() -> Iterator[str]:
    """Run the provider on a free loopback port; yield the base URL of its API."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers a streamed chat completion (OpenAI API reference, "Create chat completion")."""

    def do_POST(self) -> None:
        """Answer a request."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        answer = self._answer(request)
        for word in answer:
            self._event({"model": request["model"], "choices": [{"index": 0, "delta": {"content": word}}]})
            time.sleep(_PAUSE)
        self._event({"model": request["model"], "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own
        """Discard the server's log."""

    def _answer(self, request: dict[str, Any]) -> list[str]:
        """Return the words of the answer, each with its blank."""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        text = f"I am the demonstration's provider. The key {mask(key)} reached me, for {request['model']}."
        return [f"{word} " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]

    def _event(self, document: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(document)}\n\n".encode())
        self.wfile.flush()
