"""A conversation in a terminal: starts the runtime's REPL, after a dialogue if settings are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.application.change import Changes
from qwen_cfg.application.change_of_artifact import ArtifactSubject
from qwen_cfg.application.change_of_request import RequestSubject
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.config_file import config_file
from qwen_cfg.application.incomplete import IncompleteError
from qwen_cfg.application.login import NoLoginError, login_place_here
from qwen_cfg.application.ready import ready
from qwen_cfg.application.trial import Trial
from qwen_cfg.cli.notices import show_warnings
from qwen_cfg.cli.ready_config import ready_compilation, ready_config
from qwen_schema import AuthenticationError, ProviderError, SecretReferenceError
from qwen_schema.records import record

from .consent import accept_of
from .login import log_in_at_terminal, terminal_of

if TYPE_CHECKING:
    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.application.login import LoginPlace
    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import Change, ReadyConfig
    from qwen_runtime.terminal.device import Terminal


def converse(request: Request, gate: Gate, output: Output, *, system: str, browser: bool) -> int:
    """Chat until the user exits. If nothing is configured, ask for the settings first."""
    from qwen_runtime.repl import start  # noqa: PLC0415 - the line editor is slow to import

    user = _User(request, output, terminal_of(output, request.process.state), browser)
    if request.config is not None and request.artifact_file is not None:
        use = _read_artifact(request, gate, user)
        changes = Changes(
            ArtifactSubject(use, request.config, request.artifact_file, request.process), gate, accept_of(output)
        )
    else:
        use, changes = _resolve_and_ask(request, gate, user)
    return start(use, output, user.terminal, changes, lambda: user.ask(changes), system=system)


@record
class _User:
    """The user at the terminal, who answers questions and logs in."""

    request: Request
    output: Output
    terminal: Terminal
    browser: bool

    def ask(self, changes: Changes) -> Change | None:
        """Ask for the settings, and log in if the user chooses that; None if the user cancels.

        Raises:
            QwenCfgError: if the login fails.
        """
        from qwen_runtime.terminal.dialogue import ask_settings  # noqa: PLC0415

        checks, terminal = Trial(self.request, sends=False, keeps=False), self.terminal
        change = ask_settings(changes.defaults(), dumb=terminal.dumb, color=terminal.color, checks=checks)
        if change is not None and change.log_in:
            self.log_in(changes.login_place())
        return change

    def log_in(self, place: LoginPlace) -> None:
        """Log in with Qwen OAuth.

        Raises:
            QwenCfgError: if the login fails.
        """
        log_in_at_terminal(place, self.output, self.terminal, browser=self.browser)


def _read_artifact(request: Request, gate: Gate, user: _User) -> ReadyConfig:
    """Return the artifact that --config names, with its credential. If the login is missing, log in first."""
    try:
        return ready_config(request, gate, user.output)
    except NoLoginError as error:
        user.output.notice(str(error), "")
        user.log_in(login_place_here(config_file(request).with_machine_settings, request.process))
        return ready_config(request, gate, user.output)


def _resolve_and_ask(request: Request, gate: Gate, user: _User) -> tuple[ReadyConfig, Changes]:
    """Return the artifact of a request with its credential, and the changes that `/auth` can make to it."""
    compilation = compilation_of(request)
    changes = Changes(RequestSubject(compilation), gate, accept_of(user.output))
    if _needs_settings(compilation):
        return _ask_until_ready(compilation, changes, user), changes
    try:
        return ready_compilation(compilation, gate, user.output), changes
    except NoLoginError as error:
        user.output.notice(str(error), "")
        user.log_in(changes.login_place())
        return ready(compilation, gate), changes


def _needs_settings(compilation: Compilation) -> bool:
    """Return whether the method or the key is missing, and no value is invalid."""
    resolution = compilation.resolution
    is_invalid = any(decision.problem for decision in resolution.decisions.values())
    return not is_invalid and (resolution.auth_method is None or resolution.needs_api_key)


def _ask_until_ready(compilation: Compilation, changes: Changes, user: _User) -> ReadyConfig:
    """Ask for missing settings, again after a failed login or a reference that leads to no key.

    Raises:
        ConfigurationError: if the user cancels.
    """
    show_warnings(compilation.diagnostics, user.output)
    user.output.notice(f"{_missing_text(compilation)} Answer these questions to begin; Ctrl-C exits.")
    while True:
        try:
            change = user.ask(changes)
            if change is None:
                raise IncompleteError(compilation.diagnostics)
            return changes(change)
        except (AuthenticationError, ProviderError, SecretReferenceError, NoLoginError) as error:
            user.output.error(error, "")


def _missing_text(compilation: Compilation) -> str:
    """Return a sentence that says which setting is missing."""
    has_key = compilation.resolution.decisions["api_key"].winner is not None
    return "There is no authentication method yet." if has_key else "There is no API key yet."
