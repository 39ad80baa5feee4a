"""The commands `/stats`, `/config` and `/terms`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from qwen_runtime.token_totals import rows, totals, totals_by_model
from qwen_runtime.wire.quota import rows as request_rows
from qwen_schema import (
    THIS_PROGRAM,
    SecretReference,
    UsageError,
    declared_fields,
    dump,
    mask,
    practice_of,
    safe_text,
    show_value,
    show_word,
    terms_of,
    without_secrets,
)
from qwen_schema.fields import MAIN_FIELDS

if TYPE_CHECKING:
    from .chat import Chat

# The gap between two columns of a table.
_GAP = 2


def show_statistics(chat: Chat, _: str) -> None:
    """Show the counts of the session, and of each model if several were used."""
    records, counted = chat.session.records, chat.session.connection.requests
    granted = [] if counted is None else request_rows(counted.counts())
    if not records:
        chat.screen.say("No requests yet.")
        if granted:
            chat.screen.table(granted)
        return
    models = totals_by_model(records)
    for name, sums in models.items() if len(models) > 1 else ():
        chat.screen.say(name, "bold")
        chat.screen.table(rows(sums))
    if len(models) > 1:
        chat.screen.say("all", "bold")
    chat.screen.table([*rows(totals(records)), *granted])


def show_config(chat: Chat, what: str) -> None:
    """Show the values in use with their origins; with `toml`, show the artifact.

    Raises:
        UsageError: if the argument is another word.
    """
    if what not in ("", "all", "toml"):
        raise UsageError(f"/config shows no {show_word(what)}", hint="/config, /config all, or /config toml")
    artifact = without_secrets(chat.session.settings.artifact)
    if what == "toml":
        chat.screen.say(dump(artifact).rstrip("\n"))
        return
    # The main fields are shown even if they have their defaults, since most users look for them.
    shown = [
        name for name, origin in artifact.provenance.items() if what or origin.layer != "default" or name in MAIN_FIELDS
    ]
    _show_fields(chat, [(name, _display_value(chat, name), chat.session.settings.origin(name)) for name in shown])
    count = len(artifact.provenance) - len(shown)
    if count:
        are = "field has its default" if count == 1 else "fields have their defaults"
        chat.screen.say(f"{count} more {are}: /config all", "dim")
    chat.screen.say("The whole config as a file: /config toml. What was overridden: qwen-cfg resolve --explain", "dim")


def _display_value(chat: Chat, name: str) -> str:
    """Return a value for display."""
    value = chat.session.settings.artifact.config[name]
    if not isinstance(value, SecretReference):
        return safe_text(declared_fields()[name], show_value(value)) or "(empty)"
    if chat.ready.key is None:
        return f"from {value}"
    return mask(chat.ready.key.reveal())


def _show_fields(chat: Chat, rows: list[tuple[str, str, str]]) -> None:
    """Show fields as a table, or each on separate lines if the columns would cut words."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 2 * _GAP <= chat.screen.painter.width:
        chat.screen.table([("field", "value", "source"), *rows], header=True)
        return
    for name, value, source in rows:
        chat.screen.say(name, "bold")
        chat.screen.say(f"  {value}")
        chat.screen.say(f"  {source}", "dim")


def show_terms(chat: Chat, _: str) -> None:
    """Show the terms that apply to the artifact in use, and this program's own use of data."""
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
