"""The HTTP client, made from the artifact alone: no variable, no `.netrc` has a say in it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, cast

import certifi
import httpx

from qwen_schema import ConfigurationError, located, provider_of
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.logs import redact_logs
from qwen_schema.qwen_oauth import METHOD, qwen_oauth

from .proxy import proxy_for
from .refusals import of_field

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import ResolvedConfig

# In bytes; all the authorities of a system take some 200 KiB.
_LARGEST_BUNDLE = 16 * 1024 * 1024

# httpx and httpcore log the headers of requests and answers.
redact_logs()


def make_client(artifact: ResolvedConfig, auth: httpx.Auth, *, base: Path, home: Path | None) -> httpx.Client:
    """Return a client that follows no redirect, so that a key goes to the artifact's base URL and nowhere else.

    `base` is where relative paths of the artifact start, `home` what `~` stands for.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    base_url = artifact.text("base_url")
    client = make_client_for(base_url, artifact, base=base, home=home)
    client.auth = auth
    client.headers.update(provider_of(base_url).headers)
    if artifact.text("auth_method") == METHOD:
        client.headers.update(qwen_oauth().headers)
    return client


def make_client_for(url: str, artifact: ResolvedConfig, *, base: Path, home: Path | None) -> httpx.Client:
    """Return a client for requests to one URL that carry no key, and that follows no redirect.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    timeout = cast("float", artifact.config["timeout"])
    verify = verification(artifact, base=base, home=home)
    proxy = proxy_for(artifact, url) or None
    headers = {"User-Agent": "qwen-cfg"}
    return httpx.Client(trust_env=False, verify=verify, timeout=timeout, proxy=proxy, headers=headers)


def verification(artifact: ResolvedConfig, *, base: Path, home: Path | None) -> ssl.SSLContext:
    """Return what decides whether a certificate is trusted: the bundle, or the usual authorities without one.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    # Not ssl.create_default_context, which looks at the environment (SSLKEYLOGFILE, SSL_CERT_FILE).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    bundle = artifact.text("ca_bundle")
    if not bundle:
        context.load_verify_locations(certifi.where())
        return context
    path = located(bundle, base=base, home=home)
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
        where=of_field(artifact, "ca_bundle"),
        hint="Name a PEM file with --ca-bundle or SSL_CERT_FILE.",
    )
