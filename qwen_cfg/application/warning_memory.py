"""Remembers warnings that need no answer and were shown before, so that a run does not repeat them."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from qwen_cfg.rules import SPLIT_ORIGIN
from qwen_schema import OutputError
from qwen_schema.bounded import Unreadable, read_file

if TYPE_CHECKING:
    from qwen_cfg.rules import Diagnostic

    from .compilation import Compilation

_NAME = "shown-warnings"
# How many warnings are remembered, and the size of their file in bytes.
_MOST = 100
_LARGEST_BYTES = 16 * 1024


def without_repeats(
    compilation: Compilation, diagnostics: tuple[Diagnostic, ...], *, is_seen: bool
) -> tuple[Diagnostic, ...]:
    """Return diagnostics without those that need no answer and were already shown for this directory.

    If a user sees them (`is_seen`), new diagnostics of that kind are remembered, as digests.
    """
    if compilation.concern is not None:
        return diagnostics
    digests = {d: _digest(compilation, d) for d in diagnostics if d.code == SPLIT_ORIGIN}
    shown = _read_digests(compilation) if digests else []
    new = [digest for digest in digests.values() if digest not in shown]
    if new and is_seen:
        _remember(compilation, [*shown, *new])
    return tuple(d for d in diagnostics if digests.get(d) not in shown)


def _digest(compilation: Compilation, diagnostic: Diagnostic) -> str:
    identity = "\0".join((str(compilation.world.cwd), diagnostic.code, diagnostic.finding.message))
    return sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()


def _read_digests(compilation: Compilation) -> list[str]:
    state = compilation.request.process.state
    if state is None:
        return []
    try:
        return read_file(state / _NAME, most=_LARGEST_BYTES).decode("ascii", "replace").split()
    except (OSError, Unreadable):
        return []


def _remember(compilation: Compilation, digests: list[str]) -> None:
    """Save digests; if that fails, the warnings are shown again."""
    from qwen_schema.folders import any_link  # noqa: PLC0415 - rarely needed
    from qwen_schema.save import save  # noqa: PLC0415

    state = compilation.request.process.state
    if state is None:
        return
    text = "".join(f"{digest}\n" for digest in digests[-_MOST:])
    with suppress(OutputError, OSError):
        save(state / _NAME, text, may_follow=any_link, private=True, make=True)
