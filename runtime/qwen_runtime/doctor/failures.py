"""The errors of failed steps, in the same words as in `run`."""

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

# The time limit of one step, in seconds, if the artifact's time-out is longer.
LONGEST = 10.0


def limit(settings: Settings) -> float:
    """Return the time limit of one step, in seconds."""
    return min(settings.timeout, LONGEST)


@contextmanager
def explain_errors(settings: Settings) -> Iterator[None]:
    """Convert a failed connection to an error in plain words.

    Raises:
        UnreachableError: if the connection fails.
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
            "Set another proxy with --proxy, or bypass it with --no-proxy."
            if proxy
            else "If a proxy is needed, set it with --proxy."
        )
        return found.copy(
            hint=f"The time limit of a step is {limit(settings):g} s. A firewall may drop the packets. {ways}"
        )
    return found
