"""Converts a failed connection to an error in plain words."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, TypeVar

import httpx

from qwen_schema import QwenCfgError, UnreachableError, endpoint_of, host_of, is_loopback, printable, redact_unknown
from qwen_schema.proxy import proxy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_runtime.settings import Settings

E = TypeVar("E", bound=BaseException)

# The errors of a request. For a host that cannot be looked up, Python raises UnicodeError.
NETWORK_ERRORS = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)

# Certificate errors that no CA bundle can fix (OpenSSL, x509_vfy.h).
_EXPIRED, _HOST_MISMATCH, _ADDRESS_MISMATCH = 10, 62, 64


def unreachable(
    error: Exception, settings: Settings, *, elapsed: float | None = None, field: str = "base_url"
) -> QwenCfgError:
    """Return the error of a request to a field's URL that got no answer; `elapsed` is its duration in seconds."""
    url, where = settings.artifact.text(field), settings.place(field)
    if isinstance(error, httpx.TimeoutException):
        return _timeout_error(error, settings, elapsed, url, where)
    proxy = proxy_for(url, settings)
    if isinstance(error, httpx.ProxyError):
        return UnreachableError(
            f"the proxy refused the request: {reason(error)}",
            where=settings.place("proxy"),
            hint=login_advice(settings)
            if wants_login(error)
            else f"It is used for {url}. Name another with --proxy, or bypass it with --no-proxy.",
        )
    if proxy and cause_of(error, ssl.SSLError) is None:
        return UnreachableError(
            f"the proxy cannot be reached, or lost the connection: {reason(error)}",
            where=settings.place("proxy"),
            hint=f"It is used for {url}. Name another with --proxy, or bypass it with --no-proxy.",
        )
    return UnreachableError(f"{endpoint_of(url)} {_what(error)}", where=where, hint=_hint(error, settings, url))


def wants_login(error: httpx.ProxyError) -> bool:
    """Return whether the proxy requires a login, or refuses the login that was sent (RFC 9110 §15.5.8, RFC 1928 §3)."""
    why = reason(error)
    return why.startswith("407") or "username/password" in why.lower() or "auth" in why.lower()


def login_advice(settings: Settings) -> str:
    """Return the hint for a proxy that requires a login."""
    name = settings.artifact.provenance["proxy"].variable or "HTTPS_PROXY"
    if settings.proxy_login is not None:
        return f"Check the login in {name}; '@', ':' and '/' in it are percent-encoded. Or use no proxy: --proxy none."
    # In the form of a URL the text would look like a login, and would be masked.
    return (
        f"Add the login to the URL in {name}: user name, ':', password and '@' before the host, percent-encoded. "
        "Or use no proxy: --proxy none."
    )


def reason(error: BaseException) -> str:
    """Return the innermost message of a failure, in one line and without secrets."""
    words = [str(e) for e in _chain(error) if str(e)]
    return printable(redact_unknown(" ".join(words[-1].split()))) if words else type(error).__name__


def _what(error: Exception) -> str:
    if _is_lookup_failure(error):
        return f"cannot be resolved: {reason(error)}"
    if cause_of(error, ssl.SSLError) is not None:
        return f"is reachable, but TLS fails: {_tls_reason(error)}"
    if cause_of(error, ConnectionRefusedError) is not None:
        return "refuses the connection: no server listens there"
    if isinstance(error, httpx.DecodingError):
        return f"sent data that does not match its content encoding: {reason(error)}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"closed the connection without a valid answer: {reason(error)}"
    return f"cannot be reached: {reason(error)}"


def _hint(error: Exception, settings: Settings, url: str) -> str:
    if cause_of(error, ssl.SSLError) is not None:
        bundle = settings.ca_bundle
        code = getattr(cause_of(error, ssl.SSLCertVerificationError), "verify_code", None)
        if code == _EXPIRED:
            return "The server's operator must renew its certificate. Check this machine's clock."
        if code in (_HOST_MISMATCH, _ADDRESS_MISMATCH):
            return "The certificate is for another host. Check the host of the base URL."
        if code is None:
            return "If the server does not use TLS, the base URL starts with http://."
        used = f"Trusted certificates come from {settings.place('ca_bundle')}. " if bundle else ""
        others = "".join(
            f' {name} is set, and qwen-cfg does not read it: --ca-bundle "${name}"' for name in settings.ca_variables
        )
        return f"{used}Behind a company's TLS inspection, name its CA with --ca-bundle or SSL_CERT_FILE.{others}"
    if _is_lookup_failure(error):
        return "Check the host in the base URL, and the network. If a proxy is needed, name it with --proxy."
    if isinstance(error, httpx.DecodingError):
        return "The problem is with the provider or with a proxy in between."
    if isinstance(error, httpx.RemoteProtocolError) and url.startswith("http:"):
        return "If the server expects TLS, the base URL starts with https://."
    if is_loopback(host_of(url)):
        return "Check that the server on this machine is running on this port."
    return "Check the base URL, and any firewall. If a proxy is needed, name it with --proxy."


def _timeout_error(error: Exception, settings: Settings, elapsed: float | None, url: str, where: str) -> QwenCfgError:
    kinds: dict[type[Exception], str] = {
        httpx.ConnectTimeout: "took too long to connect",
        httpx.ReadTimeout: "took too long to answer",
        httpx.WriteTimeout: "took too long to accept the request",
    }
    did = kinds.get(type(error), "took too long")
    after = f" after {elapsed:.1f} s" if elapsed is not None else ""
    limit = settings.place("timeout").replace(" (", " s (", 1)
    return UnreachableError(
        f"{endpoint_of(url)} {did}{after}", where=where, hint=f"The time-out is {limit}; --timeout changes it."
    )


def _is_lookup_failure(error: Exception) -> bool:
    return cause_of(error, socket.gaierror) is not None or isinstance(error, UnicodeError | httpx.InvalidURL)


def _tls_reason(error: Exception) -> str:
    found = cause_of(error, ssl.SSLCertVerificationError)
    return reason(error) if found is None else str(found.verify_message)


def cause_of(error: BaseException, kind: type[E]) -> E | None:
    """Return the first error of a type in the chain of causes of an error; None if there is none."""
    return next((e for e in _chain(error) if isinstance(e, kind)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
