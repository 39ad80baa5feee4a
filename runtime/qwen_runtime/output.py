"""What the runtime writes through: the command line's one way out, which keeps secrets in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError


class Output(Protocol):
    """Results to standard output, everything else to standard error, and no secret to either."""

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees standard output directly."""

    @property
    def is_gone(self) -> bool:
        """Whether the reader of standard output went away, so that nothing more is written."""

    def text(self, text: str, *, verbatim: bool = False) -> None:
        """Write a piece of an answer; what is `verbatim` must not change by a byte."""

    def data(self, document: object, *, indent: int | None = 2, more_follows: bool = False) -> None:
        """Write a result as one JSON document. It may wait for the next one, if that follows at once."""

    @property
    def progress_columns(self) -> int:
        """The columns for a line of progress; 0 where none is shown."""

    def progress(self, line: str) -> None:
        """Show a line to standard error in the place of the one before, until anything else is written."""

    def notice(self, *lines: str) -> None:
        """Write lines to standard error; a line end within one is part of a name."""

    def error(self, error: QwenCfgError) -> None:
        """Write an error to standard error."""
