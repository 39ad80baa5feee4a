"""The paths that a client adds to a base URL, and base URLs that already end in one of them."""

from __future__ import annotations

from urllib.parse import urlsplit

from .providers import provider_of

# The paths that clients add to a base URL.
_ADDED = ("/chat/completions", "/completions", "/models", "/responses", "/embeddings")


def added_path_of(base_url: str) -> str | None:
    """Return the path at the end of a valid base URL that a client adds itself.

    None if it ends in no such path, or if it is one of the further base URLs of its provider.
    """
    if provider_of(base_url).has_other_base(base_url):
        return None
    path = urlsplit(base_url).path.rstrip("/")
    return next((ending for ending in _ADDED if path.endswith(ending)), None)


def without_added_path(base_url: str) -> str:
    """Return a valid base URL without the path that a client adds itself; the query stays."""
    added, parts = added_path_of(base_url), urlsplit(base_url)
    if added is None:
        return base_url
    return parts._replace(path=parts.path.rstrip("/").removesuffix(added)).geturl()
