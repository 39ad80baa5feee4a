"""Runs the real `qwen-cfg` in a pseudo-terminal, and tells what a person sees there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pexpect
import pyte

from .process import PROGRAM, SECONDS, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .process import Desk

ROWS = 200


@dataclass(frozen=True)
class Seen:
    """What reached a terminal: the bytes as they were, and the lines that they leave on its screen."""

    code: int
    raw: bytes
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def see(
    desk: Desk, *argv: str | Path, width: int = 80, env: Mapping[str, str] | None = None, term: str = "xterm-256color"
) -> Seen:
    """Run one command line in a terminal of a given width."""
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *map(str, argv)],
        cwd=str(desk.cwd),
        env=clean_environment(desk.home, {"TERM": term, **(env or {})}),
        dimensions=(ROWS, width),
        timeout=SECONDS,
    )
    child.expect(pexpect.EOF)
    raw = child.before
    child.close()
    screen = pyte.Screen(width, ROWS)
    pyte.ByteStream(screen).feed(raw)
    return Seen(child.exitstatus, raw, tuple(line.rstrip() for line in screen.display if line.strip()))
