"""The way that a request takes: straight to the host of the base URL, or through the proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import host_of, port_of
from qwen_schema.records import record, replace

if TYPE_CHECKING:
    from qwen_runtime.ready import ReadyConfig
    from qwen_runtime.settings import Settings
    from qwen_schema import Value


@record
class Target:
    """What a connection is made to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def for_one_try(ready: ReadyConfig, *, direct: bool) -> ReadyConfig:
    """Return the config as it applies to its own host: no retries, and no proxy that is gone around anyway."""
    changes: dict[str, Value] = {"max_retries": 0, **({"proxy": ""} if direct else {})}
    artifact = replace(ready.artifact, config={**ready.artifact.config, **changes})
    return replace(ready, artifact=artifact)


def first_target(settings: Settings) -> Target:
    """Return where a connection is made to first: the proxy, if there is one, or else the server."""
    text = settings.proxy or settings.base_url
    return Target(host_of(text), port_of(text))
