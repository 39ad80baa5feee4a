"""The commands that show something: `/stats`, `/config` and `/terms`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.token_totals import by_model, rows, totals
from qwen_runtime.wire.quota import rows as request_rows
from qwen_schema import THIS_PROGRAM, dump, practice_of, terms_of, without_secrets

if TYPE_CHECKING:
    from .chat import Chat


def show_statistics(chat: Chat, _: str) -> None:
    """Show the counts of the session, and of each model where several were used."""
    records, counted = chat.session.records, chat.session.connection.requests
    granted = [] if counted is None else request_rows(counted.counts())
    if not records:
        chat.screen.say("No requests yet.")
        if granted:
            chat.screen.table(granted)
        return
    models = by_model(records)
    for name, sums in models.items() if len(models) > 1 else ():
        chat.screen.say(name, "bold")
        chat.screen.table(rows(sums))
    if len(models) > 1:
        chat.screen.say("all", "bold")
    chat.screen.table([*rows(totals(records)), *granted])


def show_config(chat: Chat, _: str) -> None:
    """Show the artifact with the provenance of its values."""
    chat.screen.say(dump(without_secrets(chat.session.settings.artifact)).rstrip("\n"))


def show_terms(chat: Chat, _: str) -> None:
    """Show which terms apply with the artifact in use, and what this program itself does with data."""
    settings = chat.session.settings
    terms = terms_of(settings.auth_method, settings.base_url)
    practice = practice_of(
        statistics=settings.usage_statistics,
        statistics_endpoint=settings.usage_statistics_endpoint,
    )
    chat.screen.say(terms.applies_to, "bold")
    chat.screen.table(terms.rows)
    chat.screen.say(THIS_PROGRAM, "bold")
    chat.screen.table(practice.rows)
