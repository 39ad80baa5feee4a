"""The notice about an artifact of the project that sends an exported key to another endpoint than the resolution."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.writing.artifact_file import find_artifact, read_artifact
from qwen_schema import QwenCfgError

if TYPE_CHECKING:
    from pathlib import Path

    from .compilation import Compilation


def endpoint_notice(compilation: Compilation, written: Path | None = None) -> str:
    """Return a line about the nearest artifact upward, if it would send the key to another endpoint; else empty.

    An artifact is used only if the user names it. The artifact that is about to be `written` is not compared.
    """
    decisions, process = compilation.resolution.decisions, compilation.request.process
    key, here = decisions["api_key"].winner, decisions["base_url"].value
    if key is None or not key.origin.source.is_exported or not isinstance(here, str):
        return ""
    with suppress(QwenCfgError, OSError):
        name = find_artifact(process.cwd, process.home.path)
        path = process.cwd / name
        if written is not None and os.path.realpath(path) == os.path.realpath(written):
            return ""
        _, artifact = read_artifact(path, name)
        there = artifact.text("base_url")
        if artifact.config["auth_method"] == "openai" and there.rstrip("/") != here.rstrip("/"):
            return (
                f"qwen-cfg: {key.origin.variable} goes to {here} here; {name} sends the key to "
                f"{there}. To use it: --config, such as qwen-cfg run --config."
            )
    return ""
