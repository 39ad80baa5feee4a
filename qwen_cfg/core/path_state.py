"""The result of reading a path, and where a project's file comes from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from qwen_schema.envfile import parts_of, reader_of
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError
    from qwen_schema.envfile import Assignment, Dialect, UnreadLine
    from qwen_schema.jsonc import JsonError, Node

    from .env_file import EnvFile
    from .place import Place
    from .settings import Setting, SettingsFile


@record
class PathState:
    """The result of reading a path: its kind, and the text of an env or settings file, or the error.

    `mode` are the permission bits, if the system has them. `is_foreign` says that the file belongs to another user,
    whom the user approved, and `is_shared` that others can read it.

    `kind` is `absent`, `file`, `fifo`, `unreadable`, `dangling link`, `link loop`, or another type of file
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
        """Whether this ends a search: it is a file or a FIFO, readable or not."""
        return self.kind in ("file", "fifo", "unreadable")

    def assignments(self, dialect: Dialect) -> tuple[Assignment, ...]:
        """Return the assignments of the text in a dialect; the text is parsed once, at the first call."""
        match dialect:
            case "dotenv":
                return self._dotenv_parts[0]
            case "python":
                return self._in_python

    @property
    def unread_lines(self) -> tuple[UnreadLine, ...]:
        """The lines of the text that the `dotenv` dialect skips, without blank lines and comments."""
        return self._dotenv_parts[1]

    @cached_property
    def json(self) -> Node | JsonError:
        """The text as JSON with comments, or the error; it is parsed once."""
        from qwen_schema.jsonc import JsonError, parse_jsonc  # noqa: PLC0415 - few directories have settings

        # A byte-order mark is skipped, as in Qwen Code.
        try:
            return parse_jsonc((self.text or "").removeprefix("\ufeff"))
        except JsonError as error:
            return error

    @cached_property
    def trees(self) -> dict[SettingsFile, Setting]:
        """The trees of the text by settings file. They are cached, since settings are loaded repeatedly."""
        return {}

    @cached_property
    def env_files(self) -> dict[tuple[Place, str, Dialect], EnvFile]:
        """The env files of the text by place, displayed path and dialect. They are cached for the other profiles."""
        return {}

    @cached_property
    def _dotenv_parts(self) -> tuple[tuple[Assignment, ...], tuple[UnreadLine, ...]]:
        return parts_of(self.text or "")

    @cached_property
    def _in_python(self) -> tuple[Assignment, ...]:
        return reader_of("python")(self.text or "")


ABSENT = PathState("absent")

# "may be tracked" means that git gives no answer.
GitStatus = Literal["tracked", "may be tracked", "not ignored", "ignored"]

# Where a project's file comes from. No file is certainly the user's own: an archive can contain a `.git`.
FileProvenance = Literal["came with the project", "may have come with it", "in a .git", "another user's", "unknown"]
