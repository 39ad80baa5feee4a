"""What Python itself writes to standard error about exceptions and warnings: no secret is in it."""

from __future__ import annotations

import sys
import threading
import traceback
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from qwen_schema import printable_lines, redact_unknown

if TYPE_CHECKING:
    from types import TracebackType


def install() -> None:
    """Redact every uncaught exception and warning of this process, wherever it comes from."""
    sys.excepthook = _show_exception
    sys.unraisablehook = _show_unraisable
    warnings.showwarning = _show_warning
    threading.excepthook = _show_in_thread


def _show_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _write("".join(traceback.format_exception(kind, error, trace)))


def _show_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else "unknown"
        trace = traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)
        _write(f"Exception in thread {name}:\n{''.join(trace)}")


def _show_unraisable(args: sys.UnraisableHookArgs) -> None:
    trace = traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)
    # Its repr would be other people's code, in a process that may be ending.
    name = getattr(args.object, "__qualname__", type(args.object).__name__)
    _write(f"{args.err_msg or 'Exception ignored in'}: {name}\n{''.join(trace)}")


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _write(warnings.formatwarning(str(message), category, filename, lineno, line), file)


def _write(text: str, file: TextIO | None = None) -> None:
    stream = file or sys.stderr
    # Nobody is there to be told that the last words cannot be written.
    with suppress(OSError, ValueError, AttributeError):
        stream.write(printable_lines(redact_unknown(text)))
        stream.flush()
