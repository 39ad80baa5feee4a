"""The rule about a project's file that sets the endpoint for the user's key or prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.trust import display_host, project_settings_key, split_origin, split_to_ask
from qwen_cfg.trust.settings_variables import project_settings_values
from qwen_schema import printable

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.trust import Split


def splits_origin(resolution: Resolution) -> Iterator[Finding]:
    """A file of the project sets the endpoint of requests that contain the user's key or prompts."""
    if resolution.google_project is not None:
        yield from _sends_google_login(resolution)
        return
    to_ask = split_to_ask(resolution, resolution.world.file_provenance)
    split = to_ask or split_origin(resolution)
    if split is not None and not _is_reported_by_variable_rule(resolution, split):
        yield Finding(
            f"{split.origin} {'sends' if to_ask is None else 'would send'} {_data_sent(split)} to "
            f"{printable(display_host(split.url))}{_FROM[split.provenance]}.",
            "The endpoint is a known provider or this machine: no approval is needed." if to_ask is None else _ASKS,
            "base_url",
            split.origin.file,
            split.origin.line,
        )


def _is_reported_by_variable_rule(resolution: Resolution, split: Split) -> bool:
    """Return whether QC302 reports the same: one file sets the endpoint and uses the user's variable for the key."""
    taken = project_settings_key(resolution)
    return taken is not None and taken.origin.path == split.origin.path and not project_settings_values(resolution)


def _sends_google_login(resolution: Resolution) -> Iterator[Finding]:
    endpoint = resolution.decisions["base_url"]
    if endpoint.winner is None or not isinstance(endpoint.value, str) or not endpoint.winner.origin.is_from_project:
        return
    origin = endpoint.winner.origin
    yield Finding(
        f"{origin} sends your Google login (application default credentials) to "
        f"{printable(display_host(endpoint.value))} in Qwen Code.",
        "If the project should not use it, do not start Qwen Code here. qwen-cfg run does not use vertex-ai.",
        "base_url",
        origin.file,
        origin.line,
    )


_ASKS = "run asks before it sends anything. To approve the endpoint: qwen-cfg trust"

_FROM = {
    "came with the project": ", and git tracks the file or may track it",
    "another user's": ", and the file belongs to another user",
    "unknown": "",
}


def _data_sent(split: Split) -> str:
    return f"{split.whose[0].lower()}{split.whose[1:]}" if split.whose else "your prompts"
