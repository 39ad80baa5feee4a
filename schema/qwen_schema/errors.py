"""The exit codes, and the tree of errors: each has a problem, a place and a hint."""

from __future__ import annotations

import os
import signal
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Final, Self, TypedDict, Unpack

    class Words(TypedDict, total=False):
        """The words of an error."""

        what: str
        hint: str


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    CONFIGURATION = 3
    AUTHENTICATION = 4
    NOT_TRUSTED = 5
    PROVIDER = 6
    INTERNAL = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    QUIT = 131
    TERMINATED = 143

    @classmethod
    def _missing_(cls, value: object) -> ExitCode | None:
        """Return the exit code for any other signal; signal numbers differ between systems."""
        if not isinstance(value, int) or value - 128 not in set(signal.Signals):
            return None
        code = int.__new__(cls, value)
        code._name_, code._value_ = signal.Signals(value - 128).name, value
        return code


class QwenCfgError(Exception):
    """An error that qwen-cfg reports instead of a result.

    `what` is the problem, `where` its place (file:line, flag or variable; empty if it has none), and `hint` says what
    to do. None of the three contains a secret: text with the shape of a key is masked, since a key is easily typed
    where a file name is expected. An error is not changed after it is made; `copy` returns a changed copy.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(_mask(what))
        self.what: Final = _mask(what)
        self.where: Final = _mask(where)
        self.hint: Final = _mask(hint)

    def copy(self, **changed: Unpack[Words]) -> Self:
        """Return the same error with other words, and without this error's traceback.

        An error stored in a value is raised as a copy, since each raise would add to the stored traceback.
        """
        texts = {name: _mask(str(text)) for name, text in changed.items()}
        made = type(self).__new__(type(self), texts.get("what", self.what))
        made.__dict__.update(self.__dict__, **texts)
        return made

    @property
    def lines(self) -> tuple[str, ...]:
        """The error as lines, usually one. A line end within a line is part of a name."""
        return (str(self),)

    @property
    def lines_with_hint(self) -> tuple[str, ...]:
        """The lines that a command ends with: the error, and the hint below it."""
        first, *further = self.lines
        return (f"qwen-cfg: {first}", *further, *([f"  {self.hint}"] if self.hint else []))

    def more(self) -> dict[str, Any]:
        """Return further details for programs, as plain values."""
        return {}

    def as_data(self) -> dict[str, Any]:
        """Return the error's class and words as plain values."""
        kind = type(self).__name__
        return {"class": kind, "message": self.what, "where": self.where, "hint": self.hint, **self.more()}

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


def _mask(text: str) -> str:
    from .secret import looks_like_key, redact_unknown  # noqa: PLC0415 - most commands end without an error

    return redact_unknown(text) if looks_like_key(text) else text


def unexpected_error(error: BaseException) -> QwenCfgError:
    """Return the report of an unexpected error.

    If the error names a file, the report does too: the file may be replaced or removed between two reads.
    """
    if isinstance(error, OSError) and isinstance(error.filename, str) and error.strerror:
        return OutputError(
            f"the file cannot be used: {error.strerror}",
            where=error.filename,
            hint="Another program may be changing the file. Run the command again, or with --debug for the traceback.",
        )
    return _bug(error)


def _bug(error: BaseException) -> QwenCfgError:
    """Return the report of a bug in the program. The message of the error may contain a secret, so it is omitted."""
    import traceback  # noqa: PLC0415 - a bug is rare

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
    return QwenCfgError(
        f"a bug in qwen-cfg: {type(error).__name__} in {place}",
        hint="Run the command again with --debug for the traceback, and report the bug.",
    )


class InterruptedByPersonError(QwenCfgError):
    """The user pressed Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED


class TerminatedError(QwenCfgError):
    """A signal ended the program: SIGTERM, SIGHUP (the terminal was closed), SIGQUIT or another."""

    def __init__(self, number: int) -> None:
        super().__init__(f"terminated by {signal.Signals(number).name}")
        self.exit_code = ExitCode(128 + number)


class UsageError(QwenCfgError):
    """The command line is invalid."""

    exit_code = ExitCode.USAGE


class OutputError(QwenCfgError):
    """A result cannot be written to its destination."""

    exit_code = ExitCode.USAGE


class ConfigurationError(QwenCfgError):
    """The configuration is invalid or incomplete."""

    exit_code = ExitCode.CONFIGURATION


class EnvFileError(ConfigurationError):
    """An env file exists but cannot be read."""


class SettingsError(ConfigurationError):
    """A settings file of Qwen Code exists but cannot be used: it stops Qwen Code, or it cannot be read."""


class ArtifactError(ConfigurationError):
    """A file is not a valid artifact."""


class SecretReferenceError(ConfigurationError):
    """A secret reference does not lead to a secret."""


class NotTrustedError(QwenCfgError):
    """An action needs an approval that the user has not given."""

    exit_code = ExitCode.NOT_TRUSTED

    def __init__(self, what: str, *further: str, where: str = "", hint: str = "") -> None:
        super().__init__("\n".join((what, *further)), where=where, hint=hint)
        self._lines = tuple(map(_mask, (f"{where}: {what}" if where else what, *further)))

    @property
    def lines(self) -> tuple[str, ...]:
        """The error as the lines it was made with."""
        return self._lines


class AuthenticationError(QwenCfgError):
    """The provider refused the credential."""

    exit_code = ExitCode.AUTHENTICATION


class ProviderError(QwenCfgError):
    """The provider failed or could not be reached."""

    exit_code = ExitCode.PROVIDER


class UnreachableError(ProviderError):
    """No answer was received: a problem with the host name, the connection, TLS or the proxy, or a time-out."""


class RateLimitError(ProviderError):
    """The provider limits the rate of requests (429)."""


class QuotaError(ProviderError):
    """The account's quota or balance is used up."""


class NotFoundError(ProviderError):
    """The provider does not have the path or the model (404)."""


class RequestRefusedError(ProviderError):
    """The provider does not accept the request (400, 422)."""


class ContextTooLongError(RequestRefusedError):
    """The conversation is too long for the model."""


class NoCompletionError(ProviderError):
    """The answer does not come from a chat completions API: it is a web page, a redirect, or other text."""


class CutOffError(ProviderError):
    """The answer is incomplete; the text received is kept."""
