"""The only output: results to standard output, everything else to standard error, without secrets."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING

# Modules that only some outputs need are imported at their first use.
import qwen_schema
from qwen_schema import printable, printable_lines, without_controls
from qwen_schema.errors import OutputError
from qwen_schema.log_commands import WithoutCommands, without_commands, without_commands_within

if TYPE_CHECKING:
    import json
    from collections.abc import Callable, Iterator
    from typing import Any, TextIO

    from qwen_cfg.explanation.styled import Part
    from qwen_schema import QwenCfgError, Verbatim

    from .painting import Color, Look

NARROWEST = 20
READABLE = 96
WIDEST = 200
_USUAL_COLUMNS = 80

# Returns to the beginning of the line and erases it (ECMA-48, CR and EL).
_ERASE = "\r\x1b[K"

# A longer text in a JSON document is written in parts of about this length, in characters.
_LONG = 64 * 1024

# Set by GitHub Actions, Azure Pipelines and TeamCity, which run commands that they find in the log of a job.
_RUN_JOBS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")


class Output:
    """Writes to the two streams. If the reader goes away (`| head -1`), the rest is not written, without an error."""

    def __init__(self, stdout: TextIO, stderr: TextIO) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._is_gone = False
        self._has_progress = False
        self.color: Color = "auto"
        self._is_waiting = False
        self._inert = WithoutCommands()
        self._is_log = any(os.environ.get(name) for name in _RUN_JOBS) and not _is_file(stdout)

    @property
    def is_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        return self._stdout.isatty()

    @property
    def is_seen(self) -> bool:
        """Whether standard error is a terminal."""
        return _columns(self._stderr) is not None

    @property
    def is_gone(self) -> bool:
        """Whether the reader of standard output has gone away, so that nothing more is written."""
        return self._is_gone

    @property
    def is_dumb(self) -> bool:
        """Whether the terminal has no escape sequences: TERM is `dumb`, or empty on a POSIX system."""
        term = os.environ.get("TERM", "")
        return term == "dumb" or (not term and os.name == "posix")

    @property
    def wants_color(self) -> bool:
        """Whether standard output gets colours: it is a terminal, and NO_COLOR is not set."""
        return self.is_terminal and not os.environ.get("NO_COLOR") and not self.is_dumb

    @property
    def width(self) -> int:
        """The columns for a text: COLUMNS or the width of the terminal, but at most a readable width."""
        variable = os.environ.get("COLUMNS", "")
        named = int(variable) if variable.isdecimal() and len(variable) < 5 else 0
        return min(max(NARROWEST, named or _columns(self._stdout) or READABLE), READABLE)

    def lines(self, *lines: str, secrets: bool = False, look: Look = "") -> None:
        """Write lines of a result. A line end within a line belongs to a name, and is written as an escape sequence.

        On a terminal, lines are wrapped at words and coloured according to `look`, the kind of text.
        """
        self._write(self._stdout, self._for_stream(_safe_lines(lines, secrets=secrets), self._stdout, look))

    def annotation(self, command: str) -> None:
        """Write a workflow command of GitHub Actions, whose parts the caller has escaped."""
        safe = printable(qwen_schema.redact_unknown(command))
        self._write(self._stdout, without_commands_within(safe) + "\n")

    def text(self, text: str, *, verbatim: bool = False) -> None:
        """Write a piece of an answer. With `verbatim`, no byte of the text changes.

        In the log of a CI job, commands to the CI service are always made ineffective. A file is not such a log.
        """
        safe = text if verbatim else printable_lines(qwen_schema.redact(text))
        self._write(self._stdout, self._inert.add(safe) if self._is_log else safe)

    def data(
        self, document: object, *, secrets: bool = False, indent: int | None = 2, more_follows: bool = False
    ) -> None:
        """Write a result as a JSON document. With `more_follows`, it may stay buffered until the next one."""
        from qwen_schema.redacted_data import redacted_data  # noqa: PLC0415

        safe = document if secrets else redacted_data(document)
        for part in json_parts(safe, indent):
            self._write(self._stdout, part, more_follows=True)
        self._write(self._stdout, "\n", more_follows=more_follows)

    def piece(self, kind: str, text: Verbatim, *, more_follows: bool) -> None:
        """Write a piece of an answer as one JSON object in a line, with its kind, which is a word of ours."""
        if _is_long(text):
            self.data({"type": qwen_schema.Verbatim(kind), "text": text}, indent=None, more_follows=more_follows)
            return
        line = f'{{"type": "{kind}", "text": {_json_quote()(text)}}}'
        self._write(self._stdout, without_controls(line) + "\n", more_follows=more_follows)

    def screen(self, render: Callable[[int], Part], color: Color = "auto") -> None:
        """Write a screen. `render` gets the width in columns."""
        from .painting import wants_color  # noqa: PLC0415

        is_colored = wants_color(color, is_terminal=self.is_terminal)
        text = None if is_colored else _plain(render)
        if text is None:
            text = self._render_with_rich(render, color, is_colored=is_colored)
        lines = text.split("\n")[:-1]
        self._write(self._stdout, without_commands("".join(f"{line.rstrip(' ')}\n" for line in lines)))

    def _render_with_rich(self, render: Callable[[int], Part], color: Color, *, is_colored: bool) -> str:
        from io import StringIO  # noqa: PLC0415

        from rich.console import Console  # noqa: PLC0415 - slow to load, and few screens need it

        canvas = StringIO()
        console = Console(
            file=canvas,
            force_terminal=is_colored,
            no_color=None if color == "auto" else color == "never",
            highlight=False,
            markup=False,
            emoji=False,
        )
        console.width = max(NARROWEST, min(console.width, WIDEST))
        console.print(render(console.width), crop=False)
        return canvas.getvalue()

    def notice(self, *lines: str, look: Look = "notice") -> None:
        """Write lines to standard error, such as a warning. On a terminal, they are wrapped at words."""
        self._write(self._stderr, self._for_stream(_safe_lines(lines), self._stderr, look))

    def error(self, error: QwenCfgError, *further: str) -> None:
        """Write an error to standard error, followed by other lines."""
        self.notice(*error.lines_with_hint, *further, look="error")

    @property
    def progress_columns(self) -> int:
        """The columns for a progress line; 0 if standard error is not a terminal that can erase it, or in CI."""
        if self.is_dumb or os.name != "posix" or qwen_schema.is_true(os.environ.get("CI", "")):
            return 0
        # A character in the last column may begin a new line.
        return (_columns(self._stderr) or 1) - 1

    def progress(self, line: str) -> None:
        """Show a progress line on standard error, which replaces the one before. The next output erases it."""
        if not self.progress_columns:
            return
        safe = printable(qwen_schema.redact(line))
        shown = f"\x1b[2m{safe}\x1b[0m" if line and not os.environ.get("NO_COLOR") else safe
        self._write(self._stderr, shown)
        self._has_progress = bool(line)

    def flush(self) -> None:
        """Write the buffered output, or discard it if it cannot be written."""
        for stream in (self._stdout, self._stderr):
            with suppress(OutputError):
                self._write(stream, "")

    def _for_stream(self, text: str, stream: TextIO, look: Look) -> str:
        """Return a text for a stream: wrapped and coloured on a terminal."""
        columns = _columns(stream)
        text = wrap_lines(text, columns) if columns else text
        may_have_colors = columns is not None or self.color == "always" or os.environ.get("FORCE_COLOR")
        if not look or not may_have_colors:
            return text
        from .painting import add_colors, wants_color  # noqa: PLC0415 - a pipe gets no colours

        return add_colors(text, look) if wants_color(self.color, is_terminal=columns is not None) else text

    def _write(self, stream: TextIO, text: str, *, more_follows: bool = False) -> None:
        if self._has_progress:
            self._has_progress = False
            self._write(self._stderr, _ERASE)
        if self._is_waiting and stream is not self._stdout:
            self._write(self._stdout, "")
        self._is_waiting = more_follows
        try:
            stream.write(text)
            if not more_follows:
                stream.flush()
        except OSError as error:
            _silence(stream)
            self._is_gone = self._is_gone or stream is self._stdout
            if stream is self._stdout and not isinstance(error, BrokenPipeError):
                raise OutputError(f"standard output cannot be written: {error.strerror}") from None


def json_parts(document: Any, indent: int | None) -> Iterator[str]:
    """Yield a JSON document in parts, so that a long text in an object, such as an answer, is not copied."""
    encode = _encoder(indent).encode
    if not isinstance(document, dict) or not any(map(_is_long, document.values())):
        yield without_controls(encode(document))
        return
    begin, between, end = ("{", ", ", "}") if indent is None else ("{", ",", "\n}")
    for name, value in document.items():
        member = encode({name: "" if _is_long(value) else value})[1 : -len(end)]
        yield without_controls(begin + (member[:-1] if _is_long(value) else member))
        if _is_long(value):
            yield from (without_controls(encode(part)[1:-1]) for part in _cut_at_blanks(value))
            yield '"'
        begin = between
    yield end


def _is_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > _LONG


def _cut_at_blanks(text: str) -> Iterator[str]:
    """Yield a text in parts that end with a blank. A command to a CI service has no blank, so it is never split."""
    start = 0
    while start < len(text):
        blank = text.find(" ", start + _LONG)
        end = len(text) if blank < 0 else blank + 1
        yield text[start:end]
        start = end


@cache
def _encoder(indent: int | None) -> json.JSONEncoder:
    """Return a JSON encoder, which is made once per indentation."""
    import json  # noqa: PLC0415 - few commands need it

    return json.JSONEncoder(ensure_ascii=False, indent=indent)


@cache
def _json_quote() -> Callable[[str], str]:
    """Return the function that writes a text in JSON; the encoder of documents makes one for each document."""
    from json.encoder import encode_basestring  # noqa: PLC0415 - few commands need it

    return encode_basestring


def _safe_lines(lines: tuple[str, ...], *, secrets: bool = False) -> str:
    """Return lines as a text without secrets and control characters."""
    return without_commands("".join(f"{printable(line if secrets else qwen_schema.redact(line))}\n" for line in lines))


def wrap_lines(text: str, columns: int) -> str:
    """Return a text with its lines wrapped at words. A word that is too long, such as a URL, is not broken."""
    import textwrap  # noqa: PLC0415 - only for terminals

    fill = partial(textwrap.wrap, width=columns, break_long_words=False, break_on_hyphens=False)
    lines = []
    for line in text.split("\n")[:-1]:
        indent = line[: len(line) - len(line.lstrip(" "))]
        lines += fill(line, subsequent_indent=indent) if len(line) > columns else [line]
    return "".join(f"{line}\n" for line in lines)


def _plain(render: Callable[[int], Part]) -> str | None:
    """Return a screen without colours; None where rich has to draw it."""
    from qwen_cfg.explanation.plain import plain_text  # noqa: PLC0415 - only screens need it

    width = max(NARROWEST, min(_screen_columns(), WIDEST))
    return plain_text(render(width), width)


def _screen_columns() -> int:
    """Return the width of a screen as rich finds it: COLUMNS, the first stream that is a terminal, or 80."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal():
        return int(named)
    for number in range(3):
        with suppress(OSError, ValueError):
            return os.get_terminal_size(number).columns or _USUAL_COLUMNS
    return _USUAL_COLUMNS


def _columns(stream: TextIO) -> int | None:
    """Return the width of a terminal in columns; None if the stream is not a terminal."""
    try:
        if not stream.isatty():
            return None
        return max(NARROWEST, os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return None


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _silence(stream: TextIO) -> None:
    """Redirect a stream that cannot be written to the null device: Python would report the error again at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def standard_output() -> Output:
    """Return the output of this process. Both streams are UTF-8 in every locale."""
    # A stream that was closed at the start is None.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    return Output(sys.stdout, sys.stderr)


def _nowhere() -> TextIO:
    from pathlib import Path  # noqa: PLC0415 - a stream is rarely closed

    return Path(os.devnull).open("w", encoding="utf-8")
