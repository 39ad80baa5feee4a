"""Whether a request goes through the proxy."""

from __future__ import annotations

import ipaddress
from typing import Protocol

from .hosts import address_of, host_of, is_loopback, port_of


class Route(Protocol):
    """The settings that decide about the proxy."""

    @property
    def proxy(self) -> str:
        """The proxy's URL; empty for none."""

    @property
    def no_proxy(self) -> tuple[str, ...]:
        """The hosts that are reached without it."""


def proxy_for(url: str, route: Route) -> str:
    """Return the proxy that requests to a URL go through; empty for none.

    What stays on this machine goes through none, as in Go's httpproxy package: a key for a local server is not handed
    to a proxy.
    """
    host, port = host_of(url), port_of(url)
    name = host.removesuffix(".")
    direct = is_loopback(host) or any(_covers(entry.strip().lower(), name, port) for entry in route.no_proxy)
    return "" if direct else route.proxy


def _covers(exception: str, host: str, port: int) -> bool:
    """Tell whether an entry of `no_proxy` means a host.

    It is read as Go's httpproxy package does: `*`, a name with all below it (`.name` is all below it alone), an
    address or a block of addresses; a port behind it limits it to that port.
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
        return address in ipaddress.ip_network(exception.strip("[]"), strict=False)
    except ValueError:
        return False
