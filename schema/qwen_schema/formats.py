"""The schemas' additional formats: each is a check that describes the error."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlsplit

from . import patterns as re
from .hosts import client_host, host_in, host_of, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

# The longest value of a field, or of a part of a secret reference, in characters, as in the schemas.
LONGEST = 8192

# The schemes that the URL of a proxy may have, including those that the client cannot use.
_PROXY_SCHEMES = ("http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h")

# The expected forms, for messages.
EXPECTED = {
    "http-url": "an absolute http or https URL with a host and without user:password@, such as https://api.openai.com/v1",
    "proxy-url": "the URL of an http, https or SOCKS 5 proxy, such as http://127.0.0.1:3128 or "
    "socks5h://127.0.0.1:1080 (none for no proxy)",
    "login-url": "an absolute https URL without user:password@ and without a query, such as https://chat.qwen.ai "
    "(http only on this machine)",
    "collector-url": "an absolute http or https URL with a host and without user:password@, such as http://localhost:4318",
    "file-path": "a path",
    "header-value": "a key without line breaks, blanks around it, or characters outside ASCII",
    "variable-name": "the name of a variable: letters, digits, '_', '-' and '.'",
    "command-line": "a program and its arguments, quoted as in a shell",
}

_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]|[^\[\]:]*)(?::[0-9]*)?")
_LONGEST_URL = 4096
_BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")
_SECRET_PARAMETERS = {
    "key",
    "api_key",
    "apikey",
    "api-key",
    "token",
    "access_token",
    "password",
    "secret",
    "auth_token",
    "client_secret",
    "sig",
    "x-api-key",
    "signature",
}


def check_http_url(text: str) -> None:
    """Check that a text is an absolute http(s) URL with a host (RFC 3986 §3), without a credential.

    Raises:
        ValueError: if it is not; the message has the problem, but not the URL.
    """
    _check_url(text, ("http", "https"), "http:// or https://")


def _check_url(text: str, schemes: tuple[str, ...], beginnings: str) -> None:
    _check_characters(text)
    parts = _split(text)
    if parts.scheme not in schemes:
        raise ValueError(f"it does not start with {beginnings}")
    _check_authority(parts)
    if parts.fragment:
        raise ValueError("it has a fragment ('#…'), which is never sent")
    if any(name.lower() in _SECRET_PARAMETERS for name, _ in parse_qsl(parts.query)):
        raise ValueError("its query contains a credential, which belongs in the API key")


def check_login_url(text: str) -> None:
    """Check that a text is an https URL, since credentials are sent there; http is allowed on this machine, for tests.

    Raises:
        ValueError: if it is not; the message has the problem, but not the URL.
    """
    check_http_url(text)
    parts = _split(text)
    if parts.scheme != "https" and not is_loopback(host_of(text)):
        raise ValueError("it does not start with https://, so a login would be sent unencrypted")
    if parts.query:
        raise ValueError("it has a query ('?…')")


def check_proxy_url(text: str) -> None:
    """Check that a text is the URL of a proxy without a login, or empty for no proxy.

    The check accepts protocols that the client does not support; a request reports those.

    Raises:
        ValueError: if it is not; the message has the problem, but not the URL.
    """
    if text:
        _check_url(text, _PROXY_SCHEMES, "http://, https:// or socks5://")


def check_collector_url(text: str) -> None:
    """Check that a text is a URL as in `check_http_url`, or empty for no collector."""
    if text:
        check_http_url(text)


def check_file_path(text: str) -> None:
    """Check that a text can be a path, or is empty for no file."""
    if "\x00" in text:
        raise ValueError("it contains a NUL character")


def check_header_value(text: str) -> None:
    """Check that a text can be the value of an HTTP header field (RFC 9110 §5.5) that every server accepts."""
    if "\n" in text or "\r" in text:
        raise ValueError("it contains a line break")
    if not (text.isascii() and text.isprintable()):
        raise ValueError("it contains a character that an HTTP header cannot contain")
    if text != text.strip():
        raise ValueError("it begins or ends with a blank")


def check_variable_name(text: str) -> None:
    """Check that a text is a name that an env file can assign to."""
    if not re.fullmatch(r"[\w.-]+", text, re.ASCII):
        raise ValueError("it is not the name of a variable")


def check_command_line(text: str) -> None:
    """Check that a text can be split into a program and its arguments, as a POSIX shell does, without expansions."""
    import shlex  # noqa: PLC0415 - few keys are commands

    if "\x00" in text:
        raise ValueError("it contains a NUL character")
    if len(text) > LONGEST:
        # Splitting takes time with the square of a word's length.
        raise ValueError(f"it is longer than {LONGEST:,} characters")
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError("it has an unclosed quote, or ends in a backslash") from None
    if not words or not words[0]:
        raise ValueError("it does not name a program")


CHECKS: dict[str, Callable[[str], None]] = {
    "http-url": check_http_url,
    "proxy-url": check_proxy_url,
    "login-url": check_login_url,
    "collector-url": check_collector_url,
    "file-path": check_file_path,
    "header-value": check_header_value,
    "variable-name": check_variable_name,
    "command-line": check_command_line,
}


def is_unicode(text: str) -> bool:
    """Return whether a text can be encoded as UTF-8; a variable's value with other bytes cannot."""
    try:
        return text.isascii() or bool(text.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def _check_characters(text: str) -> None:
    """Check the length and the characters of a URL."""
    if len(text) > _LONGEST_URL:
        raise ValueError(f"it is longer than {_LONGEST_URL} characters")
    if not is_unicode(text):
        raise ValueError("it contains bytes that are not UTF-8")
    is_plain = text.isascii() and text.isprintable() and " " not in text
    if not is_plain and _BLANK_OR_CONTROL.search(text):
        raise ValueError("it contains a blank or a control character")


def _check_authority(parts: SplitResult) -> None:
    """Check that a URL has no credential, and a host and port that the client accepts."""
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ValueError("it contains user:password@, which would be sent and written unencrypted")
    has_more_than_a_name = any(mark in parts.netloc for mark in ":[]")
    if has_more_than_a_name and not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("its host or port cannot be read" if parts.netloc else "it has no host")
    host = host_in(parts.netloc)
    if not host:
        raise ValueError("it has no host")
    client_host(host)
    if parts.port == 0:
        raise ValueError("its port is 0, which is not a usable port")


# The function without its cache (`functools.lru_cache`), which would keep URLs with a login.
_split_uncached: Callable[[str], SplitResult] = getattr(urlsplit, "__wrapped__", urlsplit)


def _split(text: str) -> SplitResult:
    try:
        parts = _split_uncached(text)
        _ = parts.port
    except ValueError:
        raise ValueError("its host or port cannot be read") from None
    return parts
