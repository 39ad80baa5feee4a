"""The content of telemetry: only counts, times, and names of this program or the conventions.

Source of the metrics and their attributes: OpenTelemetry semantic conventions for generative AI, "Metrics".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import host_of, provider_of
from qwen_schema.providers import provider_at
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_runtime.settings import Settings
    from qwen_runtime.wire.exchange import Answer

TOKENS = "gen_ai.client.token.usage"
OPERATION = "gen_ai.client.operation.duration"
COMMAND = "qwen_cfg.command.duration"

# The declared providers with a different name in the conventions. `openai` is the same in both.
_WELL_KNOWN = {"azure": "azure.ai.openai", "gemini": "gcp.gemini", "vertex": "gcp.vertex_ai"}

# The prefix of fine-tuned models, whose names contain the name of an organisation
# (platform.openai.com/docs/guides/fine-tuning).
_FINE_TUNED = "ft:"


@record
class Measurement:
    """One value of a metric: a count of tokens, or seconds. An empty attribute is not sent."""

    metric: str
    attributes: Mapping[str, str | int]
    value: float


def of_request(settings: Settings, answer: Answer, error: str) -> Iterator[Measurement]:
    """Yield the measurements of a request to a model; `error` is the class of its error, or empty."""
    provider, usage = provider_of(settings.base_url).name, answer.usage
    is_public = provider_at(host_of(settings.base_url)) is not None and not answer.asked_model.startswith(_FINE_TUNED)
    names = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _WELL_KNOWN.get(provider, provider),
        "gen_ai.request.model": answer.asked_model if is_public else "",
    }
    if usage and usage.prompt_tokens is not None:
        yield Measurement(TOKENS, {**names, "gen_ai.token.type": "input"}, usage.prompt_tokens)
    if usage and usage.completion_tokens is not None:
        yield Measurement(TOKENS, {**names, "gen_ai.token.type": "output"}, usage.completion_tokens)
    yield Measurement(OPERATION, {**names, "error.type": error}, answer.total_seconds)


def of_command(name: str, exit_code: int, error: str, seconds: float) -> Measurement:
    """Return the measurement of a command; `error` is the class of its error, or empty."""
    attributes: dict[str, str | int] = {"qwen_cfg.command": name, "qwen_cfg.exit_code": exit_code, "error.type": error}
    return Measurement(COMMAND, attributes, seconds)
