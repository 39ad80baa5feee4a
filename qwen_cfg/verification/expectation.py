"""What a Qwen Code is expected to send, by what resolves, or the reason why it is expected to send nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution

# What a request shows, in the order in which it is compared.
COMPARED = ("auth_method", "api_key", "base_url", "model")
# Vertex AI is spoken to with the protocol of Gemini.
_PROTOCOLS = {"vertex-ai": "gemini"}


@record
class Expected:
    """The values of the fields with their origins. The key is None for a login; `stop` says why nothing is sent."""

    method: str = ""
    base_url: str = ""
    model: str = ""
    key: Secret | None = field(default=None, repr=False)
    origins: tuple[tuple[str, str], ...] = ()
    stop: str = ""

    @property
    def protocol(self) -> str:
        """The protocol that the method speaks."""
        return _PROTOCOLS.get(self.method, self.method)

    def origin(self, name: str) -> str:
        """Return where the value of a field comes from."""
        return dict(self.origins).get(name, "")


def expected_of(resolution: Resolution) -> Expected:
    """Return what is expected of a resolution."""
    stop = _stop(resolution)
    if stop:
        return Expected(stop=stop)
    decisions = resolution.decisions
    key = decisions["api_key"].winner
    return Expected(
        str(resolution.auth_method),
        _text(decisions["base_url"]),
        _text(decisions["model"]),
        None if key is None else Secret(key.revealed),
        tuple((name, str(w.origin)) for name in COMPARED if (w := decisions[name].winner) is not None),
    )


def _text(decision: Decision) -> str:
    return "" if decision.winner is None else decision.winner.revealed


def _stop(resolution: Resolution) -> str:
    """Return why Qwen Code sends nothing; empty if it does."""
    method = resolution.decisions["auth_method"]
    if method.winner is None:
        return "no authentication method is set"
    if resolution.auth_method == "qwen-oauth":
        return "Qwen OAuth was discontinued"
    if method.problem is not None:
        return "the authentication method is unknown"
    if resolution.stops:
        return resolution.stops[0].message
    return "the API key is missing" if resolution.needs_api_key else ""
