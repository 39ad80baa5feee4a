"""The HTTP client, made from the artifact alone: no variable, no `.netrc` has a say in it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import certifi
import httpx

from qwen_schema import ConfigurationError, provider_of
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.logs import redact_logs
from qwen_schema.qwen_oauth import qwen_oauth

from .proxy import proxy_for

if TYPE_CHECKING:
    from .settings import Settings

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
    return httpx.Client(
        trust_env=False,
        verify=verification(settings),
        timeout=settings.timeout,
        proxy=proxy_for(url, settings) or None,
        headers={"User-Agent": "qwen-cfg"},
    )


def verification(settings: Settings) -> ssl.SSLContext:
    """Return what decides whether a certificate is trusted: the bundle, or the usual authorities without one.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    # Not ssl.create_default_context, which looks at the environment (SSLKEYLOGFILE, SSL_CERT_FILE).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not settings.ca_bundle:
        context.load_verify_locations(certifi.where())
        return context
    path = settings.located(settings.ca_bundle)
    try:
        # OpenSSL would read a device, or wait for a pipe, for ever.
        read_file(path, most=_LARGEST_BUNDLE)
        context.load_verify_locations(path)
    except OSError as error:
        wrong = error.strerror or type(error).__name__
    except Unreadable as error:
        wrong = f"it {error}"
    else:
        return context
    raise ConfigurationError(
        f"the CA bundle cannot be used: {wrong}",
        where=settings.place("ca_bundle"),
        hint="Name a PEM file with --ca-bundle or SSL_CERT_FILE.",
    )
