"""The first steps: the addresses of a server's name, and a connection to one of them."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import httpx

from qwen_runtime.wire.background import Background
from qwen_runtime.wire.loopback import ADDRESSES
from qwen_schema.hosts import LOCALHOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .route import Target

# One entry of the result of `socket.getaddrinfo`.
Address = tuple[Any, ...]


def look_up(place: Target, seconds: float) -> list[Address]:
    """Return the addresses of a host, in the order of the attempts.

    Raises:
        OSError: if the host has no addresses.
        httpx.ConnectTimeout: if there is no answer within the time limit.
    """
    found = next(Background(lambda _: _addresses(place)).poll(seconds))
    if found is None:
        raise httpx.ConnectTimeout(f"no name server answered within {seconds:g} s")
    return found


def connect(addresses: Sequence[Address], seconds: float) -> str:
    """Return the first address that accepts a connection; all attempts share the time limit.

    Raises:
        OSError: the error of the last attempt, if all fail.
        httpx.ConnectTimeout: if the time limit is exceeded.
    """
    until, refusal = time.monotonic() + seconds, OSError("there is no address")
    for family, kind, protocol, _, address in addresses:
        try:
            with socket.socket(family, kind, protocol) as connection:
                connection.settimeout(max(until - time.monotonic(), 0.001))
                connection.connect(address)
        except TimeoutError:
            raise httpx.ConnectTimeout(f"no connection within {seconds:g} s") from None
        except OSError as error:
            refusal = error
        else:
            return str(address[0])
    raise refusal


def texts(addresses: Sequence[Address]) -> list[str]:
    """Return addresses as strings."""
    return list(dict.fromkeys(str(address[4][0]) for address in addresses))


def _addresses(place: Target) -> Iterator[list[Address]]:
    hosts = ADDRESSES if place.host == LOCALHOST else (place.host,)
    try:
        yield [found for host in hosts for found in socket.getaddrinfo(host, place.port, type=socket.SOCK_STREAM)]
    except UnicodeError:
        # A name with an empty part, or a part of more than 63 characters (RFC 1035 §2.3.4).
        raise socket.gaierror(socket.EAI_NONAME, "not a valid host name") from None
