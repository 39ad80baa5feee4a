"""The commands that change the config: `/model` and `/auth`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.change import Change
from qwen_runtime.wire.connection import models
from qwen_runtime.wire.near_models import near_models
from qwen_schema import AuthenticationError, QwenCfgError, UsageError, terms_of

from .chat import CHANGE_KEY, endpoint
from .model_names import SECONDS

if TYPE_CHECKING:
    from .chat import Chat

# An aggregator has hundreds of models.
_MOST_LISTED = 60


def choose_model(chat: Chat, name: str) -> None:
    """Use the named model from now on; without a name, show the model in use and the endpoint's models.

    Raises:
        QwenCfgError: if the model cannot be used.
    """
    if len(name.split()) > 1:
        raise UsageError("a model name has no spaces", hint="/model NAME")
    if name:
        chat.change(Change("/model", {"model": name}))
    settings = chat.session.settings
    chat.screen.say(f"The model is {settings.model} ({settings.artifact.provenance['model'].origin}).")
    if not name:
        _list_models(chat)
        return
    known = chat.models.known(chat.ready)
    if known and settings.model not in known:
        near = near_models(settings.model, known)
        advice = f"; it lists {', '.join(near)}" if near else ""
        chat.screen.say(f"{endpoint(chat)} does not list this model{advice}. To see all: /model", "dim")


def authenticate(chat: Chat, _: str) -> None:
    """Ask how to authenticate, and apply the change.

    Raises:
        QwenCfgError: if the new config cannot be used; nothing has changed then.
    """
    change = _ask_for_change(chat)
    if change is None:
        chat.screen.say("Nothing changed.")
        return
    chat.change(change)
    settings = chat.session.settings
    terms = terms_of(settings.auth_method, settings.base_url)
    rows = [
        ("method", settings.auth_method),
        ("endpoint", settings.base_url),
        ("model", settings.model),
        ("login", settings.api_key.path or "") if settings.uses_login else ("key", f"from {settings.api_key}"),
        ("terms", f"{terms.applies_to} (/terms shows them)"),
    ]
    chat.screen.table(rows)


def _ask_for_change(chat: Chat) -> Change | None:
    """Return the change that the user wants; None if the user cancels, also with Ctrl-C or Ctrl-D."""
    try:
        with chat.keyboard.as_usual():
            return chat.authenticate()
    except (EOFError, KeyboardInterrupt):
        return None


def _list_models(chat: Chat) -> None:
    try:
        names = models(chat.session.connection, seconds=SECONDS)
    except QwenCfgError as error:
        advice = f". {CHANGE_KEY}" if isinstance(error, AuthenticationError) else ""
        chat.screen.say(f"{endpoint(chat)} does not list its models: {error.what}{advice}", "dim")
        return
    chat.models.note(chat.ready, names)
    used = chat.session.settings.model
    lines = [f"{'*' if name == used else ' '} {name}" for name in names[:_MOST_LISTED]]
    more = [f"  and {len(names) - _MOST_LISTED} more"] if len(names) > _MOST_LISTED else []
    chat.screen.say("\n".join([f"{endpoint(chat)} has:" if names else f"{endpoint(chat)} lists none.", *lines, *more]))
