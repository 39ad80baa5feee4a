"""The targets by name, and the seeds of each."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from .sound import valid_artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TARGETS = ("env_file", "env_python", "env_time", "artifact_text", "artifact_time", "artifact_values", "settings_time")

HERE = Path(__file__).parent
_RECORDED = HERE.parent / "tests" / "data" / "dotenv_cases.jsonl"


def check_of(target: str) -> Callable[[bytes], None]:
    """Return the function of a target."""
    check: Callable[[bytes], None] = importlib.import_module(f"fuzz.{target}").check
    return check


def seeds_of(target: str) -> Iterator[tuple[str, bytes]]:
    """Yield the seeds of a target, each with its name."""
    for file in sorted((HERE / "corpus" / target).iterdir()):
        yield file.name, file.read_bytes()
    if target in ("env_file", "env_python"):
        for number, line in enumerate(_RECORDED.read_text(encoding="utf-8").splitlines()):
            yield f"recorded-{number}", json.loads(line)["text"].encode()
    if target == "artifact_text":
        yield from valid_artifacts()
