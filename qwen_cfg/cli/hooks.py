"""What Python itself, or a library, writes to standard error and to logs: let there be no secret in it."""

from __future__ import annotations

import importlib.util
import sys
import traceback
import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO

from qwen_schema import printable_lines, redact_unknown

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from logging import LogRecord
    from types import ModuleType, TracebackType


def install() -> None:
    """Redact every uncaught exception, warning and log record of this process, wherever it comes from."""
    sys.excepthook = _show_exception
    sys.unraisablehook = _show_unraisable
    warnings.showwarning = _show_warning
    _once_imported("threading", lambda threading: setattr(threading, "excepthook", _show_in_thread))
    redact_logs()


@cache
def redact_logs() -> None:
    """Redact every log record of this process: its message, its traceback and its stack.

    That is done where records are made (`logging.setLogRecordFactory`), since a filter of a logger does not see the
    records of the loggers below it, and a filter of a handler has to be put on every handler, those to come included.
    So no handler and no formatter ever meets the exception or the arguments themselves, only redacted text. What a
    caller adds as `extra` comes later and is left alone.

    logging is not imported for it: most commands never load it, and httpx, which does, comes late.
    """
    _once_imported("logging", _redact_records)


def _redact_records(logging: ModuleType) -> None:
    make = logging.getLogRecordFactory()
    logging.setLogRecordFactory(lambda *args, **kwargs: _redacted(make(*args, **kwargs)))


def _redacted(record: LogRecord) -> LogRecord:
    record.msg, record.args = redact_unknown(_message(record)), ()
    if record.exc_info:
        # With a text and no exception, formatters write the text.
        record.exc_text = redact_unknown("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        record.exc_info = None
    if record.stack_info:
        record.stack_info = redact_unknown(record.stack_info)
    return record


def _message(record: LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # No reason to fail here. logging would show the arguments as they are.
        what = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return f"{what} (its arguments do not fit)"


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


def _once_imported(name: str, then: Callable[[ModuleType], object]) -> None:
    """Do something with a module now or, if it has not been imported yet, as soon as it has been."""
    if name in sys.modules:
        then(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Finder(name, then))


class _Finder:
    """Finds one module, once, as the other finders do, with a loader that tells when it is there."""

    def __init__(self, name: str, then: Callable[[ModuleType], object]) -> None:
        self._name = name
        self._then = then

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        if name != self._name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            loader: Any = _Loader(spec.loader, self._then)
            spec.loader = loader
        return spec


class _Loader:
    """Loads as another loader does, and tells when that is done."""

    def __init__(self, loader: Any, then: Callable[[ModuleType], object]) -> None:
        self._loader = loader
        self._then = then

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._then(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
