"""Fetching a key from where a pointer says: the keyring, or what a command prints."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .ending import put_off
from .errors import SecretReferenceError
from .fields import declared_fields
from .pointers import program_of
from .secret import Secret, redact_known, redact_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

# How long a command may take, in seconds: somebody may have to unlock something.
LONGEST = 30.0

# More than this (in bytes) is no key.
LARGEST_BYTES = 64 * 1024


def from_keyring(service: str, name: str) -> Secret:
    """Return what the keyring holds under a service and a name.

    Raises:
        SecretReferenceError: if there is no keyring, or nothing in it, or it does not give it.
    """
    where = f"keyring:{service}/{name}"
    try:
        import keyring  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise SecretReferenceError(
            "the API key is in the keyring, and the library that asks for it is not installed",
            where=where,
            hint="Install it: pip install 'qwen-cfg[keyring]'",
        ) from None
    from keyring.errors import KeyringLocked, NoKeyringError  # noqa: PLC0415

    try:
        found = keyring.get_password(service, name)
    except NoKeyringError:
        what, hint = "there is no keyring here", "Set one up (keyring diagnose tells more), or name another place."
    except KeyringLocked:
        what, hint = "the keyring is locked", "Unlock it, and try again."
    except Exception as error:
        # Whatever a backend raises. Its words may hold anything.
        what, hint = f"the keyring failed ({type(error).__name__})", "See: keyring diagnose"
    else:
        if found:
            return Secret(found)
        what = "the keyring holds no API key under this service and name"
        hint = f"Put it there: {shlex.join(['keyring', 'set', service, name])}"
    raise SecretReferenceError(what, where=where, hint=hint)


def from_command(command: str, environ: Mapping[str, str], *, seconds: float = LONGEST) -> Secret:
    """Return the line that a command prints on standard output. No shell has a part in it.

    The command gets `environ` without keys, and nothing to read. What it says on standard error goes nowhere.

    Raises:
        SecretReferenceError: if it cannot be run, fails, takes longer than `seconds`, or prints no line of text.
    """
    program = redact_unknown(program_of(command))
    process = None
    try:
        # A signal while it is being started would leave it behind: it is heard as soon as there is something to end.
        with put_off():
            process = _started(shlex.split(command), without_keys(environ), program)
        printed = _read_all(process, time.monotonic() + seconds)
    finally:
        if process is not None:
            _end(process)
    if printed is None:
        raise _refusal(program, f"it was not done after {seconds:g} seconds", "Run it by hand: does it wait for you?")
    if len(printed) > LARGEST_BYTES:
        raise _refusal(program, f"it prints more than {LARGEST_BYTES // 1024} KiB", _ONE_LINE)
    if process.returncode:
        raise _refusal(program, _told(process.returncode), "Run it by hand to see what it says.")
    return _key_in(printed, program)


_ONE_LINE = "It is to print the API key as one line, and nothing else."


def _started(words: list[str], environ: Mapping[str, str], program: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the words are the user's own, which the caller has made sure of
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
        reason = "it may not be executed"
    except OSError as error:
        reason = f"it cannot be executed: {error.strerror}"
    raise _refusal(program, reason, "Install it, or name it by its whole path.")


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the variables of secrets, and without every other that holds a known one."""
    secret = {variable.name for field in declared_fields().values() if field.secret for variable in field.variables}
    return {name: text for name, text in environ.items() if name not in secret and redact_known(text) == text}


def _read_all(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """Return what a process prints until it ends, or a little more than is allowed; None if time is up before."""
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
    """End a process that was not seen to end, with all that it started, and close its pipe."""
    if process.returncode is None:
        # What runs as another user cannot be ended, and is not waited for.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _told(status: int) -> str:
    """Say how a process ended that did not end well."""
    if status > 0:
        return f"it ended with exit status {status}"
    names = {number.value: number.name for number in signal.Signals}
    return f"it was killed by {names.get(-status, f'signal {-status}')}"


def _key_in(printed: bytes, program: str) -> Secret:
    text = _decoded(printed)
    if text is None:
        raise _refusal(program, "what it prints is not UTF-8", _ONE_LINE)
    line = text.removesuffix("\n").removesuffix("\r")
    if not line:
        raise _refusal(program, "it prints nothing", _ONE_LINE)
    if "\n" in line or "\r" in line:
        raise _refusal(program, "it prints several lines", _ONE_LINE)
    return Secret(line)


def _decoded(printed: bytes) -> str | None:
    try:
        return printed.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _refusal(program: str, what: str, hint: str) -> SecretReferenceError:
    return SecretReferenceError(
        f"the API key is to be what `{program}` prints, and {what}", where=f"command:{program}", hint=hint
    )
