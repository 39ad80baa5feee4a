"""Runs git in a directory, with an identity for commits and without the settings of the user."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.test")


def git(tree: Path, *argv: str) -> str:
    """Run git in a directory, and return its output without surrounding white space."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tree), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": ""}
    words = ["git", "-C", str(tree), *_IDENTITY, *argv]
    return subprocess.run(words, check=True, capture_output=True, text=True, env=environ).stdout.strip()
