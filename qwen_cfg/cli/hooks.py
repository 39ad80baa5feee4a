"""Hooks that remove secrets from the exceptions and warnings that Python writes to standard error."""

from __future__ import annotations

import sys
import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_schema import printable_lines

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO


def install() -> None:
    """Redact every uncaught exception and warning of this process, wherever it comes from."""
    sys.excepthook = _show_exception
    sys.unraisablehook = _show_unraisable
    warnings.showwarning = _show_warning
    threading.excepthook = _show_in_thread


def _show_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _write(_format(kind, error, trace))


def _show_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else "unknown"
        _write(f"Exception in thread {name}:\n{_format(args.exc_type, args.exc_value, args.exc_traceback)}")


def _show_unraisable(args: sys.UnraisableHookArgs) -> None:
    # A repr would run foreign code, perhaps while the interpreter shuts down.
    name = getattr(args.object, "__qualname__", type(args.object).__name__)
    trace = _format(args.exc_type, args.exc_value, args.exc_traceback)
    _write(f"{args.err_msg or 'Exception ignored in'}: {name}\n{trace}")


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _write(warnings.formatwarning(str(message), category, filename, lineno, line), file)


def _format(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> str:
    """Return an exception as Python shows it. If `traceback` can no longer be imported, return its name."""
    try:
        import traceback  # noqa: PLC0415 - an error is rare

        return "".join(traceback.format_exception(kind, error, trace))
    except Exception:
        return f"{kind.__name__}\n"


def _redact(text: str) -> str:
    """Return a text without anything that is or may be a secret; if that is impossible, a fixed text."""
    try:
        from qwen_schema.secret import redact_unknown  # noqa: PLC0415 - only needed for errors

        return redact_unknown(text)
    except Exception:
        return "qwen-cfg: an error occurred that cannot be shown\n"


def _write(text: str, file: TextIO | None = None) -> None:
    stream = file or sys.stderr
    # If standard error cannot be written, nothing else can report it.
    with suppress(OSError, ValueError, AttributeError):
        stream.write(printable_lines(_redact(text)))
        stream.flush()
