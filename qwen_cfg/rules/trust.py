"""The rule about a project's file that decides where the user's key goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.trust import host_shown, is_known_or_loopback, split_origin
from qwen_schema import printable

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.resolution import Resolution


def splits_origin(resolution: Resolution) -> Iterator[Finding]:
    """A file of the project says where requests go, and what they carry is the user's."""
    split = split_origin(resolution)
    if split is None:
        yield from _came_with_the_project(resolution)
        return
    host = printable(host_shown(split.url))
    known = is_known_or_loopback(split.url)
    yield Finding(
        f"{split.origin} sends {split.whose[0].lower()}{split.whose[1:]} to {host}.",
        "That is a known provider, or this machine: nobody is asked." if known else _ASKS,
        "base_url",
        split.origin.file,
        split.origin.line,
    )


_ASKS = "run asks before it sends anything. If that is right: qwen-cfg trust"


def _came_with_the_project(resolution: Resolution) -> Iterator[Finding]:
    """Tell of a file that git tracks and that has both the endpoint and the key: it gets what the user types."""
    winner = resolution.decisions["base_url"].winner
    if winner is None or winner.origin.path is None or is_known_or_loopback(winner.revealed):
        return
    if winner.origin.reach == "project" and resolution.world.in_git.get(winner.origin.path) == "tracked":
        host = printable(host_shown(winner.revealed))
        message = f"{winner.origin} sends all that you ask to {host}, and git tracks the file."
        yield Finding(message, _ASKS, "base_url", winner.origin.file, winner.origin.line)
