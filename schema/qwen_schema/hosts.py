"""The host of a URL: read in one way, which is that of the HTTP client, and judged by that reading."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from . import patterns as re

# The one name of this machine. Any other (`x.localhost`, `localhost.`) is looked up, and DNS or a hosts file decides.
LOCALHOST = "localhost"

# The ports of schemes where a URL names none: RFC 9110 §4.2, and the registry of IANA for SOCKS.
_PORTS = {"https": 443, "socks": 1080, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}

# What names are made of (RFC 1035 §2.3.1), with the underscore that names within a network have.
_NAME = re.compile(r"[a-z0-9_.-]*[a-z0-9_-][a-z0-9_.-]*")
# What the client takes for an address, and with a dot behind it is none.
_LIKE_AN_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\.?")


def host_asked_for(host: str) -> str:
    """Return the name or address that the client asks for, for the host of a URL without its brackets.

    That is httpx's way: IDNA 2008, with nothing mapped but capital letters. The codec of Python's own library follows
    IDNA 2003, in which `ß` is `ss`: another host.

    Raises:
        ValueError: if the client asks for no such host, with what is wrong, not with the host.
    """
    if ":" in host:
        return _address(host, "its host is not an IPv6 address")
    name = _ascii(host)
    if not _NAME.fullmatch(name):
        raise ValueError("its host is not a name of letters, digits, '-', '_' and dots")
    if _LIKE_AN_ADDRESS.fullmatch(name):
        return _address(name, "its host is not an IPv4 address: four numbers from 0 to 255, without leading zeros")
    return name


def host_of(url: str) -> str:
    """Return the host of a valid URL as the client asks for it, in lower case and without brackets."""
    return host_asked_for(host_written_in(urlsplit(url).netloc))


def host_written_in(authority: str) -> str:
    """Return the host of an authority without user as it is written: `urlsplit` makes a `k` of the Kelvin sign."""
    return authority[1:].partition("]")[0].lower() if authority.startswith("[") else authority.partition(":")[0]


def endpoint_of(url: str) -> str:
    """Return the host of a valid URL as the client asks for it, with its port where the URL names one."""
    host, port = host_of(url), urlsplit(url).port
    return (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")


def port_of(url: str) -> int:
    """Return the port of a valid URL, which is the scheme's own where it names none."""
    parts = urlsplit(url)
    return parts.port or _PORTS.get(parts.scheme, 80)


def is_loopback(host: str) -> bool:
    """Tell whether a host, as the client asks for it, is this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).

    That is `localhost`, which is connected to without a look-up, and the loopback addresses; also where an IPv6 address
    stands for one (RFC 4291 §2.5.5.2).
    """
    address = address_of(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return host == LOCALHOST if address is None else address.is_loopback


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is, without brackets; None if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ascii(name: str) -> str:
    """Return a name in ASCII; one with letters of others is a name only if they can be written again (RFC 5891 §5)."""
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
