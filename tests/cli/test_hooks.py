"""Redaction of log records, tracebacks and warnings of this process, whichever code writes them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.provider import streamed_reply

from .process import KEY, PROGRAM, SECONDS, clean_environment, env_of

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

# It does not look like a key; it is redacted because the process knows it as a secret.
PLAIN = "Sentinel+of=01/the~tests"
USER_INFO = "user:Sentinel-in-a-URL"

# The secrets are arguments, since a traceback shows source lines.
BEFORE = """\
import sys
from qwen_cfg.cli.hooks import install
install()
from qwen_schema import Secret
plain, shaped, user_info = sys.argv[1:]
secret = Secret(plain)
text = f"{plain} {shaped} https://{user_info}@host.example/v1 \\x1b[31m"
"""
# The module of the HTTP client redacts log records.
REDACTED = f"import qwen_runtime.wire.client\n{BEFORE}"


def python(code: str, *, before: str = BEFORE) -> subprocess.CompletedProcess[str]:
    """Run Python code with imports before the hooks or after them."""
    return subprocess.run(
        [sys.executable, "-c", before + code, PLAIN, KEY, USER_INFO],
        env=clean_environment(None),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def assert_redacted(text: str) -> None:
    assert "[redacted] [redacted] https://[redacted]@host.example/v1" in text
    assert not [secret for secret in (PLAIN, KEY, USER_INFO) if secret in text]


# Fatal errors, handled errors, and warnings.
FATAL = {
    "uncaught": "raise ValueError(text)",
    "a cause": "try:\n  raise KeyError(text)\nexcept KeyError as error:\n  raise ValueError('b') from error",
    "a context": "try:\n  raise ValueError(text)\nexcept ValueError:\n  1 / 0",
    "a group": "raise ExceptionGroup('several', [ValueError(text), KeyError('x')])",
    "a note": "e = ValueError('x')\ne.add_note(text)\nraise e",
}
HANDLED_ERRORS = {
    "a thread": "import threading\nthreading.Thread(target=lambda: int(text)).start()",
    "__del__": "class A:\n  def __del__(self):\n    raise ValueError(text)\na = A()\ndel a",
    "at the exit": "import atexit\natexit.register(lambda: int(text))",
}
WARNINGS = {
    "a warning": "import warnings\nwarnings.warn(text)",
    "a warning of its own": "import warnings\nwarnings.warn(UserWarning(text))",
    "a warning to a file": "import warnings\nwarnings.showwarning(text, UserWarning, 'a.py', 1, sys.stderr)",
}


@pytest.mark.parametrize("before", [BEFORE, f"import threading\n{BEFORE}"], ids=["hooks first", "threading first"])
@pytest.mark.parametrize("kind", FATAL | HANDLED_ERRORS | WARNINGS)
def test_messages_of_python_are_redacted(kind: str, before: str) -> None:
    process = python((FATAL | HANDLED_ERRORS | WARNINGS)[kind], before=before)
    assert_redacted(process.stderr)
    assert "\x1b" not in process.stderr
    assert process.stdout == ""
    assert ("Traceback" in process.stderr) == (kind not in WARNINGS)
    assert process.returncode == (1 if kind in FATAL else 0)


def test_ending_a_thread_prints_nothing() -> None:
    process = python("import threading\nthreading.Thread(target=sys.exit).start()")
    assert (process.returncode, process.stderr) == (0, "")


def test_a_closed_standard_error_is_no_error() -> None:
    assert python("sys.stderr.close()\nsys.stderr = None\nraise ValueError(text)").returncode == 1


LOGS = {
    "a message": "log.warning(text)",
    "an argument": "log.warning('it is %s', text)",
    "arguments by name": "log.warning('it is %(a)s', {'a': text})",
    "a level": "log.setLevel(1)\nlog.debug('%s', text)",
    "an exception": "try:\n  int(text)\nexcept ValueError:\n  log.exception('it broke')",
    "an error as the message": "log.error(ValueError(text))",
    "an exception of its own": "log.error('it broke', exc_info=ValueError(text))",
    "the stack": "exec(compile('def f():\\n  log.warning(text, stack_info=True)\\nf()', text, 'exec'))",
    "a warning": "import warnings\nlogging.captureWarnings(True)\nwarnings.warn(text)",
    "no handler": "logging.getLogger().handlers.clear()\nlog.warning(text)",
}

# A formatter with its own text of an exception, like those for JSON.
HANDLED = """\
import logging
class Odd(logging.Formatter):
    def format(self, record):
        return " ".join(map(str, (record.msg, record.args, record.exc_info, super().format(record))))
handler = logging.StreamHandler()
handler.setFormatter(Odd())
log = logging.getLogger("a.b")
log.addHandler(handler)
logging.basicConfig()
"""


@pytest.mark.parametrize("order", ["logging first", "logging last"])
@pytest.mark.parametrize("kind", LOGS)
def test_log_records_are_redacted(kind: str, order: str) -> None:
    before = HANDLED + REDACTED if order == "logging first" else REDACTED + HANDLED
    process = python(LOGS[kind], before=before)
    assert_redacted(process.stderr)
    assert (process.returncode, process.stdout) == (0, "")


@pytest.mark.parametrize("call", ["log.warning('%d', text)", "log.warning('%s %s', text)", "log.warning('x', text)"])
def test_mismatched_log_arguments_are_not_shown(call: str) -> None:
    process = python(call, before=HANDLED + REDACTED)
    assert "(its arguments do not fit)" in process.stderr
    assert PLAIN not in process.stderr
    assert process.returncode == 0


def test_another_log_record_factory_is_kept() -> None:
    code = "logging.setLogRecordFactory(lambda *a, **k: logging.LogRecord(*a[:4], '<' + a[4] + '>', *a[5:], **k))\n"
    process = python("log.warning(text)", before=HANDLED + code + REDACTED)
    assert_redacted(process.stderr)
    assert "<[redacted]" in process.stderr


def test_the_hooks_do_not_import_logging() -> None:
    assert python("print('logging' in sys.modules)").stdout == "False\n"


def test_the_command_sets_the_hooks(desk: Desk) -> None:
    code = "import atexit, sys\nkey = sys.argv.pop()\natexit.register(lambda: int(key))\n"
    process = subprocess.run(
        [*PROGRAM[:1], "-c", f"{code}from qwen_cfg.__main__ import entry\nentry()", "--version", KEY],
        env=clean_environment(desk.home),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert "ValueError: invalid literal for int() with base 10: '[redacted]'" in process.stderr


@pytest.mark.parametrize("key", [PLAIN, KEY])
@pytest.mark.parametrize("how", ["v1", "refuses"])
def test_logs_of_httpx_contain_no_key(desk: Desk, server: Provider, how: str, key: str) -> None:
    """A server can return the key in a header, and httpcore logs the headers of every response."""
    if how == "v1":
        server.replies.append(replace(streamed_reply("pong"), headers={"x-key": key}))
    code = (
        "import logging, sys\nlogging.basicConfig(level=logging.DEBUG)\n"
        "from qwen_cfg.cli.main import main\nsys.exit(main(['run', '-p', 'ping', '--debug']))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=desk.cwd,
        env=clean_environment(desk.home, env_of(server, how, key)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert server.requests[-1].authorization == f"Bearer {key}"
    assert process.returncode == (0 if how == "v1" else 4)
    assert "DEBUG:httpcore.http11:receive_response_headers.complete" in process.stderr
    assert "INFO:httpx:HTTP Request: POST" in process.stderr
    assert "[redacted]" in process.stderr
    assert key not in process.stdout + process.stderr
