"""The recorder: a proxy on loopback that records and answers requests to a model, and refuses all others."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_bytes
from typing import TYPE_CHECKING, cast

from .reply import reply_to
from .sent_request import SentRequest, is_for_model, sent_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .authority import Authority

_LARGEST_BODY = 16 * 1024 * 1024
_SECONDS = 30.0
# The first byte of a TLS connection (RFC 8446 §5.1: a handshake record).
_HANDSHAKE = b"\x16"


class Recorder:
    """The recorded request and the refused hosts. Without an authority, TLS connections are refused."""

    def __init__(self, authority: Authority | None) -> None:
        self.authority = authority
        self.salt = token_bytes(32)
        self.sent: SentRequest | None = None
        self.answered = threading.Event()
        self._lock = threading.Lock()
        self._refused: dict[str, None] = {}
        self._distrustful: dict[str, None] = {}

    @property
    def refused(self) -> tuple[str, ...]:
        """The refused hosts, with their ports."""
        with self._lock:
            return tuple(self._refused)

    @property
    def distrustful(self) -> tuple[str, ...]:
        """The hosts whose certificate the program did not accept."""
        with self._lock:
            return tuple(self._distrustful)

    def take(self, sent: SentRequest) -> None:
        """Record a request to a model; only the first one is kept."""
        with self._lock:
            self.sent = self.sent or sent

    def refuse(self, host: str, *, distrustful: bool = False) -> None:
        """Record a refused host, or one whose certificate was not accepted (`distrustful`)."""
        with self._lock:
            (self._distrustful if distrustful else self._refused)[host] = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    recorder: Recorder

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore an error, since a program may close a connection at any time."""


@contextmanager
def recording(recorder: Recorder) -> Iterator[str]:
    """Run the proxy on a free port of loopback during a block, and yield its URL."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.recorder = recorder
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection: requests to the proxy itself, or those in a tunnel."""

    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    # The target of a tunnel: scheme, host and port; empty outside a tunnel.
    _origin = ""

    @property
    def _recorder(self) -> Recorder:
        return cast("_Server", self.server).recorder

    def log_message(self, *_: object) -> None:
        """Log nothing, since a request may contain a key."""

    def finish(self) -> None:
        """Close the connection; the server itself knows only the socket below TLS."""
        super().finish()
        self.connection.close()

    def do_CONNECT(self) -> None:
        """Open a tunnel whose end is the recorder itself."""
        host = _with_brackets(self.path)
        # The connection stays open for the tunnel, even if the request has `Connection: close`.
        self.close_connection = False
        self.send_response(200)
        self.end_headers()
        try:
            begins = self.connection.recv(1, socket.MSG_PEEK)
            if begins == _HANDSHAKE:
                self._begin_tls(host)
            else:
                self._origin = f"http://{host.removesuffix(':80')}"
        except (OSError, ValueError):
            self.close_connection = True

    def _begin_tls(self, host: str) -> None:
        authority, recorder = self._recorder.authority, self._recorder
        if authority is None:
            recorder.refuse(host)
            self.close_connection = True
            return
        name = host.rpartition(":")[0].strip("[]")
        try:
            self.connection = authority.context(name).wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            recorder.refuse(host, distrustful=True)
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self._origin = f"https://{host.removesuffix(':443')}"

    def do_POST(self) -> None:
        """Record a request to a model, and refuse any other."""
        origin, target = self._place()
        if not origin or not is_for_model(self.command, target):
            self._refuse(origin)
            return
        body = self._body()
        if body is None:
            self._refuse(origin)
            return
        headers = {name.lower(): text for name, text in self.headers.items()}
        sent = sent_request(origin, target, headers, body, self._recorder.salt)
        self._recorder.take(sent)
        self._reply(*reply_to(sent))
        self._recorder.answered.set()

    def do_GET(self) -> None:
        """Refuse a request."""
        self._refuse(self._place()[0])

    do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_GET  # noqa: N815

    def _place(self) -> tuple[str, str]:
        """Return the target of a request: scheme and host, and the path with the query."""
        if self._origin:
            return self._origin, self.path
        scheme, mark, rest = self.path.partition("://")
        host, slash, target = rest.partition("/")
        return (f"{scheme.lower()}://{host.removesuffix(':80')}", slash + target) if mark else ("", self.path)

    def _refuse(self, origin: str) -> None:
        self._recorder.refuse(origin.partition("://")[2] or "this proxy itself")
        self.close_connection = True
        self._reply(403, "application/json", b'{"error": {"message": "refused by qwen-cfg verify"}}')

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

    def _body(self) -> bytes | None:
        """Return the body of a request; None if it is too large or malformed."""
        try:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                return self._chunks()
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if 0 <= length <= _LARGEST_BODY else None
        except (OSError, ValueError):
            return None

    def _chunks(self) -> bytes | None:
        """Return a chunked body (RFC 9112 §7.1); None if it is too large."""
        body = b""
        while size := int(self.rfile.readline(64).partition(b";")[0], 16):
            if size < 0 or len(body) + size > _LARGEST_BODY:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(64)
        while self.rfile.readline(1024).strip():
            pass
        return body


def _with_brackets(authority: str) -> str:
    """Return a host and port with brackets around an IPv6 address, which some clients omit."""
    host, _, port = authority.rpartition(":")
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else authority
