"""The HTTP client, configured only by the artifact: no variable and no `.netrc` affects it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx

from qwen_schema import ConfigurationError, provider_of
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.logs import redact_logs
from qwen_schema.proxy import proxy_for
from qwen_schema.qwen_oauth import qwen_oauth

from .loopback import LoopbackTransport

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_runtime.settings import Settings
    from qwen_schema import Secret
    from qwen_schema.proxy import Route

# In bytes; all authorities of a system take about 200 KiB.
_LARGEST_BUNDLE = 16 * 1024 * 1024

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
    verify = _verification(bundle, uses_tls=uses_tls)
    if proxy:
        way = _way_through(proxy, route.proxy_login)
        return httpx.Client(trust_env=False, verify=verify, timeout=seconds, proxy=way, headers=headers)
    return httpx.Client(trust_env=False, transport=LoopbackTransport(verify), timeout=seconds, headers=headers)


def _way_through(proxy: str, login: Secret | None) -> httpx.Proxy:
    """Return the client's form of a proxy with its login."""
    scheme, _, rest = proxy.partition("://")
    # In httpx the proxy resolves names for both spellings of SOCKS 5; desktops write `socks`.
    scheme = "socks5" if scheme == "socks" else scheme
    if scheme.startswith("socks4"):
        raise ConfigurationError(
            "requests would go through a SOCKS 4 proxy, which qwen-cfg does not support",
            where=proxy,
            hint="Use an http, https or SOCKS 5 proxy, or none: --proxy none",
        )
    if login is None:
        return httpx.Proxy(f"{scheme}://{rest}")
    user, _, password = login.reveal().partition(":")
    return httpx.Proxy(f"{scheme}://{rest}", auth=(unquote(user), unquote(password)))


def _verification(bundle: Path | None, *, uses_tls: bool) -> ssl.SSLContext:
    """Return what verifies certificates: the bundle, or the usual authorities where TLS is used at all.

    Reading the authorities takes as long as starting Python. Without them no certificate is accepted.
    """
    # Not ssl.create_default_context, which reads the environment (SSLKEYLOGFILE, SSL_CERT_FILE).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bundle is not None:
        # OpenSSL would read a device, or wait for a pipe, forever.
        read_file(bundle, most=_LARGEST_BUNDLE)
        context.load_verify_locations(bundle)
    elif uses_tls:
        import certifi  # noqa: PLC0415 - where TLS is used

        context.load_verify_locations(certifi.where())
    return context
