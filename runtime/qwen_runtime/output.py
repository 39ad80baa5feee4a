"""The output interface of the runtime; the command line's output implements it and redacts secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError, Verbatim


class Output(Protocol):
    """Writes results to standard output and everything else to standard error, without secrets."""

    @property
    def is_terminal(self) -> bool:
        """Whether standard output is a terminal."""

    @property
    def is_gone(self) -> bool:
        """Whether the reader of standard output is gone, so that nothing more is written."""

    def text(self, text: str, *, verbatim: bool = False) -> None:
        """Write a piece of an answer; with `verbatim`, it is not changed by a byte."""

    def data(self, document: object, *, indent: int | None = 2, more_follows: bool = False) -> None:
        """Write a result as one JSON document. It may wait for the next one, if that follows at once."""

    def piece(self, kind: str, text: Verbatim, *, more_follows: bool) -> None:
        """Write a piece of an answer as one JSON object in a line, with its kind, which is a word of ours."""

    @property
    def progress_columns(self) -> int:
        """The columns for a line of progress; 0 if no progress is shown."""

    def progress(self, line: str) -> None:
        """Show a line on standard error in place of the previous one, until something else is written."""

    def notice(self, *lines: str) -> None:
        """Write lines to standard error; a line end within a line is part of a name."""

    def error(self, error: QwenCfgError) -> None:
        """Write an error to standard error."""
