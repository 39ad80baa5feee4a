"""How fast the commands start: whole processes, against a Python that does nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COMMANDS = (["--help"], ["envfile", ".env"], ["resolve"], ["resolve", "--explain"], ["run", "--help"])


def measurements() -> Iterator[Measurement]:
    """Yield each command against `python -c pass`."""
    with tempfile.TemporaryDirectory(prefix="qwen-cfg-bench-") as directory:
        Path(directory, ".env").write_text("OPENAI_API_KEY=sk-0123456789\n", encoding="utf-8")
        for words in _COMMANDS:
            yield Measurement(
                f"qwen-cfg {' '.join(words)} / python -c pass",
                _process(["-m", "qwen_cfg", *words], directory),
                _process(["-c", "pass"], directory),
            )


def _process(words: list[str], directory: str) -> Callable[[], object]:
    environment = {"HOME": directory, "PATH": ""}
    return lambda: subprocess.run(
        [sys.executable, *words], cwd=directory, env=environment, stdout=subprocess.DEVNULL, check=True
    )
