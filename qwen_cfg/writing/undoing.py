"""Undoes what was written for a project if a later step fails, so that all of it is written or nothing."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from qwen_schema.errors import QwenCfgError
from qwen_schema.folders import nowhere
from qwen_schema.save import save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qwen_schema.folders import MayFollow


@contextmanager
def whole_or_nothing(env_file: Path, may_follow: MayFollow = nowhere) -> Iterator[None]:
    """Put an env file and the `.gitignore` beside its directory back if the block fails; remove what was not there.

    Raises:
        QwenCfgError: the one that ended the block, with the word that nothing was written.
    """
    directory = env_file.parent
    before = {path: _bytes_of(path) for path in (env_file, directory.parent / ".gitignore")}
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


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _put_back(path: Path, content: bytes | None, may_follow: MayFollow, *, private: bool) -> None:
    with suppress(OSError, QwenCfgError, UnicodeDecodeError):
        if content is None:
            path.unlink()
        elif _bytes_of(path) != content:
            save(path, content.decode(), may_follow=may_follow, private=private)
