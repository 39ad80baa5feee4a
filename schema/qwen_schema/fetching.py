"""Fetches a key through a pointer: from the keyring, or from the output of a command."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .errors import SecretReferenceError
from .fields import declared_fields
from .pointers import program_of
from .secret import Secret, redact_known, redact_unknown
from .signals import delay_signals

if TYPE_CHECKING:
    from collections.abc import Mapping

# The time limit of a command, in seconds: the user may have to unlock a store.
LONGEST = 30.0

# A longer output (in bytes) is not a key.
LARGEST_BYTES = 64 * 1024


def from_keyring(service: str, name: str) -> Secret:
    """Return the entry of the keyring with a service and a name.

    Raises:
        SecretReferenceError: if there is no keyring or no such entry, or the keyring is locked or fails.
    """
    where = f"keyring:{service}/{name}"
    try:
        import keyring  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise SecretReferenceError(
            "the API key is in the keyring, but the keyring library is not installed",
            where=where,
            hint="Install it beside qwen-cfg: pip install keyring, or pipx inject qwen-cfg keyring",
        ) from None
    from keyring.errors import KeyringLocked, NoKeyringError  # noqa: PLC0415

    try:
        found = keyring.get_password(service, name)
    except NoKeyringError:
        what, hint = (
            "this system has no keyring",
            "Set up a keyring (see: keyring diagnose), or move the key.",
        )
    except KeyringLocked:
        what, hint = "the keyring is locked", "Unlock it, and try again."
    except Exception as error:
        # Any error of a backend. Its message may contain a secret.
        what, hint = f"the keyring failed ({type(error).__name__})", "See: keyring diagnose"
    else:
        if found:
            return Secret(found)
        what = "the keyring has no entry with this service and name"
        hint = f"Add it: {shlex.join(['keyring', 'set', service, name])}"
    raise SecretReferenceError(what, where=where, hint=hint)


def from_command(command: str, environ: Mapping[str, str], *, seconds: float = LONGEST) -> Secret:
    """Return the line that a command prints on standard output. No shell is used.

    The command gets `environ` without keys, and an empty standard input. Its standard error is discarded.

    Raises:
        SecretReferenceError: if it cannot be run, fails, takes longer than `seconds`, or prints no line of text.
    """
    program = redact_unknown(program_of(command))
    process = None
    try:
        # A signal during the start would leave the process running, so it is delayed until the process can be killed.
        with delay_signals():
            process = _start(shlex.split(command), without_keys(environ), program)
        printed = _read_all(process, time.monotonic() + seconds)
    finally:
        if process is not None:
            _end(process)
    if printed is None:
        raise _refusal(
            program,
            f"it did not finish within {seconds:g} seconds",
            "Run it by hand: it may wait for input.",
        )
    if len(printed) > LARGEST_BYTES:
        raise _refusal(program, f"it prints more than {LARGEST_BYTES // 1024} KiB", _ONE_LINE)
    if process.returncode:
        raise _refusal(program, _ending_text(process.returncode), "Run it by hand to see its output.")
    return _key_in(printed, program)


_ONE_LINE = "It must print only the API key, as one line."


def _start(words: list[str], environ: Mapping[str, str], program: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the caller has checked that the words are the user's own
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
        )
    except FileNotFoundError:
        reason = "it was not found"
    except PermissionError:
        reason = "it is not executable"
    except OSError as error:
        reason = f"it cannot be executed: {error.strerror}"
    raise _refusal(program, reason, "Install it, or use its full path.")


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without secret variables, and without variables that contain a known secret."""
    secret = {variable.name for field in declared_fields().values() if field.secret for variable in field.variables}
    return {name: text for name, text in environ.items() if name not in secret and redact_known(text) == text}


def _read_all(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """Return the output of a process until it ends or exceeds the size limit; None if the time limit is exceeded."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    printed, descriptor = b"", process.stdout.fileno()
    while len(printed) <= LARGEST_BYTES:
        if not _is_readable(descriptor, deadline):
            return None
        piece = os.read(descriptor, LARGEST_BYTES)
        if not piece:
            return printed if _has_ended(process, deadline) else None
        printed += piece
    return printed


def _is_readable(descriptor: int, deadline: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))


def _has_ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that has not ended, with all its children, and close its pipe."""
    if process.returncode is None:
        # This program cannot kill a process of another user, and does not wait for it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _ending_text(status: int) -> str:
    """Return how a failed process ended."""
    if status > 0:
        return f"it ended with exit status {status}"
    names = {number.value: number.name for number in signal.Signals}
    return f"it was killed by {names.get(-status, f'signal {-status}')}"


def _key_in(printed: bytes, program: str) -> Secret:
    text = _decode(printed)
    if text is None:
        raise _refusal(program, "its output is not UTF-8", _ONE_LINE)
    line = text.removesuffix("\n").removesuffix("\r")
    if not line:
        raise _refusal(program, "it prints nothing", _ONE_LINE)
    if "\n" in line or "\r" in line:
        raise _refusal(program, "it prints several lines", _ONE_LINE)
    return Secret(line)


def _decode(printed: bytes) -> str | None:
    try:
        return printed.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _refusal(program: str, what: str, hint: str) -> SecretReferenceError:
    return SecretReferenceError(
        f"the API key should be the output of `{program}`, but {what}", where=f"command:{program}", hint=hint
    )
