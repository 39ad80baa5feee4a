"""The prompt of a run without a conversation: from the command line, from standard input, or from both."""

from __future__ import annotations

import os
import select
import stat
import sys
from typing import TYPE_CHECKING

from qwen_schema import UsageError, is_true, is_unicode

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

# A notice says what the program waits for if standard input has no data for this time, in seconds.
SILENCE_SECONDS = 2.0


def prompt_of(argument: str | None, output: Output) -> str:
    """Return the prompt: the argument, followed by the text on standard input as its context.

    Raises:
        UsageError: if there is none, or it is not UTF-8.
    """
    context = _standard_input(output, "as context" if argument is not None else "as the prompt")
    parts = [part for part in (argument, context) if part is not None and part.strip()]
    prompt = "\n\n".join(parts)
    if not is_unicode(prompt):
        raise UsageError("the prompt is not UTF-8", hint="Pass it as UTF-8.")
    if not prompt or (argument is not None and not argument.strip()):
        raise UsageError("there is no prompt", hint='Use qwen-cfg run -p "…", or pass it on standard input.')
    return prompt


def has_terminal() -> bool:
    """Return whether the user can be asked: standard input and output are terminals, and CI is not true."""
    in_ci = is_true(os.environ.get("CI", ""))
    streams = (sys.stdin, sys.stdout)
    return not in_ci and all(stream is not None and not stream.closed and stream.isatty() for stream in streams)


def _standard_input(output: Output, purpose: str) -> str:
    """Return the text on standard input; empty if it is a terminal or was closed at the start.

    Raises:
        UsageError: if it cannot be read.
    """
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    descriptor = sys.stdin.fileno()
    try:
        # The parent process may have made the input non-blocking: a read would not wait for the rest.
        os.set_blocking(descriptor, True)
        _notice_silence(descriptor, output, purpose)
        return sys.stdin.buffer.read().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise UsageError(
            f"standard input cannot be read: {error.strerror}", hint='Pass the prompt with -p "…" and add </dev/null.'
        ) from None


def _notice_silence(descriptor: int, output: Output, purpose: str) -> None:
    """Show a notice if standard input is a pipe that has no data for a while: it may have been left open."""
    if os.name != "posix" or stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    ready, _, _ = select.select([descriptor], [], [], SILENCE_SECONDS)
    if not ready:
        output.notice(
            f"qwen-cfg: waiting for the end of standard input, to use it {purpose}; if there is none, add </dev/null"
        )
