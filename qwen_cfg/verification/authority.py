"""A certificate authority for one run. Only the started program trusts it, and its key is only in memory."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, GeneralName

# A run takes seconds; clocks may differ by a time zone.
_BEFORE, _AFTER = timedelta(days=1), timedelta(days=1)


class Authority:
    """A certificate authority for any host.

    Raises:
        ConfigurationError: if the library for it is not installed.
    """

    def __init__(self, write: Callable[[str, str], Path]) -> None:
        """Make an authority. `write` writes its certificate, and the key and certificates of hosts, to files."""
        try:
            from cryptography import x509  # noqa: PLC0415 - an optional extra, and slow to import
            from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        except ImportError:
            raise ConfigurationError(
                "the endpoint uses https, and the library for its certificate is not installed",
                where="verify",
                hint="Install it beside qwen-cfg: pip install cryptography, or pipx inject qwen-cfg cryptography",
            ) from None
        self._x509 = x509
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._host_key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "qwen-cfg verify, one run")])
        self._write = write
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.file = write("authority.pem", _pem(self._certificate(None)))

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS settings of a server with a certificate for a host."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._make_context(host)
            return self._contexts[host]

    def _make_context(self, host: str) -> ssl.SSLContext:
        # The ssl module reads certificates only from files.
        name = f"host-{len(self._contexts)}.pem"
        file = self._write(name, _pem_of_key(self._host_key) + _pem(self._certificate(host)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        file.unlink()
        return context

    def _certificate(self, host: str | None) -> Certificate:
        """Return the certificate of a host; for None, the certificate of the authority."""
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

        x509, now = self._x509, datetime.now(UTC)
        subject = self._name if host is None else x509.Name([])
        public = (self._key if host is None else self._host_key).public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BEFORE)
            .not_valid_after(now + _AFTER)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        )
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([self._general_name(host)]), critical=True)
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
        certificate: Certificate = builder.sign(self._key, hashes.SHA256())
        return certificate

    def _general_name(self, host: str) -> GeneralName:
        try:
            return self._x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            return self._x509.DNSName(host)


def _pem(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return certificate.public_bytes(Encoding.PEM).decode()


def _pem_of_key(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
