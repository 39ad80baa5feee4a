"""Usage statistics as OpenTelemetry has them: metrics, and the exporter that takes them to a collector."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import urlsplit

import certifi
import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.version import __version__ as sdk_version

from qwen_schema import located

from .proxy import proxy_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from opentelemetry.metrics import Histogram as Instrument
    from opentelemetry.sdk.metrics.export import MetricExporter, MetricsData
    from opentelemetry.util.types import AttributeValue

    from qwen_schema import ResolvedConfig

    from .usage_statistics import CommandUsage, RequestUsage

# Where an OTLP/HTTP collector takes metrics (OpenTelemetry protocol specification, "OTLP/HTTP Request").
_PATH = "/v1/metrics"

# The boundaries that the conventions give to tokens, and to seconds (OpenTelemetry semantic conventions for generative
# AI, "Metrics").
_TOKENS = [4.0**power for power in range(14)]
_SECONDS = [0.01 * 2**power for power in range(14)]


class _Route(NamedTuple):
    proxy: str
    no_proxy: tuple[str, ...]


def exporter_to(config: ResolvedConfig, base: Path, home: Path | None, seconds: float) -> MetricExporter:
    """Return what sends metrics to the endpoint of a config, by its proxy, and nowhere else.

    A relative path starts from `base`, and `~` stands for `home`. It gives up after some seconds.
    """
    route = _Route(config.text("proxy"), cast("tuple[str, ...]", config.config["no_proxy"]))
    bundle, endpoint = config.text("ca_bundle"), config.text("usage_statistics_endpoint")
    return OTLPMetricExporter(
        endpoint=_address(endpoint),
        certificate_file=str(located(bundle, base=base, home=home)) if bundle else certifi.where(),
        headers={},
        timeout=seconds,
        compression=Compression.NoCompression,
        session=_session(proxy_for(endpoint, route)),
    )


def is_taken(exporter: MetricExporter, data: MetricsData) -> bool:
    """Send metrics, and tell whether they were taken."""
    try:
        return exporter.export(data) is MetricExportResult.SUCCESS
    finally:
        exporter.shutdown()


def measured(command: CommandUsage, asked: Sequence[RequestUsage]) -> MetricsData:
    """Return the metrics of a command and of what it asked, counted from its beginning: no other one adds to them."""
    reader = InMemoryMetricReader(preferred_temporality={Histogram: AggregationTemporality.DELTA})
    provider = MeterProvider([reader], _resource(), AlwaysOffExemplarFilter(), shutdown_on_exit=False)
    _record(provider, command, asked)
    data = reader.get_metrics_data()
    assert data is not None  # noqa: S101 - the command at least is in it
    return data


def _address(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return parts._replace(path=parts.path.rstrip("/") + _PATH).geturl()


def _session(proxy: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    return session


def _resource() -> Resource:
    """Return who sends. `Resource.create` would ask detectors for more: the host, the process, its user."""
    return Resource(
        {
            "service.name": "qwen-cfg",
            "service.version": version("qwen-cfg"),
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": sdk_version,
        }
    )


def _record(provider: MeterProvider, command: CommandUsage, asked: Sequence[RequestUsage]) -> None:
    meter = provider.get_meter("qwen_cfg", version("qwen-cfg"))

    def histogram(name: str, unit: str, description: str, boundaries: list[float]) -> Instrument:
        return meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=boundaries)

    tokens = histogram("gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", _TOKENS)
    operations = histogram("gen_ai.client.operation.duration", "s", "GenAI operation duration.", _SECONDS)
    commands = histogram("qwen_cfg.command.duration", "s", "How long a command took.", _SECONDS)
    for request in asked:
        names = _names(request)
        for kind, count in (("input", request.input_tokens), ("output", request.output_tokens)):
            if count is not None:
                tokens.record(count, {**names, "gen_ai.token.type": kind})
        operations.record(request.seconds, {**names, **_error(request.error)})
    ended: dict[str, AttributeValue] = {"qwen_cfg.command": command.name, "qwen_cfg.exit_code": command.exit_code}
    commands.record(command.seconds, {**ended, **_error(command.error)})


def _names(request: RequestUsage) -> dict[str, str]:
    model = {"gen_ai.request.model": request.model} if request.model else {}
    return {"gen_ai.operation.name": "chat", "gen_ai.provider.name": request.provider, **model}


def _error(error: str) -> dict[str, str]:
    return {"error.type": error} if error else {}
