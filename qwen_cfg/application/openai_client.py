"""The arguments of the `openai` package's clients, with an HTTP client that reads no environment."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from qwen_schema import ConfigurationError, provider_of
from qwen_schema.bounded import Unreadable
from qwen_schema.proxy import Route, proxy_for, usable_proxy
from qwen_schema.tls import tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from qwen_schema import Secret

# The method whose API the package supports.
_METHOD = "openai"
_HINT = "Install it, or a newer one: pip install --upgrade openai"


class Endpoint(Route, Protocol):
    """The settings of an endpoint and of the route to it."""

    @property
    def auth_method(self) -> str:
        """The authentication method."""

    @property
    def api_key(self) -> Secret | None:
        """The key; None for a login."""

    @property
    def base_url(self) -> str:
        """The base URL of the API."""

    @property
    def ca_bundle(self) -> Path | None:
        """The file with certificate authorities; None for the usual ones."""

    @property
    def timeout(self) -> float:
        """The time limit for an answer, in seconds."""

    @property
    def max_retries(self) -> int:
        """The number of retries of a failed request."""


class _Revealed(str):
    """A key as a string for a library. Only its `repr` is masked, so that printed arguments do not show the key."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


def client_kwargs(endpoint: Endpoint, *, is_async: bool) -> dict[str, Any]:
    """Return the arguments of `openai.OpenAI`, or of `openai.AsyncOpenAI`.

    Raises:
        ConfigurationError: if the package does not support the method's API, is missing or too old, or the CA bundle or
            the proxy cannot be used.
    """
    if endpoint.auth_method != _METHOD or endpoint.api_key is None:
        raise ConfigurationError(
            f"the authentication method is {endpoint.auth_method}, whose API the openai package does not support",
            where="auth_method",
            hint="To use a Qwen OAuth login: qwen-cfg run" if endpoint.auth_method == "qwen-oauth" else "",
        )
    package, provider = _openai(), provider_of(endpoint.base_url)
    key = _Revealed(endpoint.api_key.reveal())
    return {
        "api_key": key,
        "base_url": endpoint.base_url,
        "timeout": endpoint.timeout,
        "max_retries": endpoint.max_retries,
        "default_headers": dict(provider.headers),
        "http_client": _http_client(package, endpoint, provider.key_header, is_async=is_async),
    }


def _openai() -> Any:
    try:
        package: Any = import_module("openai")
    except ImportError:
        raise ConfigurationError("the openai package is not installed", hint=_HINT) from None
    if not hasattr(package, "DefaultAsyncHttpxClient"):
        raise ConfigurationError("the openai package is too old", hint=_HINT)
    return package


def _http_client(package: Any, endpoint: Endpoint, key_header: str, *, is_async: bool) -> Any:
    """Return the package's own HTTP client, which does not read the environment or follow redirects.

    So the key is sent only to the base URL, through the resolved proxy.
    """
    proxy = proxy_for(endpoint.base_url, endpoint)
    moves = key_header != "authorization"
    kind = package.DefaultAsyncHttpxClient if is_async else package.DefaultHttpxClient
    return kind(
        trust_env=False,
        verify=_verification(endpoint, proxy),
        follow_redirects=False,
        timeout=endpoint.timeout,
        proxy=_with_login(usable_proxy(proxy), endpoint.proxy_login) if proxy else None,
        event_hooks={"request": [_key_mover(key_header, is_async=is_async)] if moves else []},
    )


def _key_mover(key_header: str, *, is_async: bool) -> Callable[[Any], object]:
    """Return the hook that moves the key of a request to the provider's header, without the word Bearer."""

    def move(request: Any) -> None:
        request.headers[key_header] = request.headers.pop("Authorization", "").removeprefix("Bearer ")

    async def move_soon(request: Any) -> None:
        move(request)

    return move_soon if is_async else move


def _with_login(proxy: str, login: Secret | None) -> str:
    """Return the URL of a proxy with its login, which is already percent-encoded."""
    scheme, separator, rest = proxy.partition("://")
    return proxy if login is None else f"{scheme}{separator}{login.reveal()}@{rest}"


def _verification(endpoint: Endpoint, proxy: str) -> ssl.SSLContext:
    uses_tls = any(url.lower().startswith("https:") for url in (endpoint.base_url, proxy))
    try:
        return tls_context(endpoint.ca_bundle, uses_tls=uses_tls)
    except OSError as error:
        wrong = error.strerror or type(error).__name__
    except Unreadable as error:
        wrong = f"it {error}"
    hint = "Set a PEM file with ca_bundle, or SSL_CERT_FILE."
    raise ConfigurationError(f"the CA bundle cannot be used: {wrong}", where=str(endpoint.ca_bundle), hint=hint)
