"""Sending usage statistics: once, to one address, for a limited time, and without a say for any variable."""

from __future__ import annotations

import logging
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .background import Background

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from qwen_schema import ResolvedConfig

    from .usage_statistics import CommandUsage, RequestUsage

# As long as the end of a command waits for it, in seconds.
SECONDS = 2.0

# Without it Windows opens no socket.
_KEPT = ("SYSTEMROOT",)


def send(
    command: CommandUsage,
    requests: Sequence[RequestUsage],
    config: ResolvedConfig,
    *,
    base: Path,
    home: Path | None,
) -> str:
    """Send the statistics of a command; return why that failed, or nothing.

    Of the config count the endpoint, the proxy and the CA bundle. `base` is where a relative path starts, `home` what
    `~` stands for. It takes no longer than `SECONDS` once the library is loaded.

    Raises:
        ImportError: if the library is not installed.
    """
    with _no_variables(), warnings.catch_warnings(action="ignore"):
        from .usage_metrics import exporter_to, is_taken, measured  # noqa: PLC0415 - an optional extra

        said = _heard("opentelemetry")
        exporter, data = exporter_to(config, base, home, SECONDS), measured(command, requests)
        # In a thread: a name lookup ends when it likes, and a server may send its answer byte by byte.
        sending = Background(lambda _: iter([is_taken(exporter, data)]))
        if next(sending.polled(SECONDS)):
            return ""
    return " ".join(said[0].split()) if said else f"it takes longer than {SECONDS:g} s"


@contextmanager
def _no_variables() -> Iterator[None]:
    """Let the environment be empty for a while.

    The exporter adds the headers of OTEL_EXPORTER_OTLP_HEADERS to those that it is given, OTEL_SDK_DISABLED switches
    the SDK off, urllib3 writes the keys of TLS to SSLKEYLOGFILE: whatever there is now or will be, none of it counts.
    """
    before = dict(os.environ)
    for name in before:
        if name not in _KEPT:
            del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(before)


def _heard(name: str) -> list[str]:
    """Return what a library logs from now on, which would go to standard error otherwise."""
    said: list[str] = []
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [_Hearing(said)], False
    return said


class _Hearing(logging.Handler):
    """Keeps what is said."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self._said.append(record.getMessage())
