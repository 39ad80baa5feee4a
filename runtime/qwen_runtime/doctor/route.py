"""The route of a request: directly to the host of the base URL, or through the proxy."""

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
    """The target of a connection."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def without_retries(ready: ReadyConfig, *, direct: bool) -> ReadyConfig:
    """Return the config for its own host: without retries, and without a proxy that is bypassed."""
    changes: dict[str, Value] = {"max_retries": 0, **({"proxy": ""} if direct else {})}
    artifact = replace(ready.artifact, config={**ready.artifact.config, **changes})
    return replace(ready, artifact=artifact)


def first_target(settings: Settings) -> Target:
    """Return the first target of a connection: the proxy, if there is one, else the server."""
    text = settings.proxy or settings.base_url
    return Target(host_of(text), port_of(text))
