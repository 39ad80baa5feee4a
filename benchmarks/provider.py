"""A provider on loopback in a process of its own, so that its work is not counted: `python -m benchmarks.provider N S`.

It answers with N events of S bytes each, and prints its port.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = "some words of an answer "


@contextmanager
def provider(events: int, size: int = 100) -> Iterator[str]:
    """Yield the base URL of a provider."""
    words = [sys.executable, "-m", "benchmarks.provider", str(events), str(size)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=root) as started:
        assert started.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(started.stdout.readline())}/v1"
        finally:
            started.terminate()


def text_of(size: int) -> str:
    """Return the text of an event of some bytes."""
    length = size - len(_event(""))
    return (_WORDS * (length // len(_WORDS) + 1))[:length]


def _event(text: str) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None if text else "stop"}]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _serve(events: int, size: int) -> None:
    one = _event(text_of(size))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for _ in range(events // 100):
                self.wfile.write(one * 100)
            self.wfile.write(one * (events % 100) + _event("") + b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve(*map(int, sys.argv[1:]))
