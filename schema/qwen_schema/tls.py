"""The TLS context of a client, which verifies certificates and does not read the environment."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from .bounded import read_file

if TYPE_CHECKING:
    from pathlib import Path

# In bytes; all authorities of a system take about 200 KiB.
_LARGEST_BUNDLE = 16 * 1024 * 1024


def tls_context(bundle: Path | None, *, uses_tls: bool) -> ssl.SSLContext:
    """Return a context with the authorities of the bundle, or with the usual authorities if `uses_tls` is set.

    Without TLS, no authorities are loaded, since that takes as long as the start of Python.

    Raises:
        OSError, Unreadable: if the bundle cannot be used.
    """
    # Not ssl.create_default_context, which reads the environment (SSLKEYLOGFILE, SSL_CERT_FILE).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bundle is not None:
        # OpenSSL would read a device, or wait for a pipe, forever.
        read_file(bundle, most=_LARGEST_BUNDLE)
        context.load_verify_locations(bundle)
    elif uses_tls:
        import certifi  # noqa: PLC0415 - only TLS needs it

        context.load_verify_locations(certifi.where())
    return context
