"""The HTTP client, made from the artifact alone: no variable, no `.netrc` has a say in it."""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING, cast

import httpx

from qwen_schema import ConfigurationError, located, provider_of

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import ResolvedConfig


def make_client(artifact: ResolvedConfig, auth: httpx.Auth, *, base: Path, home: Path | None) -> httpx.Client:
    """Return a client that follows no redirect, so that a key goes to the artifact's base URL and nowhere else.

    `base` is where relative paths of the artifact start, `home` what `~` stands for.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    timeout = cast("float", artifact.config["timeout"])
    verify = verification(artifact.text("ca_bundle"), base=base, home=home)
    proxy = artifact.text("proxy") or None
    mounts = dict.fromkeys(_direct(artifact)) if proxy else {}
    headers = {"User-Agent": "qwen-cfg", **provider_of(artifact.text("base_url")).headers}
    return httpx.Client(
        trust_env=False, verify=verify, timeout=timeout, proxy=proxy, mounts=mounts, headers=headers, auth=auth
    )


def verification(bundle: str, *, base: Path, home: Path | None) -> ssl.SSLContext | bool:
    """Return what decides whether a certificate is trusted: the bundle, or the usual authorities without one.

    Raises:
        ConfigurationError: if the CA bundle cannot be used.
    """
    if not bundle:
        return True
    try:
        return ssl.create_default_context(cafile=str(located(bundle, base=base, home=home)))
    except OSError as error:
        raise ConfigurationError(
            f"the CA bundle cannot be used: {error.strerror or type(error).__name__}",
            where=bundle,
            hint="Name a PEM file with --ca-bundle or SSL_CERT_FILE.",
        ) from None


def _direct(artifact: ResolvedConfig) -> list[str]:
    """Return the URL patterns that are reached without the proxy."""
    return [_pattern(host) for host in cast("tuple[str, ...]", artifact.config["no_proxy"])]


def _pattern(host: str) -> str:
    if host == "*":
        return "all://*"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return f"all://{host}" if host == "localhost" else f"all://*{host}"
    return f"all://[{address}]" if address.version == 6 else f"all://{address}"
