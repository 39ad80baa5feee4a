"""The known providers, read once from `providers.toml`, where each is declared."""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

Caching = Literal["marked", "automatic", "unknown"]

# What the keys of well-known providers begin with whose hosts are not declared: docs.claude.com, console.groq.com/docs,
# docs.x.ai, huggingface.co/docs/hub/security-tokens, docs.perplexity.ai.
_KEYS_OF_OTHERS = {
    "sk-ant-": "Anthropic",
    "gsk_": "Groq",
    "xai-": "xAI",
    "hf_": "Hugging Face",
    "pplx-": "Perplexity",
}


@dataclass(frozen=True)
class Provider:
    """Who answers at a base URL; `providers.toml` says what each value means."""

    name: str
    title: str
    hosts: tuple[str, ...]
    host_endings: tuple[str, ...]
    key_header: Literal["authorization", "api-key"]
    caching: Caching
    usual_path: str
    key_page: str
    key_remark: str
    lists_models: bool = True
    key_beginnings: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    terms_page: str = ""
    privacy_page: str = ""
    terms_remark: str = ""
    training_remark: str = ""
    login: str = ""

    def serves(self, host: str) -> bool:
        """Tell whether a host, in lower case, is one of this provider's."""
        return host in self.hosts or any(host.endswith(ending) for ending in self.host_endings)


@cache
def declared_providers() -> Mapping[str, Provider]:
    """Return every declared provider by name, in the order in which they are tried."""
    declared = tomllib.loads(Path(__file__).with_name("providers.toml").read_text(encoding="utf-8"))
    return {name: _provider(name, values) for name, values in declared.items()}


def _provider(name: str, declaration: dict[str, Any]) -> Provider:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in declaration.items()}
    return Provider(name=name, **values)


def provider_of(base_url: str) -> Provider:
    """Return who answers at a valid base URL."""
    host = host_of(base_url)
    return next(provider for provider in declared_providers().values() if provider.serves(host))


def provider_of_login(auth_method: str) -> Provider | None:
    """Return who it is that an authentication method is a login with; None if it takes a key instead."""
    return next((provider for provider in declared_providers().values() if provider.login == auth_method), None)


def provider_at(host: str) -> Provider | None:
    """Return the provider that a host, in lower case, is declared for exactly; None if it is nobody's in particular."""
    return next((provider for provider in declared_providers().values() if host in provider.hosts), None)


def key_issuers(key: str) -> tuple[str, ...]:
    """Return the titles of the providers whose keys begin as a key does; nothing where many begin like that."""
    declared = [p.title for p in declared_providers().values() if key.startswith(p.key_beginnings)]
    return (*declared, *(title for beginning, title in _KEYS_OF_OTHERS.items() if key.startswith(beginning)))


def host_of(base_url: str) -> str:
    """Return the host of a valid URL in lower case, without brackets and without the dot that may end it."""
    return (urlsplit(base_url).hostname or "").removesuffix(".")


def endpoint_of(base_url: str) -> str:
    """Return the host of a valid URL, with its port where the URL names one."""
    parts = urlsplit(base_url)
    host = host_of(base_url)
    return (f"[{host}]" if ":" in host else host) + (f":{parts.port}" if parts.port else "")


def port_of(base_url: str) -> int:
    """Return the port of a valid URL, which is the scheme's own where it names none (RFC 9110 §4.2)."""
    parts = urlsplit(base_url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = address_of(host)
    return address is not None and address.is_loopback


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is, without brackets; None if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
