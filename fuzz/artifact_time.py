"""Target: the time to read an artifact, accepted or refused."""

from __future__ import annotations

from contextlib import suppress

from qwen_schema import ArtifactError, load

from .timing import require_linear


def check(data: bytes) -> None:
    """Raise an error if reading takes more than linear time."""
    require_linear({"artifact": _load_artifact}, data)


def _load_artifact(text: str) -> None:
    with suppress(ArtifactError):
        load(text)
