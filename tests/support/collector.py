"""A collector on loopback: a real receiver of OTLP over HTTP, which records the requests."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from support.servers import serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Point:
    """A point of a histogram, with its attributes."""

    metric: str
    unit: str
    attributes: dict[str, Any]
    count: int
    sum: float
    boundaries: tuple[float, ...]


@dataclass(frozen=True)
class Received:
    """A request to the collector."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def everything(self) -> bytes:
        """All received bytes, including the head of the request."""
        head = [self.method, self.path, *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join(head).encode() + self.body

    @property
    def message(self) -> Any:
        """The body as a message of the protocol; unknown fields are an error."""
        assert self.headers["content-type"] == "application/json"
        return Parse(self.body, ExportMetricsServiceRequest())

    @property
    def resource(self) -> dict[str, Any]:
        (found,) = self.message.resource_metrics
        return _attributes(found.resource)

    @property
    def points(self) -> list[Point]:
        (found,) = self.message.resource_metrics
        metrics = [metric for scope in found.scope_metrics for metric in scope.metrics]
        return [_point(metric, point) for metric in metrics for point in metric.histogram.data_points]

    def points_of(self, metric: str) -> list[Point]:
        """Return the points of one metric."""
        return [point for point in self.points if point.metric == metric]


def _point(metric: Any, point: Any) -> Point:
    bounds = tuple(point.explicit_bounds)
    return Point(metric.name, metric.unit, _attributes(point), point.count, point.sum, bounds)


def _attributes(owner: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in owner.attributes}


@dataclass
class Collector:
    """The server and its requests. It answers after `wait` seconds, and with `slow` byte by byte."""

    port: int
    scheme: str = "http"
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    wait: float = 0.0
    slow: bool = False
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def take_requests(self) -> list[Received]:
        """Return the requests so far and forget them."""
        requests, self.received[:] = list(self.received), []
        return requests

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.received.append(Received(scope["method"], scope["raw_path"].decode("latin-1"), headers, body))
        gone = asyncio.ensure_future(receive())
        await asyncio.wait([gone], timeout=self.wait)
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        until = time.monotonic() + (30 if self.slow else 0)
        while time.monotonic() < until and not gone.done():
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.wait([gone], timeout=0.2)
        if not gone.done():
            await send({"type": "http.response.body", "body": b""})
        gone.cancel()


@contextmanager
def collector(**tls: Any) -> Iterator[Collector]:
    """Run a collector during a block; over https with `ssl_certfile`."""
    with serve(lambda port: Collector(port, "https" if tls else "http"), **tls) as app:
        yield app
