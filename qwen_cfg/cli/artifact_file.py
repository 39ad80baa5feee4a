"""Reading an artifact that a command line names."""

from __future__ import annotations

from pathlib import Path

from qwen_schema import ArtifactError, ResolvedConfig, load
from qwen_schema.envfile import Subject, read_text


def read_artifact(name: str) -> tuple[str, ResolvedConfig]:
    """Return the text of a file and the artifact that it holds.

    Raises:
        ArtifactError: if the file cannot be read, or is no valid artifact.
    """
    hint = "Make it readable for you, or make one: qwen-cfg resolve -o FILE"
    text = read_text(Path(name), Subject(name, "artifact", ArtifactError, hint))
    return text, load(text, where=name)
