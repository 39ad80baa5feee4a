"""The HTTP client, configured only by the artifact: no variable and no `.netrc` affects it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx

from qwen_schema import ConfigurationError, provider_of
from qwen_schema.bounded import Unreadable
from qwen_schema.logs import redact_logs
from qwen_schema.proxy import proxy_for, usable_proxy
from qwen_schema.qwen_oauth import qwen_oauth
from qwen_schema.tls import tls_context

from .loopback import LoopbackTransport

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_runtime.settings import Settings
    from qwen_schema import Secret
    from qwen_schema.proxy import Route

# httpx and httpcore log the headers of requests and answers.
redact_logs()


def make_client(settings: Settings, auth: httpx.Auth) -> httpx.Client:
    """Return a client that follows no redirect, so that the key is sent only to the artifact's base URL.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    base_url = settings.base_url
    client = make_client_for(base_url, settings)
    client.auth = auth
    client.headers.update(provider_of(base_url).headers)
    if settings.uses_login:
        client.headers.update(qwen_oauth().headers)
    return client


def make_client_for(url: str, settings: Settings) -> httpx.Client:
    """Return a client for requests without a key to one URL; it follows no redirect.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    bundle = settings.locate(settings.ca_bundle) if settings.ca_bundle else None
    try:
        return open_client(url, settings, bundle, settings.timeout)
    except OSError as error:
        wrong = error.strerror or type(error).__name__
    except Unreadable as error:
        wrong = f"it {error}"
    raise ConfigurationError(
        f"the CA bundle cannot be used: {wrong}",
        where=settings.place("ca_bundle"),
        hint="Set a PEM file with --ca-bundle or SSL_CERT_FILE.",
    )


def open_client(url: str, route: Route, bundle: Path | None, seconds: float) -> httpx.Client:
    """Return a client for requests to one URL, with a time limit in seconds for each.

    `bundle` is the CA bundle that verifies certificates; None for the usual authorities.

    Raises:
        OSError, Unreadable: if the CA bundle cannot be used.
        ConfigurationError: if the client does not support the proxy's protocol.
    """
    proxy, headers = proxy_for(url, route), {"User-Agent": "qwen-cfg"}
    uses_tls = any(part.startswith("https:") for part in (url.lower(), (proxy or "").lower()))
    verify = tls_context(bundle, uses_tls=uses_tls)
    if proxy:
        way = _proxy_of(proxy, route.proxy_login)
        return httpx.Client(trust_env=False, verify=verify, timeout=seconds, proxy=way, headers=headers)
    return httpx.Client(trust_env=False, transport=LoopbackTransport(verify), timeout=seconds, headers=headers)


def _proxy_of(proxy: str, login: Secret | None) -> httpx.Proxy:
    """Return the client's form of a proxy with its login."""
    url = usable_proxy(proxy)
    if login is None:
        return httpx.Proxy(url)
    user, _, password = login.reveal().partition(":")
    return httpx.Proxy(url, auth=(unquote(user), unquote(password)))
