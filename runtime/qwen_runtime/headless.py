"""One question without a dialogue (`run -p`): the answer as text, as one JSON object, or as a stream of objects."""

from __future__ import annotations

import time
from contextlib import closing, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Literal, Protocol

from qwen_schema import (
    CutOffError,
    ExitCode,
    InterruptedByPersonError,
    OutputError,
    QwenCfgError,
    StreamRedactor,
    TerminatedError,
    Verbatim,
    redact_known,
    to_document,
    unexpected_error,
    without_secrets,
)
from qwen_schema.signals import decisive_signal, delay_signals, error_of

from .conversation import Conversation
from .session import Session
from .token_totals import usage_data
from .wire.answer_notices import notices_of, rate_wait_line, retry_line
from .wire.events import RateWait, Reasoning, RetryWait, Text

if TYPE_CHECKING:
    from .output import Output
    from .ready import ReadyConfig
    from .settings import Settings
    from .wire.events import Event
    from .wire.exchange import Answer

OutputFormat = Literal["text", "json", "stream-json"]
FORMATS: tuple[OutputFormat, ...] = ("text", "json", "stream-json")

# The version of the format of the JSON documents.
FORMAT = 1

# The interval between checks for a signal, in seconds.
_TICK = 0.1


class Reporter(Protocol):
    """Tells what happens, in one output format.

    `takes_joined` says that texts that arrived together may be reported as one.
    """

    takes_joined: bool

    def on_start(self, settings: Settings) -> None:
        """Report that the question is sent."""

    def on_event(self, event: Event, *, more_follows: bool) -> None:
        """Tell what the model or the connection does, and whether more has arrived by now."""

    def on_end(self, settings: Settings, answer: Answer, error: QwenCfgError | None) -> None:
        """Report the result."""


