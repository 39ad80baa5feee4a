"""The way that a request takes: straight to the host of the base URL, or through the proxy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx

from qwen_schema import port_of

if TYPE_CHECKING:
    from qwen_schema import ResolvedConfig, Value

    from ..configured import Configured


@dataclass(frozen=True)
class Place:
    """What a connection is made to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def for_one_try(configured: Configured, *, direct: bool) -> Configured:
    """Return the config as it applies to its own host: no retries, and no proxy that is gone around anyway."""
    changes: dict[str, Value] = {"max_retries": 0, **({"proxy": ""} if direct else {})}
    artifact = replace(configured.artifact, config={**configured.artifact.config, **changes})
    return replace(configured, artifact=artifact)


def first_place(artifact: ResolvedConfig) -> Place:
    """Return where a connection is made to first: the proxy, if there is one, or else the server."""
    text = artifact.text("proxy") or artifact.text("base_url")
    return Place(httpx.URL(text).raw_host.decode("ascii").strip("[]"), port_of(text))
