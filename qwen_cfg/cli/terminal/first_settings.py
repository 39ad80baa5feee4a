"""The dialogue of `init`: the settings of a project that has none yet, tried before they are written."""

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
    """Ask in the dialogue of a first use, which shows what flags and the environment say; return texts by field.

    Raises:
        ConfigurationError: if the person thinks better of it.
    """
    from qwen_runtime.terminal.dialogue import ask_settings  # noqa: PLC0415 - the HTTP client is slow to import

    current = _defaults(request, "qwen" if provider == LOGIN_METHOD else provider)
    while True:
        change = ask_settings(
            current, dumb=output.is_dumb, color=output.wants_color, place="init", checks=trial, asks_where=False
        )
        if change is None:
            raise ConfigurationError("nothing was set up", hint="Run it again when you have the key.")
        if not change.log_in or _has_logged_in(request, output):
            return _of_change(change)
        # Another provider may be chosen now.
        current = replace(current, provider="")


def _defaults(request: Request, provider: str) -> DialogueDefaults:
    """Return what the user said before, for the dialogue. Enter accepts nothing that only a project's file says."""
    from qwen_runtime import DialogueDefaults  # noqa: PLC0415

    decisions = compilation_of(replace(request, choice=EnvFileChoice("none"))).resolution.decisions
    winners = {name: None if decisions[name].by_default else decisions[name].winner for name in ("base_url", "model")}
    texts = {n: "" if w is None or w.origin.is_project_said else w.revealed for n, w in winners.items()}
    login = ""
    # Without a home there is no place for one.
    with suppress(ConfigurationError):
        login = login_place_under(request).existing_path
    exported = exported_keys(request.process.environ, with_usual=True)
    return DialogueDefaults(texts["base_url"], texts["model"], login=login, exported=exported, provider=provider)


def _has_logged_in(request: Request, output: Output) -> bool:
    """Let the person log in, and tell whether that succeeded; if not, they are told why."""
    try:
        log_in_at_terminal(login_place_under(request), output, terminal_of(output, request.process.state), browser=True)
    except (AuthenticationError, ProviderError) as error:
        output.error(error, "")
        return False
    return True


def _of_change(change: Change) -> dict[str, str | Secret]:
    texts = texts_of(change)
    if texts.get("auth_method") == LOGIN_METHOD:
        return {"auth_method": LOGIN_METHOD}
    return {name: texts[name] for name in SAVED_FIELDS if name in texts}
