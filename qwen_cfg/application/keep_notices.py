"""Notices about settings that were just saved: values that hide them, and files that they hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.writing.save_env_file import EnvFileUpdate
    from qwen_schema import QwenCfgError

COMMAND_NOT_KEPT = (
    "the command for the API key is not saved: a file of a project may not name one. It is used in this session. "
    "To keep it, put it in ~/.qwen/.env, or export it."
)

_TYPED_COUNTS = "In this session, the value you typed is used."


def notices_of(kept: EnvFileUpdate, before: Resolution, after: Resolution, hidden: Iterable[str]) -> tuple[str, ...]:
    """Return the notices; `hidden` are the fields whose saved value is not used."""
    notices = [notice for name in hidden if (notice := _about_hidden(kept, after, name))]
    # The same reason may hold for several fields.
    return (*dict.fromkeys(notices), *_about_files(kept, before, after))


def keep_failure(error: QwenCfgError) -> tuple[str, ...]:
    """Return the notice that settings could not be saved; the typed values are used in this session."""
    return (f"not saved: {error}. {error.hint} {_TYPED_COUNTS}",)


def _about_hidden(kept: EnvFileUpdate, after: Resolution, name: str) -> str:
    decision = after.decisions[name]
    lost = next((lost for lost in decision.shadowed if lost.candidate.origin.path == kept.path), None)
    if lost is not None and lost.by is not None:
        unset = f" Later: unset {lost.by.origin.variable}" if lost.by.origin.source.is_exported else ""
        hides = "is empty and hides" if lost.by.is_empty else "hides"
        place = lost.candidate.origin.place
        return f"{name}: {lost.by.origin} {hides} the value in {place}. {_TYPED_COUNTS}{unset}"
    if kept.path in (file.place.path for file in after.files):
        # Without a winner, another field is the reason, which has its own notice.
        winner = decision.winner
        return "" if winner is None else f"{name}: {winner.origin} sets it to {winner.revealed}. {_TYPED_COUNTS}"
    return f"{kept.shown} is not read in this session, because of --env-file or --no-env-file. {_TYPED_COUNTS}"


def _about_files(kept: EnvFileUpdate, before: Resolution, after: Resolution) -> list[str]:
    """Return a notice for each env file that is no longer read, because the saved file comes first in the search."""
    read = {file.place.path for file in after.files}
    if kept.path not in read:
        return []
    gone = [file for file in before.files if file.place.path not in read]
    set_now = {name for file in after.files for name in file.offers}
    notices = []
    for file in gone:
        lost = [name for name in file.offers if name not in set_now]
        also = f"; these variables in it are no longer used: {', '.join(lost)}" if lost else ""
        notices.append(f"{kept.shown} now comes first in the search, so {file.shown} is no longer read{also}")
    return notices
