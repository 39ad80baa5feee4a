"""The rule about a project's file that decides where the user's key goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.trust import is_known_or_loopback, split_origin
from qwen_schema import endpoint_of, printable

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.resolution import Resolution


def splits_origin(resolution: Resolution) -> Iterator[Finding]:
    """A file of the project says where requests go, and the credential that they carry is the user's."""
    split = split_origin(resolution)
    if split is None:
        return
    host = printable(endpoint_of(split.url))
    known = is_known_or_loopback(split.url)
    yield Finding(
        f"{split.origin} sends {split.whose[0].lower()}{split.whose[1:]} to {host}.",
        "That is a known provider, or this machine: nobody is asked."
        if known
        else "run asks before it sends anything. If that is right: qwen-cfg trust",
        "base_url",
        split.origin.file,
        split.origin.line,
    )
