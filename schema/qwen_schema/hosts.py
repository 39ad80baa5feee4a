"""The host of a URL, read as the HTTP client reads it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import patterns as re

if TYPE_CHECKING:
    from collections.abc import Collection

# The only name of this machine. Other names (`x.localhost`, `localhost.`) are looked up in DNS or a hosts file.
LOCALHOST = "localhost"

# The default ports of schemes: RFC 9110 §4.2, and the registry of IANA for SOCKS.
_PORTS = {"https": 443, "socks": 1080, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}

# The characters of names (RFC 1035 §2.3.1), with the underscore, which internal names may have.
_NAME = re.compile(r"[a-z0-9_.-]*[a-z0-9_-][a-z0-9_.-]*")
# A text that the client reads as an IPv4 address; with a dot at its end it is not a valid one.
_LIKE_AN_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\.?")


def client_host(host: str) -> str:
    """Return the name or address that the client connects to, for the host of a URL without its brackets.

    httpx follows IDNA 2008, and maps nothing but capital letters. The codec of Python's standard library follows
    IDNA 2003, in which `ß` is `ss`: a different host.

    Raises:
        ValueError: if the client refuses the host; the message has the problem, but not the host.
    """
    if ":" in host:
        return _address(host, "its host is not an IPv6 address")
    name = _ascii(host)
    if not _NAME.fullmatch(name):
        raise ValueError("its host is not a name of letters, digits, '-', '_' and dots")
    if name[0].isdigit() and _LIKE_AN_ADDRESS.fullmatch(name):
        return _address(name, "its host is not an IPv4 address: four numbers from 0 to 255, without leading zeros")
    return name


def host_of(url: str) -> str:
    """Return the host of a valid URL as the client uses it, in lower case and without brackets."""
    return client_host(host_in(urlsplit(url).netloc))


def host_in(authority: str) -> str:
    """Return the host of an authority without user, unchanged; `urlsplit` would turn the Kelvin sign into a `k`."""
    return authority[1:].partition("]")[0].lower() if authority.startswith("[") else authority.partition(":")[0]


def endpoint_of(url: str) -> str:
    """Return the host of a valid URL as the client uses it, and the port if the URL names one."""
    host, port = host_of(url), urlsplit(url).port
    return (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")


def port_of(url: str) -> int:
    """Return the port of a valid URL, or the default port of its scheme."""
    parts = urlsplit(url)
    return parts.port or _PORTS.get(parts.scheme, 80)


def is_loopback(host: str) -> bool:
    """Return whether a host, as the client uses it, is this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).

    It is for `localhost`, which the client connects to without a look-up, and for loopback addresses, including IPv4
    addresses mapped to IPv6 (RFC 4291 §2.5.5.2).
    """
    address = address_of(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return host == LOCALHOST if address is None else address.is_loopback


def is_safe_endpoint(url: str, hosts: Collection[str]) -> bool:
    """Return whether a valid URL leads to this machine, or over https and its standard port to one of the hosts."""
    host = host_of(url)
    if is_loopback(host):
        return True
    return urlsplit(url).scheme == "https" and port_of(url) == _PORTS["https"] and host in hosts


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return a host without brackets as an address; None if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ascii(name: str) -> str:
    """Return a name in ASCII.

    Raises:
        ValueError: if IDNA 2008 cannot encode the name, or cannot decode an encoded label of it (RFC 5891 §5).
    """
    is_ascii, name = name.isascii(), name.lower()
    if is_ascii and "xn--" not in name:
        return name
    import idna  # noqa: PLC0415 - few hosts need it

    try:
        name = name if is_ascii else idna.encode(name).decode("ascii")
        if any(label.startswith("xn--") for label in name.split(".")):
            idna.decode(name)
    except UnicodeError:
        raise ValueError(
            "its host has characters that an internationalized domain name cannot have (IDNA 2008)"
        ) from None
    return name


def _address(text: str, wrong: str) -> str:
    if address_of(text) is None:
        raise ValueError(wrong)
    return text
