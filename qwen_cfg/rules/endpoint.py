"""Rules about the base URL: a path that is not one of its provider's, a way on which the key can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qwen_schema import address_of, endpoint_of, host_of, is_loopback
from qwen_schema.providers import provider_of

from .diagnostic import Finding, place_of
from .keys import is_made_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution

# What is added to a base URL when something is asked for.
_ADDED = ("/chat/completions", "/completions", "/models", "/responses", "/embeddings")

# Names that lead nowhere outside a network of one's own (RFC 6762, RFC 8375, and what routers and ICANN set apart).
_PRIVATE_ENDINGS = (".local", ".lan", ".home.arpa", ".internal", ".intranet")


def doubtful_path(resolution: Resolution) -> Iterator[Finding]:
    """The base URL ends in what is added to it anyway, or lacks what its provider's base URLs end in."""
    winner, base_url = _base_url(resolution)
    if winner is None or winner.origin.source.is_default:
        return
    path = urlsplit(base_url).path.rstrip("/")
    added = next((ending for ending in _ADDED if path.endswith(ending)), None)
    provider = provider_of(base_url)
    if provider.has_other_base(base_url):
        return
    if added is not None:
        message = f"The base URL from {winner.origin} ends in {added}, which is added to it anyway."
        yield Finding(message, f"Leave {added} out.", "base_url", *place_of(winner))
    elif provider.is_declared and not provider.has_usual_path(base_url):
        usual = provider.usual_path
        message = f"The base URL from {winner.origin} does not end in {usual}, as those of {provider.title} do."
        yield Finding(message, f"Is {usual} missing at its end?", "base_url", *place_of(winner))


def readable_on_the_way(resolution: Resolution) -> Iterator[Finding]:
    """The key would be sent in the clear, to another machine."""
    winner, base_url = _base_url(resolution)
    if winner is None or not _sends_key(resolution):
        return
    host = host_of(base_url)
    if urlsplit(base_url).scheme == "http" and not is_loopback(host):
        also = ", even if it is in a network of your own," if _is_private(host) else ""
        yield Finding(
            f"The base URL from {winner.origin} is plain http: whoever is on the way to {endpoint_of(base_url)}{also} "
            "can read the key.",
            "Use https, or a tunnel that ends at a port of this machine (ssh -L).",
            "base_url",
            *place_of(winner),
        )


def _sends_key(resolution: Resolution) -> bool:
    """Tell whether a key or a token would be sent; a word for a server that needs no key is none."""
    key, is_referred_to = resolution.decisions["api_key"].winner, resolution.options.secret_from is not None
    if resolution.auth_method != "openai" or is_referred_to:
        return resolution.auth_method is not None
    return key is not None and not is_made_up(key.revealed)


def _is_private(host: str) -> bool:
    address = address_of(host)
    if address is not None:
        return address.is_private or address.is_link_local
    return "." not in host or host.endswith(_PRIVATE_ENDINGS)


def _base_url(resolution: Resolution) -> tuple[Candidate | None, str]:
    """Return who gave the base URL, and the URL; nobody, where it is not valid."""
    decision = resolution.decisions["base_url"]
    return (decision.winner, decision.value) if isinstance(decision.value, str) else (None, "")
