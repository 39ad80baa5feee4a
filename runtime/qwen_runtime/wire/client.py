"""The HTTP client, made from the artifact alone: no variable, no `.netrc` has a say in it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import unquote

import certifi
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

# In bytes; all the authorities of a system take some 200 KiB.
_LARGEST_BUNDLE = 16 * 1024 * 1024

# httpx and httpcore log the headers of requests and answers.
redact_logs()


def make_client(settings: Settings, auth: httpx.Auth) -> httpx.Client:
    """Return a client that follows no redirect, so that a key goes to the artifact's base URL and nowhere else.

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
    """Return a client for requests to one URL that carry no key, and that follows no redirect.

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
        hint="Name a PEM file with --ca-bundle or SSL_CERT_FILE.",
    )


def open_client(url: str, route: Route, bundle: Path | None, seconds: float) -> httpx.Client:
    """Return a client for requests to one URL that take no longer than some seconds each.

    `bundle` is what decides whether a certificate is trusted; None for the usual authorities.

    Raises:
        OSError, Unreadable: if the CA bundle cannot be used.
        ConfigurationError: if the client does not speak the proxy's protocol.
    """
    verify, proxy, headers = _verification(bundle), proxy_for(url, route), {"User-Agent": "qwen-cfg"}
    if proxy:
        way = _way_through(proxy, route.proxy_login)
        return httpx.Client(trust_env=False, verify=verify, timeout=seconds, proxy=way, headers=headers)
    return httpx.Client(trust_env=False, transport=LoopbackTransport(verify), timeout=seconds, headers=headers)


def _way_through(proxy: str, login: Secret | None) -> httpx.Proxy:
    """Return a proxy with its login as the client takes it."""
    scheme, _, rest = proxy.partition("://")
    # httpx lets the proxy look names up under either name of SOCKS 5; desktops write it `socks`.
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


def _verification(bundle: Path | None) -> ssl.SSLContext:
    # Not ssl.create_default_context, which looks at the environment (SSLKEYLOGFILE, SSL_CERT_FILE).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bundle is not None:
        # OpenSSL would read a device, or wait for a pipe, for ever.
        read_file(bundle, most=_LARGEST_BUNDLE)
    context.load_verify_locations(bundle or certifi.where())
    return context
