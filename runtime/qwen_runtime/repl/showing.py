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
    for name, sums in models.items() if len(models) > 1 else ():
        chat.screen.say(name, "bold")
        chat.screen.table(rows(sums))
    if len(models) > 1:
        chat.screen.say("all", "bold")
    chat.screen.table(rows(totals(records)))


def show_config(chat: Chat, _: str) -> None:
    """Show the artifact with the provenance of its values."""
    chat.screen.say(dump(without_secrets(chat.session.artifact)).rstrip("\n"))