class _RateLimitNotice:
    """Reports, once for each wait, that the service allows no more requests this minute."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._is_reported = False

    def note(self, event: Event) -> None:
        """Handle an event; report it if a wait begins."""
        if isinstance(event, RateWait) and not self._is_reported:
            self._output.notice(f"qwen-cfg: {rate_wait_line(event)}")
        self._is_reported = isinstance(event, RateWait)


class _WaitingLine:
    """Shows that the program waits for an answer, until a part of it is shown; `json` shows it only at its end."""

    def __init__(self, output: Output, form: OutputFormat, model: str) -> None:
        self._output = output
        self._visible_events: tuple[type, ...] = {"text": (Text,), "json": (), "stream-json": (Text, Reasoning)}[form]
        self._what = f"waiting for {model}"
        self._is_over = False
        self._start = time.monotonic()
        self._turns = 0
        self._next = 0.0

    def note(self, event: Event | None) -> None:
        """Handle an event, or None if nothing happened."""
        self._is_over = self._is_over or isinstance(event, self._visible_events)
        if self._is_over:
            return
        now = time.monotonic()
        self._what = {Reasoning: "thinking", Text: "answering"}.get(type(event), self._what)
        if now < self._next:
            return
        columns = self._output.progress_columns
        if not columns:
            self._next = now + _TICK
            return
        from .terminal.waiting import waiting_text  # noqa: PLC0415 - only needed at a terminal

        self._output.progress(waiting_text(self._what, now - self._start, self._turns, columns))
        self._turns += 1
        self._next = now + _TICK


def ask_once(ready: ReadyConfig, prompt: str, output: Output, form: OutputFormat, *, system: str = "") -> ExitCode:
    """Ask one question, write the answer as it arrives, and return the exit code.

    Raises:
        ConfigurationError: if the artifact cannot be used; nothing was sent then.
    """
    with delay_signals() as heard, closing(Session(ready.connect(), Conversation(system), ready.observe)) as session:
        waiting = _WaitingLine(output, form, session.settings.model)
        try:
            code = _ask(session, prompt, output, _reporter(form, output), heard, waiting)
        finally:
            output.progress("")
        # The result reports the signal, or was complete before the signal.
        heard.clear()
        return code


def _ask(
    session: Session, prompt: str, output: Output, reporter: Reporter, heard: list[int], waiting: _WaitingLine
) -> ExitCode:
    error: QwenCfgError | None = None
    reporter.on_start(session.settings)
    holding = _RateLimitNotice(output)
    with session.exchange(prompt) as exchange:
        try:
            for event in exchange.events(_TICK, joined=reporter.takes_joined):
                if event is not None:
                    holding.note(event)
                    reporter.on_event(event, more_follows=exchange.has_more)
                waiting.note(event)
                if heard:
                    break
                if output.is_gone:
                    return ExitCode.OK
        except QwenCfgError as failure:
            error = failure
        except Exception as failure:
            # The received part is still written.
            error = unexpected_error(failure)
        if heard:
            # Writing to a closed terminal fails, too; the signal is the reason to report.
            error = error_of(decisive_signal(heard))
            exchange.error = type(error).__name__
    with suppress(OutputError) if heard else nullcontext():
        reporter.on_end(session.settings, exchange.answer, error)
    for notice in session.connection.notices():
        output.notice(f"qwen-cfg: {notice}")
    return ExitCode.OK if error is None else error.exit_code


def write_failure(error: QwenCfgError, form: OutputFormat, output: Output) -> None:
    """Write the document of a run that failed before the question was sent."""
    unknown = dict.fromkeys(("model", "requested_model", "finish_reason", "config", "provenance"))
    nothing = {"answer": "", "reasoning": "", **unknown, "usage": usage_data(None), "timings": _timings(None, None)}
    document = {"format": FORMAT, **nothing, "exit_reason": _exit_reason(error), **_ending(error)}
    if form == "json":
        output.data(document)
    else:
        output.data({"type": "result", **document}, indent=None)


class _TextReporter:
    """Writes only the answer to standard output."""

    takes_joined = True

    def __init__(self, output: Output) -> None:
        self._output = output
        self._is_verbatim = not output.is_terminal
        self._redactor = StreamRedactor()

    def on_start(self, settings: Settings) -> None:
        """Write nothing."""

    def on_event(self, event: Event, *, more_follows: bool) -> None:  # noqa: ARG002 - what came together is one event
        """Write a piece of the answer."""
        if isinstance(event, Text):
            self._write(self._redactor.add(event.text))
        _notice_wait(event, self._output)

    def on_end(self, settings: Settings, answer: Answer, error: QwenCfgError | None) -> None:
        """Write a line end if the answer does not end with one."""
        self._write(self._redactor.end())
        if answer.text and not answer.text.endswith("\n"):
            self._output.text("\n", verbatim=True)
        _notice_end(settings, answer, error, self._output)

    def _write(self, text: str) -> None:
        if text:
            self._output.text(text, verbatim=self._is_verbatim)


class _JsonReporter:
    """Writes one JSON object at the end."""

    takes_joined = True

    def __init__(self, output: Output) -> None:
        self._output = output

    def on_start(self, settings: Settings) -> None:
        """Write nothing."""

    def on_event(self, event: Event, *, more_follows: bool) -> None:  # noqa: ARG002 - nothing is written
        """Report a wait; nothing else is written before the end."""
        _notice_wait(event, self._output)

    def on_end(self, settings: Settings, answer: Answer, error: QwenCfgError | None) -> None:
        """Write the document."""
        self._output.data({"format": FORMAT, **_result(settings, answer, error)})
        _notice_end(settings, answer, error, self._output)


class _StreamReporter:
    """Writes one JSON object per line for each event; the last one is the result."""

    takes_joined = False

    def __init__(self, output: Output) -> None:
        self._output = output
        self._redactor = {"text": StreamRedactor(), "reasoning": StreamRedactor()}

    def on_start(self, settings: Settings) -> None:
        """Write the config that the question is sent with."""
        self._line("start", format=FORMAT, **_config_data(settings))

    def on_event(self, event: Event, *, more_follows: bool) -> None:
        """Write an event for the reader; other facts are in the result."""
        match event:
            case Text(text):
                self._piece("text", self._redactor["text"].add(text), more_follows=more_follows)
            case Reasoning(text):
                self._piece("reasoning", self._redactor["reasoning"].add(text), more_follows=more_follows)
            case RetryWait(why, seconds, attempt, most):
                self._line("waiting", why=why, seconds=round(seconds, 3), attempt=attempt, most=most)
        _notice_wait(event, self._output)

    def on_end(self, settings: Settings, answer: Answer, error: QwenCfgError | None) -> None:
        """Write the text that was held back, and then the result."""
        for kind, redacting in self._redactor.items():
            self._piece(kind, redacting.end(), more_follows=True)
        self._line("result", format=FORMAT, **_result(settings, answer, error))
        _notice_end(settings, answer, error, self._output)

    def _piece(self, kind: str, text: Verbatim, *, more_follows: bool) -> None:
        if text:
            self._output.piece(kind, text, more_follows=more_follows)

    def _line(self, kind: str, **values: Any) -> None:
        # The kind is a word of ours.
        self._output.data({"type": Verbatim(kind), **values}, indent=None)


def _reporter(form: OutputFormat, output: Output) -> Reporter:
    reporters: dict[OutputFormat, type[_TextReporter | _JsonReporter | _StreamReporter]] = {
        "text": _TextReporter,
        "json": _JsonReporter,
        "stream-json": _StreamReporter,
    }
    return reporters[form](output)


def _result(settings: Settings, answer: Answer, error: QwenCfgError | None) -> dict[str, Any]:
    return {
        "answer": redact_known(answer.text),
        "reasoning": redact_known(answer.reasoning),
        "model": answer.model,
        "requested_model": answer.asked_model,
        "finish_reason": answer.finish_reason,
        "usage": usage_data(answer.usage),
        "timings": _timings(answer.first_token_seconds, answer.total_seconds),
        **_config_data(settings),
        "exit_reason": _exit_reason(error),
        **_ending(error),
    }


def _config_data(settings: Settings) -> dict[str, Any]:
    document = to_document(without_secrets(settings.artifact))
    return {"config": document["config"], "provenance": document["provenance"]}


def _exit_reason(error: QwenCfgError | None) -> str:
    if error is None:
        return "answered"
    if isinstance(error, InterruptedByPersonError):
        return "interrupted"
    if isinstance(error, TerminatedError):
        return "terminated"
    return "cut off" if isinstance(error, CutOffError) else "failed"


def _ending(error: QwenCfgError | None) -> dict[str, Any]:
    code = ExitCode.OK if error is None else error.exit_code
    return {"error": None if error is None else error.as_data(), "exit_code": int(code)}


def _notice_wait(event: Event, output: Output) -> None:
    if isinstance(event, RetryWait):
        output.notice(f"qwen-cfg: {retry_line(event)}")


def _notice_end(settings: Settings, answer: Answer, error: QwenCfgError | None, output: Output) -> None:
    if error is not None:
        output.error(error)
        return
    for remark in notices_of(answer, settings):
        output.notice(f"qwen-cfg: {remark}")


def _timings(first_token: float | None, total: float | None) -> dict[str, float | None]:
    times = {"first_token_seconds": first_token, "total_seconds": total}
    return {name: None if seconds is None else round(seconds, 4) for name, seconds in times.items()}
