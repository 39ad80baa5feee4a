"""Redaction of log records, tracebacks and warnings of this process, whichever code writes them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.provider import streamed_reply

from .process import KEY, SECONDS, Outcome, clean_environment, env_of
from .running import Running

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
plain, shaped, user_info = sys.argv[1:4]
secret = Secret(plain)
text = f"{plain} {shaped} https://{user_info}@host.example/v1 \\x1b[31m"
"""
# The module of the HTTP client redacts log records.
REDACTED = f"import qwen_runtime.wire.client\n{BEFORE}"


# Runs each further argument as Python code in a fork, whose outputs go to files, and prints the exit codes.
FORK_FOR_EACH = """\
import os
for number, code in enumerate(sys.argv[4:]):
    if os.fork() == 0:
        for stream in (1, 2):
            os.dup2(os.open(f"{number}.{stream}", os.O_WRONLY | os.O_CREAT), stream)
        break
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
else:
    code = ""
exec(code)
"""


def python(code: str, *words: str, before: str = BEFORE, cwd: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python code with imports before the hooks or after them."""
    return subprocess.run(
        [sys.executable, "-c", before + code, PLAIN, KEY, USER_INFO, *words],
        cwd=cwd,
        env=clean_environment(None),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@cache
def outcomes(before: str, codes: tuple[str, ...]) -> list[Outcome]:
    """Run each of several pieces of Python code in a fork of a new process with these imports."""
    with tempfile.TemporaryDirectory() as directory:
        process = python(FORK_FOR_EACH, *codes, before=before, cwd=directory)
        texts = [[Path(directory, f"{n}.{stream}").read_text() for stream in (1, 2)] for n in range(len(codes))]
    return [Outcome(int(code), *text) for code, text in zip(process.stdout.split(), texts, strict=True)]


def outcome_of(kind: str, codes: dict[str, str], before: str) -> Outcome:
    """Return the outcome of one piece of code of several."""
    return outcomes(before, tuple(codes.values()))[list(codes).index(kind)]


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
MESSAGES = FATAL | HANDLED_ERRORS | WARNINGS


@pytest.mark.parametrize("before", [BEFORE, f"import threading\n{BEFORE}"], ids=["hooks first", "threading first"])
@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_of_python_are_redacted(kind: str, before: str) -> None:
    outcome = outcome_of(kind, MESSAGES, before)
    assert_redacted(outcome.err)
    assert "\x1b" not in outcome.err
    assert outcome.out == ""
    assert ("Traceback" in outcome.err) == (kind not in WARNINGS)
    assert outcome.code == (1 if kind in FATAL else 0)


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

MISMATCHED = {
    "a number": "log.warning('%d', text)",
    "too few": "log.warning('%s %s', text)",
    "too many": "log.warning('x', text)",
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
    outcome = outcome_of(kind, LOGS, before)
    assert_redacted(outcome.err)
    assert (outcome.code, outcome.out) == (0, "")


@pytest.mark.parametrize("kind", MISMATCHED)
def test_mismatched_log_arguments_are_not_shown(kind: str) -> None:
    outcome = outcome_of(kind, MISMATCHED, HANDLED + REDACTED)
    assert "(its arguments do not fit)" in outcome.err
    assert PLAIN not in outcome.err
    assert outcome.code == 0


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
        [sys.executable, "-c", f"{code}from qwen_cfg.__main__ import entry\nentry()", "--version", KEY],
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
    environment = clean_environment(desk.home, env_of(server, how, key))
    with Running(cwd=desk.cwd, environment=environment, code=code) as running:
        out, err = running.communicate()
        assert running.returncode == (0 if how == "v1" else 4)
    assert server.requests[-1].authorization == f"Bearer {key}"
    assert "DEBUG:httpcore.http11:receive_response_headers.complete" in err
    assert "INFO:httpx:HTTP Request: POST" in err
    assert "[redacted]" in err
    assert key not in out + err
