"""The command `/save`: the conversation in a file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_runtime.conversation import as_markdown
from qwen_schema import OutputError, UsageError, redact
from qwen_schema.folders import open_directory, outside_projects

if TYPE_CHECKING:
    from qwen_schema.folders import MayFollow

    from .chat import Chat


def save(chat: Chat, argument: str) -> None:
    """Write the conversation to a new file that only its owner can read.

    Raises:
        UsageError: if no file is named, or the conversation is empty.
        OutputError: if the file cannot be written, or already exists.
    """
    if not argument:
        raise UsageError("no file to save to", hint="Name one: /save FILE")
    if not chat.session.conversation.turns:
        raise UsageError("the conversation is empty")
    home = chat.ready.home
    text = redact(as_markdown(chat.session.conversation))
    content = text.encode("utf-8", "backslashreplace")
    _write_new(path_of(argument, home), content, argument, outside_projects(home))
    chat.screen.say(f"The conversation is saved in {argument}.")


def path_of(argument: str, home: Path | None) -> Path:
    """Return the path of a typed file name, without quotes around it; `~` is the home."""
    if len(argument) > 2 and argument[0] in "'\"" and argument[-1] == argument[0]:
        argument = argument[1:-1]
    first, _, rest = argument.partition("/")
    return home / rest if first == "~" and home is not None else Path(argument)


def _write_new(path: Path, content: bytes, named: str, may_follow: MayFollow) -> None:
    try:
        with open_directory(path, may_follow, follow_last=False) as (folder, name):
            descriptor = folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
            except OSError:
                with suppress(OSError):
                    folder.unlink(name)
                raise
    except FileExistsError:
        what = "it is a directory" if path.is_dir() else "it already exists and is not overwritten"
        raise OutputError(what, where=named, hint="Name another.") from None
    except FileNotFoundError:
        raise OutputError("its directory does not exist", where=named, hint="Create it, or name another.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a valid file name"
        raise OutputError(f"it cannot be written: {reason}", where=named) from None
