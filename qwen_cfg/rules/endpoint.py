"""Rules about the base URL: a path that its provider does not use, and a key that is sent unencrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qwen_schema import address_of, endpoint_of, host_of, is_loopback
from qwen_schema.added_paths import added_path_of
from qwen_schema.providers import provider_of

from .diagnostic import Finding, place_of
from .keys import is_made_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution

# Names that exist only in a private network (RFC 6762, RFC 8375, and names reserved by routers and ICANN).
_PRIVATE_ENDINGS = (".local", ".lan", ".home.arpa", ".internal", ".intranet")


def doubtful_path(resolution: Resolution) -> Iterator[Finding]:
    """The base URL already ends in the path of a request, or lacks the usual ending of its provider's base URLs."""
    winner, base_url = _base_url(resolution)
    if winner is None or winner.origin.source.is_default:
        return
    added = added_path_of(base_url)
    provider = provider_of(base_url)
    if added is not None:
        message = f"The base URL from {winner.origin} ends in {added}, which every request adds again."
        yield Finding(message, f"Remove {added}.", "base_url", *place_of(winner))
    elif provider.is_declared and not provider.has_usual_path(base_url):
        usual = provider.usual_path
        message = f"The base URL from {winner.origin} does not end in {usual}, unlike those of {provider.title}."
        yield Finding(message, f"Add {usual} to its end, if it is missing.", "base_url", *place_of(winner))


def unencrypted_key(resolution: Resolution) -> Iterator[Finding]:
    """The key would be sent unencrypted to another machine."""
    winner, base_url = _base_url(resolution)
    if winner is None or not _sends_key(resolution):
        return
    host = host_of(base_url)
    if urlsplit(base_url).scheme == "http" and not is_loopback(host):
        also = ", also in your own network," if _is_private(host) else ""
        yield Finding(
            f"The base URL from {winner.origin} is plain http: the key is sent unencrypted. Others on the network path "
            f"to {endpoint_of(base_url)}{also} can read it.",
            "Use https, or a tunnel to a port of this machine (ssh -L).",
            "base_url",
            *place_of(winner),
        )


def _sends_key(resolution: Resolution) -> bool:
    """Return whether a key or a token would be sent; a made-up word for a server without keys does not count."""
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
    """Return the candidate of the base URL, and the URL; None and an empty text if the URL is invalid."""
    decision = resolution.decisions["base_url"]
    return (decision.winner, decision.value) if isinstance(decision.value, str) else (None, "")
