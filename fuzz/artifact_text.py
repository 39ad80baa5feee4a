"""Target: the bytes of a file that is to be an artifact, in TOML or JSON."""

from __future__ import annotations

from qwen_schema import ArtifactError
from qwen_schema.envfile import Subject
from qwen_schema.envfile.text import decode_text

from .artifacts import taken

_SUBJECT = Subject("./qwen.toml", "artifact", ArtifactError, "Make it readable.")


def check(data: bytes) -> None:
    """Raise if the bytes are taken or refused otherwise than promised."""
    try:
        text = decode_text(data, _SUBJECT)
    except ArtifactError:
        return
    taken(text)
