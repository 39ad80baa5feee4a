"""The URLs of the API's parts below a base URL."""

from __future__ import annotations

import httpx


def completions_url(base_url: str) -> httpx.URL:
    """Return the URL for completions (OpenAI API reference, "Create chat completion")."""
    return _with_path(base_url, "/chat/completions")


def models_url(base_url: str) -> httpx.URL:
    """Return the URL of the list of models (OpenAI API reference, "List models").

    If the base URL names a deployment (Azure OpenAI), the list is beside the deployments.
    """
    resource, deployments, _ = base_url.partition("/openai/deployments/")
    if deployments:
        return httpx.URL(f"{resource}/openai/models").copy_with(query=httpx.URL(base_url).query)
    return _with_path(base_url, "/models")


def _with_path(base_url: str, path: str) -> httpx.URL:
    """Return the URL with a path added to its own; a query is kept."""
    url = httpx.URL(base_url)
    own, question, query = url.raw_path.partition(b"?")
    return url.copy_with(raw_path=own.rstrip(b"/") + path.encode() + question + query)
