"""The commands that show something: `/stats` and `/config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.statistics import by_model, rows, totals
from qwen_schema import dump, without_secrets

if TYPE_CHECKING:
    from .chat import Chat


def show_statistics(chat: Chat, _: str) -> None:
    """Show the counts of the session, and of each model where several were used."""
    records = chat.session.records
    if not records:
        chat.screen.say("There was no request yet.")
        return
    models = by_model(records)
    columns = [rows(sums) for sums in (*models.values(), totals(records))][-1 if len(models) == 1 else 0 :]
    names = [] if len(models) == 1 else [("", *models, "all")]
    table = [(column[0][0], *(value for _, value in column)) for column in zip(*columns, strict=True)]
    chat.screen.table([*names, *table], header=bool(names))


def show_config(chat: Chat, _: str) -> None:
    """Show the artifact with the provenance of its values."""
    chat.screen.say(dump(without_secrets(chat.session.artifact)).rstrip("\n"))
