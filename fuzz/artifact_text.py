"""Target: the bytes of a file that is read as an artifact, in TOML or JSON."""

from __future__ import annotations

from qwen_schema import ArtifactError
from qwen_schema.envfile import Subject
from qwen_schema.envfile.text import decode_text

from .artifacts import load_or_refuse

_SUBJECT = Subject("./qwen.toml", "artifact", ArtifactError, "Make it readable.")


def check(data: bytes) -> None:
    """Raise an error if the bytes are accepted or refused in another way than promised."""
    try:
        text = decode_text(data, _SUBJECT)
    except ArtifactError:
        return
    load_or_refuse(text)
