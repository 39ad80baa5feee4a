"""A Python program that uses `qwen_cfg`: the arguments for its world, and a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .process import Desk


def world(desk: Desk, **environ: str) -> dict[str, Any]:
    """Return the arguments for a world with nothing but the desk."""
    return {"cwd": desk.cwd, "environ": {"HOME": str(desk.home), "PATH": os.environ["PATH"], **environ}}


def in_new_process(desk: Desk, code: str, *words: str, **environ: str) -> str:
    """Run Python code in a new process that prints no error, and return its output."""
    env = {"HOME": str(desk.home), "PATH": os.environ["PATH"], **environ}
    argv = [sys.executable, "-c", code, *words]
    process = subprocess.run(argv, cwd=desk.cwd, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (process.returncode, process.stderr) == (0, ""), process
    return process.stdout
