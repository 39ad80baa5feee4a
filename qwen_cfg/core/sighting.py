"""What stood at a place when it was looked at, and where a project's file comes from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from qwen_schema.envfile import reader_of
from qwen_schema.jsonc import JsonError, parse_jsonc
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError
    from qwen_schema.envfile import Assignment, Dialect
    from qwen_schema.jsonc import Node


@record
class Sighting:
    """What stands at a place: its kind, and the text of an env or settings file or the reason why it cannot be read.

    `mode` holds the permission bits, where there are such. `is_foreign` says that it belongs to another user, who is
    allowed, and `is_shared` that others can read it.

    `kind` is `absent`, `file`, `fifo`, `unreadable`, `dangling link`, `link loop`, or what else stands there, in a word
    (`directory`, `socket`, …).
    """

    kind: str
    text: str | None = field(default=None, repr=False)
    error: QwenCfgError | None = None
    mode: int | None = None
    is_foreign: bool = False
    is_shared: bool = False

    @property
    def is_env_file(self) -> bool:
        """Whether this ends a search: a file or a FIFO, readable or not."""
        return self.kind in ("file", "fifo", "unreadable")

    def assignments(self, dialect: Dialect) -> tuple[Assignment, ...]:
        """Return what the text assigns in a dialect; it is parsed once, when it is first asked for."""
        match dialect:
            case "dotenv":
                return self._in_dotenv
            case "python":
                return self._in_python

    @cached_property
    def json(self) -> Node | JsonError:
        """What the text is as JSON with comments, or why it is none; it is parsed once."""
        # As Qwen Code does: a byte-order mark is skipped.
        try:
            return parse_jsonc((self.text or "").removeprefix("\ufeff"))
        except JsonError as error:
            return error

    @cached_property
    def _in_dotenv(self) -> tuple[Assignment, ...]:
        return reader_of("dotenv")(self.text or "")

    @cached_property
    def _in_python(self) -> tuple[Assignment, ...]:
        return reader_of("python")(self.text or "")


ABSENT = Sighting("absent")

# "may be tracked" is said where git gives no answer.
GitStatus = Literal["tracked", "may be tracked", "not ignored", "ignored"]

# Where a project's file comes from. Nothing proves that a file is the user's own: an archive can hold a `.git`.
Standing = Literal["came with the project", "may have come with it", "in a .git", "another user's", "unknown"]
