"""Sends telemetry once to one collector, with a time limit: histograms in the JSON form of OTLP over HTTP.

Source: OpenTelemetry protocol specification, "OTLP/HTTP", and opentelemetry-proto, `ExportMetricsServiceRequest`.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qwen_runtime.wire.background import Background
from qwen_runtime.wire.client import open_client
from qwen_runtime.wire.failures import NETWORK_ERRORS, reason
from qwen_schema import ConfigurationError
from qwen_schema.bounded import Unreadable
from qwen_schema.version import VERSION

from .measurement import COMMAND, OPERATION, TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from qwen_schema.proxy import Route

    from .measurement import Measurement

# The longest delay at the end of a command, in seconds.
LONGEST = 2.0

# The boundaries of the conventions for tokens and for seconds.
_SECONDS = [0.01 * 2**power for power in range(14)]
_METRICS = {
    TOKENS: ("{token}", [4.0**power for power in range(14)]),
    OPERATION: ("s", _SECONDS),
    COMMAND: ("s", _SECONDS),
}

# Each command sends once and counts from its own start.
_DELTA = 1


def send(measured: Sequence[Measurement], endpoint: str, route: Route, bundle: Path | None) -> str:
    """Send measurements, the last of which is the command's; return the reason of a failure, or an empty text.

    `bundle` is the CA bundle, None for the usual authorities. The time limit is `LONGEST`.
    """
    parts = urlsplit(endpoint)
    url = parts._replace(path=parts.path.rstrip("/") + "/v1/metrics").geturl()

    def failure() -> str:
        try:
            with closing(open_client(url, route, bundle, LONGEST)) as client:
                response = client.post(url, json=_document(measured))
        except (OSError, Unreadable, *NETWORK_ERRORS) as error:
            return reason(error)
        except ConfigurationError as error:
            return error.what
        return "" if response.is_success else f"it answered {response.status_code}"

    # In a thread: a name lookup has no time limit, and a server may send its answer byte by byte.
    found = next(Background(lambda _: iter([failure()])).poll(LONGEST))
    return f"it took longer than {LONGEST:g} s" if found is None else found


def _document(measured: Sequence[Measurement]) -> dict[str, Any]:
    program = {"service.name": "qwen-cfg", "service.version": VERSION}
    ended = time.time_ns()
    times = {"startTimeUnixNano": str(ended - round(measured[-1].value * 1e9)), "timeUnixNano": str(ended)}
    metrics = [_metric(name, [m for m in measured if m.metric == name], times) for name in _METRICS]
    scope = {"scope": {"name": "qwen_cfg", "version": program["service.version"]}, "metrics": metrics}
    return {"resourceMetrics": [{"resource": {"attributes": _attributes(program)}, "scopeMetrics": [scope]}]}


def _metric(name: str, measured: Sequence[Measurement], times: Mapping[str, str]) -> dict[str, Any]:
    """Return a histogram with one point for all values with the same attributes."""
    unit, bounds = _METRICS[name]
    groups = {tuple(m.attributes.items()): m.attributes for m in measured}.values()
    points = [
        _point(attributes, [m.value for m in measured if m.attributes == attributes], bounds, times)
        for attributes in groups
    ]
    return {"name": name, "unit": unit, "histogram": {"aggregationTemporality": _DELTA, "dataPoints": points}}


def _point(
    attributes: Mapping[str, str | int], values: list[float], bounds: list[float], times: Mapping[str, str]
) -> dict[str, Any]:
    buckets = [0] * (len(bounds) + 1)
    for value in values:
        buckets[bisect_left(bounds, value)] += 1
    # 64-bit integers are strings in the JSON form of protocol buffers.
    counts = {"count": str(len(values)), "sum": sum(values), "bucketCounts": list(map(str, buckets))}
    return {"attributes": _attributes(attributes), **times, **counts, "explicitBounds": bounds}


def _attributes(values: Mapping[str, str | int]) -> list[dict[str, Any]]:
    texts = {key: {"intValue": str(v)} if isinstance(v, int) else {"stringValue": v} for key, v in values.items()}
    return [{"key": key, "value": texts[key]} for key, value in values.items() if value != ""]
