"""A conversation in a terminal: from a command line to the runtime's REPL, by way of a dialogue if need be."""

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
    """Chat until the person leaves; with nothing configured, ask for that first."""
    from qwen_runtime.repl import start  # noqa: PLC0415 - the line editor is slow to import

    person = _Person(request, output, terminal_of(output, request.process.state), browser)
    if request.config is not None and request.artifact_file is not None:
        use = _from_file(request, gate, person)
        changes = Changes(
            ArtifactSubject(use, request.config, request.artifact_file, request.process), gate, accept_of(output)
        )
    else:
        use, changes = _compiled(request, gate, person)
    return start(use, output, person.terminal, changes, lambda: person.ask(changes), system=system)


@record
class _Person:
    """Whoever sits at the terminal, and is asked what nobody else knows."""

    request: Request
    output: Output
    terminal: Terminal
    browser: bool

    def ask(self, changes: Changes) -> Change | None:
        """Ask how to authenticate, and let the person log in if that is the way; None if they think better of it.

        Raises:
            QwenCfgError: if no login comes of it.
        """
        from qwen_runtime.terminal.dialogue import ask_settings  # noqa: PLC0415

        checks, terminal = Trial(self.request, sends=False, keeps=False), self.terminal
        change = ask_settings(changes.defaults(), dumb=terminal.dumb, color=terminal.color, checks=checks)
        if change is not None and change.log_in:
            self.log_in(changes.login_place())
        return change

    def log_in(self, place: LoginPlace) -> None:
        """Let the person log in.

        Raises:
            QwenCfgError: if no login comes of it.
        """
        log_in_at_terminal(place, self.output, self.terminal, browser=self.browser)


def _from_file(request: Request, gate: Gate, person: _Person) -> ReadyConfig:
    """Return the artifact that --config names with its credential; a login that is missing is made first."""
    try:
        return ready_config(request, gate, person.output)
    except NoLoginError as error:
        person.output.notice(str(error), "")
        person.log_in(login_place_here(config_file(request).with_machine_settings, request.process))
        return ready_config(request, gate, person.output)


def _compiled(request: Request, gate: Gate, person: _Person) -> tuple[ReadyConfig, Changes]:
    compilation = compilation_of(request)
    changes = Changes(RequestSubject(compilation), gate, accept_of(person.output))
    if _has_to_ask(compilation):
        return _first_use(compilation, changes, person), changes
    try:
        return ready_compilation(compilation, gate, person.output), changes
    except NoLoginError as error:
        person.output.notice(str(error), "")
        person.log_in(changes.login_place())
        return ready(compilation, gate), changes


def _has_to_ask(compilation: Compilation) -> bool:
    """Return whether the method or the key is missing, and no value is invalid."""
    resolution = compilation.resolution
    invalid = any(decision.problem for decision in resolution.decisions.values())
    return not invalid and (resolution.auth_method is None or resolution.needs_api_key)


def _first_use(compilation: Compilation, changes: Changes, person: _Person) -> ReadyConfig:
    """Ask for what is missing. A login that fails, and a key that is not where it was said to be, lead back.

    Raises:
        ConfigurationError: if the person thinks better of it.
    """
    show_warnings(compilation.diagnostics, person.output)
    person.output.notice(f"{_missing(compilation)} Answer these questions to begin; Ctrl-C exits.")
    while True:
        try:
            change = person.ask(changes)
            if change is None:
                raise IncompleteError(compilation.diagnostics)
            return changes(change)
        except (AuthenticationError, ProviderError, SecretReferenceError, NoLoginError) as error:
            person.output.error(error, "")


def _missing(compilation: Compilation) -> str:
    """Return what is missing, in a short sentence."""
    has_key = compilation.resolution.decisions["api_key"].winner is not None
    return "There is no authentication method yet." if has_key else "There is no API key yet."
