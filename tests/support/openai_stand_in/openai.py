"""A stand-in for the openai package, if it is not installed: the HTTP clients that `client_kwargs` uses."""

from __future__ import annotations

from typing import Any

import httpx


class DefaultHttpxClient(httpx.Client):
    """A client with the package's own defaults, which follow redirects and read the environment."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": 600, "follow_redirects": True, **options})


class DefaultAsyncHttpxClient(httpx.AsyncClient):
    """The asynchronous client."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": 600, "follow_redirects": True, **options})
