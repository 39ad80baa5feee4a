"""Reading an artifact that a command line names."""

from __future__ import annotations

from pathlib import Path

from qwen_schema import ArtifactError, ResolvedConfig, load


def read_artifact(name: str) -> tuple[str, ResolvedConfig]:
    """Return the text of a file and the artifact that it holds.

    Raises:
        ArtifactError: if the file cannot be read, or is no valid artifact.
    """
    try:
        text = Path(name).read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except ValueError:
        reason = "it is not UTF-8"
    else:
        return text, load(text, where=name)
    raise ArtifactError(f"the artifact cannot be read: {reason}", where=name, hint="Make one: qwen-cfg resolve -o FILE")
