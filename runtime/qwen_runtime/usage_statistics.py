"""What usage statistics hold: counts, times, and names that this program or the conventions give, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_schema import host_of
from qwen_schema.providers import provider_at

if TYPE_CHECKING:
    from .connection import Connection
    from .exchange import Answer

# The declared providers that the conventions have a name of their own for (OpenTelemetry semantic conventions for
# generative AI, `gen_ai.provider.name`). `openai` is the same in both.
_WELL_KNOWN = {"azure": "azure.ai.openai", "gemini": "gcp.gemini", "vertex": "gcp.vertex_ai"}

# What the names of models begin with that somebody has trained: they hold the name of an organisation
# (platform.openai.com/docs/guides/fine-tuning).
_FINE_TUNED = "ft:"


@dataclass(frozen=True)
class RequestUsage:
    """One request to a model.

    `model` is empty where the endpoint is nobody's in particular, `error` where the request went well. A count of
    tokens is None where it was not reported.
    """

    provider: str
    model: str
    error: str
    input_tokens: int | None
    output_tokens: int | None
    seconds: float


@dataclass(frozen=True)
class CommandUsage:
    """One command: its name, how it ended, and how long it took. `error` is a class, or empty."""

    name: str
    exit_code: int
    error: str
    seconds: float


# Is told of every request that has ended.
Observe = Callable[[RequestUsage], None]


def request_usage(connection: Connection, answer: Answer, error: str) -> RequestUsage:
    """Return what is counted of a request; `error` is the class of what ended it, or empty."""
    provider, usage = connection.provider.name, answer.usage
    return RequestUsage(
        provider=_WELL_KNOWN.get(provider, provider),
        model=_public_model(connection.settings.base_url, answer.asked_model),
        error=error,
        input_tokens=usage.prompt_tokens if usage else None,
        output_tokens=usage.completion_tokens if usage else None,
        seconds=answer.total_seconds,
    )


def _public_model(base_url: str, model: str) -> str:
    """Return the model that was asked, if its name is a public one: it is a declared provider's, on its own host."""
    return "" if provider_at(host_of(base_url)) is None or model.startswith(_FINE_TUNED) else model
