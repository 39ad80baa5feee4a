"""What kept a step from succeeding, in the words that `run` has for it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from qwen_runtime.wire.failures import unreachable
from qwen_schema import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_runtime.settings import Settings
    from qwen_schema import QwenCfgError

# How long one step towards the server may take, in seconds, where the artifact's time-out is longer.
LONGEST = 10.0


def limit(settings: Settings) -> float:
    """Return how long one step towards the server may take, in seconds."""
    return min(settings.timeout, LONGEST)


@contextmanager
def explain_errors(settings: Settings) -> Iterator[None]:
    """Turn a connection that fails into an error that a person understands.

    Raises:
        UnreachableError: if it fails.
    """
    started = time.monotonic()
    try:
        yield
    except httpx.TimeoutException as error:
        raise _too_slow(error, settings, time.monotonic() - started) from None
    except (OSError, httpx.HTTPError) as error:
        raise unreachable(error, settings) from None


def _too_slow(error: httpx.TimeoutException, settings: Settings, elapsed: float) -> QwenCfgError:
    found = unreachable(error, settings, elapsed=elapsed)
    proxy = settings.proxy
    if proxy and isinstance(error, httpx.ConnectTimeout):
        found = UnreachableError(
            f"the proxy took too long to connect after {elapsed:.1f} s", where=settings.place("proxy")
        )
    if proxy or limit(settings) == LONGEST:
        ways = (
            "Name another with --proxy, or bypass it with --no-proxy."
            if proxy
            else "If a proxy is needed, name it with --proxy."
        )
        return found.copy(
            hint=f"After {limit(settings):g} s the doctor goes on. A firewall may drop the packets. {ways}"
        )
    return found
