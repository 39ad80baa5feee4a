"""Restores the files of a project if a later step fails, so that everything is written or nothing."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.errors import QwenCfgError
from qwen_schema.folders import no_link, open_directory
from qwen_schema.save import save

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from qwen_schema.folders import MayFollow


@contextmanager
def whole_or_nothing(env_file: Path, may_follow: MayFollow = no_link) -> Iterator[None]:
    """Restore an env file and the `.gitignore` beside its directory if the block fails; new files are removed.

    Raises:
        QwenCfgError: the error of the block, with a hint that nothing was written.
    """
    directory = env_file.parent
    before = _contents((env_file, directory.parent / ".gitignore"))
    is_new = not directory.exists()
    try:
        yield
    except QwenCfgError as error:
        for path, content in before.items():
            _put_back(path, content, may_follow, private=path == env_file)
        if is_new:
            with suppress(OSError):
                directory.rmdir()
        raise error.copy(hint=f"{error.hint} Nothing was written.".strip()) from None


def _contents(paths: Iterable[Path]) -> dict[Path, bytes | None]:
    """Return the content of files; None for a missing file. Unreadable files are left out, and are not restored."""
    contents: dict[Path, bytes | None] = {}
    for path in paths:
        with suppress(OSError, Unreadable):
            contents[path] = read_file(path) if os.path.lexists(path) else None
    return contents


def _put_back(path: Path, content: bytes | None, may_follow: MayFollow, *, private: bool) -> None:
    with suppress(OSError, QwenCfgError, UnicodeDecodeError):
        if content is None:
            # Not by its path: another process may have replaced a directory in it by a link.
            with open_directory(path, may_follow, follow_last=False) as (folder, name):
                folder.unlink(name)
        elif _contents([path]).get(path) != content:
            save(path, content.decode(), may_follow=may_follow, private=private)
