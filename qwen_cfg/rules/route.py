"""Rules about the route of a request: the proxy, its exceptions, and hosts that do not count as this machine."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from qwen_schema import address_of, declared_fields, hide_credentials, host_of, is_loopback, safe_text
from qwen_schema import patterns as re
from qwen_schema.proxy import without_brackets

from .diagnostic import Finding, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.resolution import Resolution

_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
# Including the quotes of word processors and of other languages.
_QUOTES = "'\"`\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
_PORT = re.compile(r"(\[.*\]|[^:]*):([0-9]+)")
# The beginning of an IPv4 address, as in 192.168.* or 10.
_PARTIAL = re.compile(r"((?:[0-9]{1,3}\.){0,2}[0-9]{1,3})(?:\.\*)*\.?(?:\.?\*)?")
_LIKE_THIS_MACHINE = re.compile(
    r"(?:.*\.)?localhost\.?|localhost\.localdomain\.?|0|0\.0\.0\.0|127\.[0-9.]*|0x7f.*|2130706433"
)


def matches_nothing(resolution: Resolution) -> Iterator[Finding]:
    """An entry of NO_PROXY matches no host, so requests to the intended host go through the proxy."""
    proxy, exceptions = resolution.decisions["proxy"].winner, resolution.decisions["no_proxy"]
    if proxy is None or not proxy.revealed or exceptions.winner is None:
        return
    field, origin = declared_fields()["no_proxy"], exceptions.winner.origin
    for entry in exceptions.items:
        fix = _fix(entry.strip().lower())
        if fix is not None:
            shown = safe_text(field, hide_credentials(entry) if "@" in entry else entry)
            yield Finding(
                f"{shown!r} in {origin} matches no host, so requests to the intended host go through the proxy.",
                fix,
                "no_proxy",
                *place_of(exceptions.winner),
            )


def unused_proxy(resolution: Resolution) -> Iterator[Finding]:
    """The proxy is invalid, and no request uses it: requests to this base URL are direct."""
    proxy, url = resolution.decisions["proxy"], resolution.decisions["base_url"].value
    if proxy.unused is None or proxy.winner is None:
        return
    yield Finding(
        f"proxy from {proxy.winner.origin} is not valid: {proxy.unused.wrong}. It is not used: requests to "
        f"{host_of(str(url))} are direct.",
        f"Expected {proxy.unused.expected}.",
        "proxy",
        *place_of(proxy.winner),
    )


def looks_like_this_machine(resolution: Resolution) -> Iterator[Finding]:
    """A host that often means this machine does not count as this machine, so its requests go through the proxy."""
    decision = resolution.decisions["base_url"]
    if decision.winner is None or not isinstance(decision.value, str):
        return
    host = host_of(decision.value)
    if "localhost" not in host and not host[:1].isdigit() and ":" not in host:
        return
    address = address_of(host)
    if is_loopback(host) or not (_LIKE_THIS_MACHINE.fullmatch(host) or (address and address.is_unspecified)):
        return
    yield Finding(
        f"The base URL from {decision.winner.origin} names {host}, which does not count as this machine: requests to "
        "it go through the proxy, if there is one.",
        "If the server is on this machine, use localhost or 127.0.0.1.",
        "base_url",
        *place_of(decision.winner),
    )


def _fix(entry: str) -> str | None:
    """Return how to fix an entry that matches no host in the runtime; None if it can match a host."""
    port = _PORT.fullmatch(entry)
    name = port[1] if port is not None else entry
    if port is not None and not 0 < int(port[2]) < 2**16:
        return "A port is a number from 1 to 65535."
    domain = name.removeprefix("*").removeprefix(".")
    if name == "*" or _is_block(name) or (_NAME.fullmatch(domain) and not re.fullmatch("[0-9.]+", domain)):
        return None
    return _advice(name)


def _is_block(name: str) -> bool:
    try:
        ipaddress.ip_network(without_brackets(name), strict=False)
    except ValueError:
        return False
    return True


def _advice(name: str) -> str:
    partial = _PARTIAL.fullmatch(name)
    if partial is not None and all(int(part) < 2**8 for part in partial[1].split(".")):
        parts = partial[1].split(".")
        return f"Write the block of addresses: {'.'.join([*parts, *['0'] * (4 - len(parts))])}/{8 * len(parts)}"
    if "://" in name:
        return "Write only the host, without the scheme and the path."
    if re.search(r"[\s;|]", name):
        return "Separate entries with commas."
    if name.strip(_QUOTES) != name:
        return "Remove the quotes."
    if ("[" in name) is not ("]" in name):
        return "Write the brackets of an IPv6 address on both sides, or on neither."
    if "*" in name:
        return "Use '*' alone or at the beginning: '*.example.com' or '.example.com'."
    if name.endswith("."):
        return "Remove the dot at the end."
    if not name.isascii():
        return "Write the name in ASCII (xn--…)."
    return "Write a host name, an address, or a block of addresses such as 10.0.0.0/8."
