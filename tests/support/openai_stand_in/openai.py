"""What `client_kwargs` needs of the openai package, where that is not installed: its HTTP clients."""

from __future__ import annotations

from typing import Any

import httpx


class DefaultHttpxClient(httpx.Client):
    """A client with the package's own defaults, which follow redirects and read the environment."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": 600, "follow_redirects": True, **options})


class DefaultAsyncHttpxClient(httpx.AsyncClient):
    """The same for asynchronous programs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": 600, "follow_redirects": True, **options})
