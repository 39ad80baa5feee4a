"""The prompt of a run that asks nobody: from the command line, from standard input, or from both."""

from __future__ import annotations

import os
import select
import stat
import sys
from typing import TYPE_CHECKING

from qwen_schema import UsageError, is_true, is_unicode

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

# After so many seconds of silence on standard input, it is said what is waited for.
PATIENCE = 2.0


def prompt_of(given: str | None, output: Output) -> str:
    """Return the prompt: what was given, and what stands on standard input as its context.

    Raises:
        UsageError: if there is none, or it is not UTF-8.
    """
    context = _standard_input(output, "as context" if given is not None else "for the prompt")
    parts = [part for part in (given, context) if part is not None and part.strip()]
    prompt = "\n\n".join(parts)
    if not is_unicode(prompt):
        raise UsageError("the prompt is not UTF-8", hint="Pass it as UTF-8.")
    if not prompt or (given is not None and not given.strip()):
        raise UsageError("there is no prompt", hint='Give one: qwen-cfg run -p "…", or on standard input.')
    return prompt


def has_terminal() -> bool:
    """Return whether the user can be asked: standard input and output are terminals, and CI is not true."""
    in_ci = is_true(os.environ.get("CI", ""))
    streams = (sys.stdin, sys.stdout)
    return not in_ci and all(stream is not None and not stream.closed and stream.isatty() for stream in streams)


def _standard_input(output: Output, what_for: str) -> str:
    """Return what stands on standard input; a terminal, and an input that was closed, have nothing to say.

    Raises:
        UsageError: if it cannot be read.
    """
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    descriptor = sys.stdin.fileno()
    try:
        # Whoever started this may have left it so that a read does not wait for what is still to come.
        os.set_blocking(descriptor, True)
        _tell_of_silence(descriptor, output, what_for)
        return sys.stdin.buffer.read().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise UsageError(
            f"standard input cannot be read: {error.strerror}", hint='Pass the prompt with -p "…", and use </dev/null.'
        ) from None


def _tell_of_silence(descriptor: int, output: Output, what_for: str) -> None:
    """Show a notice if standard input is a pipe without data after a while: it may have been left open."""
    if os.name != "posix" or stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    ready, _, _ = select.select([descriptor], [], [], PATIENCE)
    if not ready:
        output.notice(f"qwen-cfg: reading standard input to its end, {what_for}; if there is none, use </dev/null")
