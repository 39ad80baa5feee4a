"""The dialogue of `init`, which asks for the settings of a new project and tests them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.application.change import texts_of
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.exported_keys import exported_keys
from qwen_cfg.application.init_settings import SAVED_FIELDS
from qwen_cfg.application.login import login_place_under
from qwen_cfg.core.world import EnvFileChoice
from qwen_schema import AuthenticationError, ConfigurationError, ProviderError
from qwen_schema.qwen_oauth import METHOD as LOGIN_METHOD
from qwen_schema.records import replace

from .login import log_in_at_terminal, terminal_of

if TYPE_CHECKING:
    from qwen_cfg.application.request import Request
    from qwen_cfg.application.trial import Trial
    from qwen_cfg.cli.output import Output
    from qwen_runtime import Change, DialogueDefaults
    from qwen_schema import Secret


def ask_for_settings(request: Request, output: Output, provider: str, trial: Trial) -> dict[str, str | Secret]:
    """Ask for the settings, with values of flags and the environment as defaults; return the values by field.

    Raises:
        ConfigurationError: if the user cancels.
    """
    from qwen_runtime.terminal.dialogue import ask_settings  # noqa: PLC0415 - the HTTP client is slow to import

    current = _dialogue_defaults(request, "qwen" if provider == LOGIN_METHOD else provider)
    while True:
        change = ask_settings(
            current, dumb=output.is_dumb, color=output.wants_color, place="init", checks=trial, asks_where=False
        )
        if change is None:
            raise ConfigurationError("nothing was set up", hint="Run qwen-cfg init again when you have the key.")
        if not change.log_in or _log_in(request, output):
            return _texts_to_write(change)
        # The user may choose another provider now.
        current = replace(current, provider="")


def _dialogue_defaults(request: Request, provider: str) -> DialogueDefaults:
    """Return the defaults of the dialogue. Values that come only from a project's file are no defaults."""
    from qwen_runtime import DialogueDefaults  # noqa: PLC0415

    decisions = compilation_of(replace(request, choice=EnvFileChoice("none"))).resolution.decisions
    winners = {name: None if decisions[name].by_default else decisions[name].winner for name in ("base_url", "model")}
    texts = {n: "" if w is None or w.origin.is_from_project else w.revealed for n, w in winners.items()}
    login = ""
    # Without a home, there is no place for a login.
    with suppress(ConfigurationError):
        login = login_place_under(request).existing_path
    exported = exported_keys(request.process.environ, with_usual=True)
    return DialogueDefaults(texts["base_url"], texts["model"], login=login, exported=exported, provider=provider)


def _log_in(request: Request, output: Output) -> bool:
    """Log in, and return whether that succeeded; show the error if it did not."""
    try:
        log_in_at_terminal(login_place_under(request), output, terminal_of(output, request.process.state), browser=True)
    except (AuthenticationError, ProviderError) as error:
        output.error(error, "")
        return False
    return True


def _texts_to_write(change: Change) -> dict[str, str | Secret]:
    texts = texts_of(change)
    if texts.get("auth_method") == LOGIN_METHOD:
        return {"auth_method": LOGIN_METHOD}
    return {name: texts[name] for name in SAVED_FIELDS if name in texts}
