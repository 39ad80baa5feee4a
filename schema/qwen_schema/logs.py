"""Redacts everything that this process logs, including the logs of libraries."""

from __future__ import annotations

import logging
import traceback
from functools import cache

from .printable import printable_lines
from .secret import redact_unknown


@cache
def redact_logs() -> None:
    """Redact every log record of this process: its message, its traceback and its stack.

    The redaction is in the factory of records (`logging.setLogRecordFactory`), since a logger's filter does not see the
    records of the loggers below it, and a handler's filter would have to be added to every handler, including later
    ones. Handlers and formatters get redacted text only, never the exception or the arguments. Attributes that a caller
    passes as `extra` are set later and are not redacted.
    """
    make = logging.getLogRecordFactory()
    logging.setLogRecordFactory(lambda *args, **kwargs: _redact(make(*args, **kwargs)))


def _redact(record: logging.LogRecord) -> logging.LogRecord:
    record.msg, record.args = printable_lines(redact_unknown(_message(record))), ()
    if record.exc_info:
        # Formatters write `exc_text` if there is no exception.
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
        # A wrong format must not fail here. logging itself would show the arguments unredacted.
        what = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return f"{what} (its arguments do not fit)"
