"""Redaction of everything that this process logs, whoever logs it."""

from __future__ import annotations

import logging
import traceback
from functools import cache

from .printable import printable_lines
from .secret import redact_unknown


@cache
def redact_logs() -> None:
    """Redact every log record of this process: its message, its traceback and its stack.

    That is done where records are made (`logging.setLogRecordFactory`), since a filter of a logger does not see the
    records of the loggers below it, and a filter of a handler has to be put on every handler, those to come included.
    So no handler and no formatter ever meets the exception or the arguments themselves, only redacted text. What a
    caller adds as `extra` comes later and is left alone.
    """
    make = logging.getLogRecordFactory()
    logging.setLogRecordFactory(lambda *args, **kwargs: _redacted(make(*args, **kwargs)))


def _redacted(record: logging.LogRecord) -> logging.LogRecord:
    record.msg, record.args = printable_lines(redact_unknown(_message(record))), ()
    if record.exc_info:
        # With a text and no exception, formatters write the text.
        trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        record.exc_text = printable_lines(redact_unknown(trace))
        record.exc_info = None
    if record.stack_info:
        record.stack_info = redact_unknown(record.stack_info)
    return record


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # No reason to fail here. logging would show the arguments as they are.
        what = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return f"{what} (its arguments do not fit)"
