"""What Python itself writes to standard error about exceptions and warnings: no secret is in it."""

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
    _write(_formatted(kind, error, trace))


def _show_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else "unknown"
        _write(f"Exception in thread {name}:\n{_formatted(args.exc_type, args.exc_value, args.exc_traceback)}")


def _show_unraisable(args: sys.UnraisableHookArgs) -> None:
    # Its repr would be other people's code, in a process that may be ending.
    name = getattr(args.object, "__qualname__", type(args.object).__name__)
    trace = _formatted(args.exc_type, args.exc_value, args.exc_traceback)
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


def _formatted(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> str:
    """Return an exception as Python shows it; where that cannot be loaded any more, its name."""
    try:
        import traceback  # noqa: PLC0415 - an error is rare

        return "".join(traceback.format_exception(kind, error, trace))
    except Exception:
        return f"{kind.__name__}\n"


def _redacted(text: str) -> str:
    """Return a text without what is or may be a secret; where that cannot be loaded any more, nothing of the text."""
    try:
        from qwen_schema.secret import redact_unknown  # noqa: PLC0415 - what has read no secret has not loaded it

        return redact_unknown(text)
    except Exception:
        return "qwen-cfg: an error that cannot be shown\n"


def _write(text: str, file: TextIO | None = None) -> None:
    stream = file or sys.stderr
    # Nobody is there to be told that the last words cannot be written.
    with suppress(OSError, ValueError, AttributeError):
        stream.write(printable_lines(_redacted(text)))
        stream.flush()
