"""Workflow annotations, as GitHub Actions reads them from standard output."""

from __future__ import annotations

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
    message = f"{error} {error.hint}".rstrip()
    at = int(line) if place == file and line.isdecimal() else 1
    return annotation("error", message, file=file, line=at, title="qwen-cfg")


def _data(text: str) -> str:
    """Return a text as the data of a command. The runner shows its line ends, which cannot begin another command."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
