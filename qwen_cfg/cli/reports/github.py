"""Workflow annotations, as GitHub Actions reads them from standard output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import printable

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError


def annotation(level: str, message: str, *, file: str, line: int, title: str) -> str:
    """Return one workflow command (`error`, `warning` or `notice`), its parts escaped as the runner expects.

    Source: GitHub Actions, "Workflow commands", setting an error message.
    """
    properties = f"file={_property(file)},line={line},title={_property(title)}"
    return f"::{level} {properties}::{_data(message)}"


def annotation_of(error: QwenCfgError, file: str) -> str:
    """Return the annotation of an error that ended a command about a file; at its line where it names one."""
    place, _, line = error.where.rpartition(":")
    message = sentences(str(error), error.hint)
    at = int(line) if place == file and line.isdecimal() else 1
    return annotation("error", message, file=in_repository(file), line=at, title="qwen-cfg")


def sentences(*texts: str) -> str:
    """Return texts as sentences that do not run together."""
    *first, last = [text.strip() for text in texts if text.strip()]
    return " ".join([*(text if text.endswith((".", "?", "!", ":")) else f"{text}." for text in first), last])


def in_repository(name: str) -> str:
    """Return a file's name as GitHub knows it: from the workspace, else from the top of the git work tree.

    A file outside of both keeps its name, and so does one without a repository.
    """
    path = Path(name).absolute()
    # The name of a link is its own; the directories above it count as they really are.
    real = Path(os.path.realpath(path.parent)) / path.name
    workspace = os.environ.get("GITHUB_WORKSPACE")
    tops = [Path(os.path.realpath(workspace))] if workspace else []
    tops += [above for above in real.parents if os.path.lexists(above / ".git")][:1]
    top = next((top for top in tops if real.is_relative_to(top)), None)
    return os.path.normpath(name) if top is None else real.relative_to(top).as_posix()


def _data(text: str) -> str:
    """Return a text as the data of a command. The runner shows its line ends, which cannot begin another command."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
