"""Whether a request goes through the proxy."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, cast

from qwen_schema import address_of, host_of, is_loopback, port_of

if TYPE_CHECKING:
    from qwen_schema import ResolvedConfig


def proxy_for(artifact: ResolvedConfig, url: str = "") -> str:
    """Return the proxy that requests to a URL, or else to the base URL, go through; empty for none.

    What stays on this machine goes through none, as in Go's httpproxy package: a key for a local server is not handed
    to a proxy.
    """
    url, exceptions = url or artifact.text("base_url"), cast("tuple[str, ...]", artifact.config["no_proxy"])
    host, port = host_of(url), port_of(url)
    direct = is_loopback(host) or any(_covers(exception.strip().lower(), host, port) for exception in exceptions)
    return "" if direct else artifact.text("proxy")


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
