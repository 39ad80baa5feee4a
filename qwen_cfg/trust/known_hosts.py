"""The endpoints that need no approval: those of the declared providers and of this machine."""

from __future__ import annotations

from qwen_schema import declared_providers
from qwen_schema.hosts import is_safe_endpoint


def is_known_or_loopback(url: str) -> bool:
    """Return whether a base URL belongs to a declared provider or this machine.

    A provider's host counts only if it is declared exactly, over https and on the standard port. A host that matches
    only an ending does not count: anybody may be able to register such a name.
    """
    return is_safe_endpoint(url, {exact for provider in declared_providers().values() for exact in provider.hosts})
