"""A PATH without Qwen Code, but with all other programs."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def path_without_qwen(path: str) -> str:
    """Return a PATH in which a directory with a `qwen` is replaced by one with links to its other programs."""
    return os.pathsep.join(map(_without_qwen, path.split(os.pathsep)))


def _without_qwen(directory: str) -> str:
    if not os.path.lexists(Path(directory, "qwen")):
        return directory
    stand_in = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, stand_in, ignore_errors=True)
    for program in Path(directory).absolute().iterdir():
        if program.name != "qwen":
            (stand_in / program.name).symlink_to(program)
    return str(stand_in)
