"""The request that Qwen Code should send by the resolution, or the reason why it should send none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret
from qwen_schema.fields import MAIN_FIELDS
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution

# The fields that a request shows, in the order of the comparison.
# Vertex AI uses the protocol of Gemini.
_PROTOCOLS = {"vertex-ai": "gemini"}


@record
class Expectation:
    """The expected values and their origins. The key is None for a login; `stop` says why no request is expected."""

    method: str = ""
    base_url: str = ""
    model: str = ""
    key: Secret | None = field(default=None, repr=False)
    origins: tuple[tuple[str, str], ...] = ()
    stop: str = ""

    @property
    def protocol(self) -> str:
        """The protocol of the method."""
        return _PROTOCOLS.get(self.method, self.method)

    def origin(self, name: str) -> str:
        """Return the origin of a field's value."""
        return dict(self.origins).get(name, "")


def expectation_of(resolution: Resolution) -> Expectation:
    """Return the expectation for a resolution."""
    stop = _stop(resolution)
    if stop:
        return Expectation(stop=stop)
    decisions = resolution.decisions
    key = decisions["api_key"].winner
    return Expectation(
        str(resolution.auth_method),
        _text(decisions["base_url"]),
        _text(decisions["model"]),
        None if key is None else Secret(key.revealed),
        tuple((name, str(w.origin)) for name in MAIN_FIELDS if (w := decisions[name].winner) is not None),
    )


def _text(decision: Decision) -> str:
    return "" if decision.winner is None else decision.winner.revealed


def _stop(resolution: Resolution) -> str:
    """Return the reason why Qwen Code sends no request; empty if it sends one."""
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
