"""The proxy: which requests go through it, and the login in its URL."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Protocol

from .errors import ConfigurationError
from .hosts import address_of, host_of, is_loopback, port_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .secret import Secret

# The word for no proxy; an empty text means no proxy, too.
NO_PROXY = "none"


class Route(Protocol):
    """The settings of the proxy."""

    @property
    def proxy(self) -> str:
        """The proxy's URL; empty for no proxy."""

    @property
    def no_proxy(self) -> tuple[str, ...]:
        """The hosts that are reached without the proxy."""

    @property
    def proxy_login(self) -> Secret | None:
        """The `user:password` for the proxy, as written in its URL; None for no login."""


def proxy_for(url: str, route: Route) -> str:
    """Return the proxy for requests to a URL; empty for no proxy.

    Requests to this machine use no proxy, as in Go's httpproxy package: the key of a local server is not sent to a
    proxy.
    """
    return "" if is_direct(url, route.no_proxy) else route.proxy


def is_direct(url: str, exceptions: Iterable[str]) -> bool:
    """Return whether requests to a URL use no proxy: an exception covers its host, or it is this machine."""
    host, port = host_of(url), port_of(url)
    name = host.removesuffix(".")
    return is_loopback(host) or any(_covers(entry.strip().lower(), name, port) for entry in exceptions)


def usable_proxy(url: str) -> str:
    """Return the URL of a proxy as an HTTP client spells it.

    Raises:
        ConfigurationError: if its protocol is SOCKS 4.
    """
    scheme, _, rest = url.partition("://")
    if scheme.startswith("socks4"):
        raise ConfigurationError(
            "requests would go through a SOCKS 4 proxy, which qwen-cfg does not support",
            where=url,
            hint="Use an http, https or SOCKS 5 proxy, or none: --proxy none",
        )
    # In httpx the proxy resolves names for both spellings of SOCKS 5; desktops write `socks`.
    return f"{'socks5' if scheme == 'socks' else scheme}://{rest}"


def split_login(url: str) -> tuple[str, str]:
    """Return the URL of a proxy without its login, and the login (`user:password`, RFC 3986 §3.2.1) as written.

    The login is empty if the URL has none.
    """
    if "@" not in url:
        return url, ""
    scheme, separator, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    login, at, host = authority.rpartition("@")
    if not (separator and at):
        return url, ""
    return f"{scheme}{separator}{host}{rest[len(authority) :]}", login


def without_brackets(address: str) -> str:
    """Return an IPv6 address without the pair of brackets around it; a single bracket stays."""
    return address[1:-1] if address.startswith("[") and address.endswith("]") else address


def _covers(exception: str, host: str, port: int) -> bool:
    """Return whether an entry of `no_proxy` covers a host.

    The forms are those of Go's httpproxy package: `*`; a name, with all names below it (`.name`: only the names below);
    an address or a block of addresses. A port at the end limits the entry to that port.
    """
    if exception == "*":
        return True
    name, colon, number = exception.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.endswith("]")):
        return int(number) == port and _covers(name, host, port)
    address = address_of(host)
    if address is None:
        domain = exception.removeprefix("*").removeprefix(".")
        return bool(domain) and (host.endswith(f".{domain}") or host == exception)
    try:
        return address in ipaddress.ip_network(without_brackets(exception), strict=False)
    except ValueError:
        return False
