"""Hosts as the HTTP client asks for them: what a person reads in a URL may be another name."""

from __future__ import annotations

import ipaddress
import re

_LIKE_AN_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")


def host_asked_for(host: str) -> str:
    """Return the name or address that the client asks for, for the host of a URL without its brackets.

    That is httpx's way: IDNA 2008, with nothing mapped but large letters. The codec of Python's own library follows
    IDNA 2003, in which `ß` is `ss`: another host.

    Raises:
        ValueError: if the client asks for no such host.
    """
    if _LIKE_AN_ADDRESS.fullmatch(host):
        return str(ipaddress.IPv4Address(host))
    if host.isascii():
        return host.lower()
    import idna  # noqa: PLC0415 - few hosts need it

    return idna.encode(host.lower()).decode("ascii")
