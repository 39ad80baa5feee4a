"""Tab completion: the names of commands, and the arguments of `/model`, `/save` and `/config`."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from prompt_toolkit.completion import Completer, Completion

from .commands import COMMANDS
from .model_names import SECONDS
from .save import path_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator
    from pathlib import Path

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from .chat import Chat

_TICK = 0.05
# How many entries of a directory are read.
_MOST_ENTRIES = 2000


class Completions(Completer):
    """Completes commands and their arguments; the endpoint is asked for its models when Tab is pressed."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        """Yield the completions that are known without a request."""
        typed = document.text_before_cursor
        if is_command_name(typed):
            for name, command in COMMANDS.items():
                if f"/{name}".startswith(typed):
                    yield Completion(f"/{name}", start_position=-len(typed), display_meta=command.summary)
            return
        name, argument = argument_in(typed)
        for word in self._words(name, argument):
            yield Completion(word, start_position=-len(argument))

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yield the completions; after Tab for `/model`, request the models first."""
        if complete_event.completion_requested and argument_in(document.text_before_cursor)[0] == "model":
            await self._ask()
        for completion in self.get_completions(document, complete_event):
            yield completion

    async def _ask(self) -> None:
        names = self._chat.models
        names.ask(self._chat.ready)
        left = SECONDS
        while names.is_asking and left > 0:
            await asyncio.sleep(_TICK)
            left -= _TICK

    def _words(self, name: str, argument: str) -> Iterable[str]:
        match name:
            case "model":
                return _matches(self._chat.models.known(self._chat.ready), argument)
            case "config":
                return [word for word in ("all", "toml") if word.startswith(argument)]
            case "save":
                return file_names(argument, self._chat.ready.home)
        return ()


def is_command_name(text: str) -> bool:
    """Return whether a text is the beginning of a command's name."""
    return text.startswith("/") and (text[1:].isalpha() or text == "/")


def argument_in(text: str) -> tuple[str, str]:
    """Return the command whose argument is being typed, and the argument so far; two empty texts if there is none."""
    name, blank, argument = text.partition(" ")
    return (
        (name[1:].lower(), argument.lstrip(" ")) if blank and is_command_name(name) and "\n" not in text else ("", "")
    )


def file_names(typed: str, home: Path | None) -> Iterator[str]:
    """Yield the names that begin with a typed name, directories first; hidden names only after a typed dot."""
    directory, slash, beginning = typed.rpartition("/")
    found = []
    with suppress(OSError, ValueError), os.scandir(path_of(f"{directory}{slash}" or ".", home)) as entries:
        for entry, _ in zip(entries, range(_MOST_ENTRIES), strict=False):
            is_meant = entry.name.startswith(beginning) and (beginning or not entry.name.startswith("."))
            if is_meant and entry.name.isprintable():
                found.append((not entry.is_dir(), entry.name))
    for is_file, name in sorted(found):
        yield f"{directory}{slash}{name}" + ("" if is_file else "/")


def _matches(names: Iterable[str], typed: str) -> list[str]:
    """Return the names that begin with the typed text, then the names that contain it."""
    lower = typed.lower()
    holding = [name for name in names if lower in name.lower()]
    return sorted(holding, key=lambda name: not name.lower().startswith(lower))
