"""Applies a change that is typed in a session (`/auth`, `/model`): asks about it, saves it if wanted, and uses it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.writing.save_env_file import save_settings
from qwen_schema import (
    BadValue,
    ConfigurationError,
    QwenCfgError,
    Secret,
    SecretReference,
    Surroundings,
    declared_fields,
    follow,
    kind_of_pointer,
    looks_like_key,
    parse_value,
)
from qwen_schema.records import replace

from .keep_notices import COMMAND_NOT_KEPT, keep_failure

if TYPE_CHECKING:
    from qwen_cfg.trust.gate import Gate
    from qwen_cfg.writing.gitignore import Accept
    from qwen_runtime import Change, DialogueDefaults, ReadyConfig

    from .change_of_artifact import ArtifactSubject
    from .change_of_request import RequestSubject
    from .login import LoginPlace
    from .request import Process, Texts

    # The subject of a session: a request that is compiled again, or a named artifact. It is never modified.
    Subject = RequestSubject | ArtifactSubject


class Changes:
    """Applies the changes of a session, one after the other, each on top of those before: a `Reconfigure`."""

    def __init__(self, subject: Subject, gate: Gate, accept: Accept | None = None) -> None:
        self._subject = subject
        self._gate = gate
        self._accept = accept

    def defaults(self) -> DialogueDefaults:
        """Return the present values, for the dialogue."""
        login = ""
        # A login may have been made or removed since the session began. Without a home there is no place for a login.
        with suppress(ConfigurationError):
            login = self.login_place().existing_path
        return replace(self._subject.defaults(), login=login)

    def login_place(self) -> LoginPlace:
        """Return the place of the login for the method Qwen OAuth.

        Raises:
            ConfigurationError: if a value is not valid, or there is no home for the login.
        """
        return self._subject.login_place()

    def __call__(self, change: Change) -> ReadyConfig:
        """Apply a change, and return the runtime's input. If it raises an error, the session's settings are unchanged.

        Raises:
            ConfigurationError: if a value is not valid or missing, or a pointer does not lead to a key.
            NotTrustedError: if a project's file sets the endpoint for the key, and the user does not approve it.
        """
        texts, place, subject = texts_of(change), change.place, self._subject
        self._gate.require(subject.concern(place, texts))
        # The key is fetched only once, before anything is saved.
        key = _fetch(texts, place, subject.process)
        if change.keep and not subject.logs_in(texts):
            after, use = self._save(place, texts, key)
        else:
            after, use = subject.change(place, texts, self._gate, key)
        news = tuple(warning for warning in after.warnings if warning not in subject.warnings)
        self._subject = after
        return replace(use, notices=(*use.notices, *news))

    def _save(self, place: str, texts: Texts, key: Secret | None) -> tuple[Subject, ReadyConfig]:
        """Save a change, with the present key if needed; if that fails, use the change only in this session."""
        subject, carried = self._subject, {} if "api_key" in texts else self._subject.key_to_carry()
        both = {**carried, **texts}
        keepable = both if subject.may_keep_commands else without_commands(both)
        try:
            kept = save_settings(keepable, subject.process.cwd, subject.process.home.path, self._accept)
        except QwenCfgError as error:
            after, use = subject.change(place, texts, self._gate, key)
            return after, replace(use, notices=keep_failure(error))
        after, use = subject.change_after_saving(kept, place, texts, carried, self._gate, key)
        left_out = () if keepable == both else (COMMAND_NOT_KEPT,)
        return after, replace(use, notices=(*kept.done, *use.notices, *left_out))


def texts_of(change: Change) -> dict[str, str | Secret]:
    """Return the texts of a change by field, with keys as `Secret`.

    Raises:
        ConfigurationError: if a text is not a valid value of its field.
    """
    texts = {name: _with_secret(name, text) for name, text in change.values.items()}
    for name, text in texts.items():
        _require_valid(name, text, change.place)
    return texts


def without_commands(texts: Texts) -> dict[str, str | Secret]:
    """Return the texts without a command for the key, which a project's file may not name."""
    return {name: text for name, text in texts.items() if not _is_command(text)}


def _is_command(text: str | Secret) -> bool:
    return isinstance(text, Secret) and kind_of_pointer(text.reveal()) == "command"


def _with_secret(name: str, text: str | Secret) -> str | Secret:
    return Secret(text) if declared_fields()[name].secret and isinstance(text, str) else text


def _require_valid(name: str, text: str | Secret, place: str) -> None:
    plain = text.reveal() if isinstance(text, Secret) else text
    try:
        parse_value(declared_fields()[name], plain)
        if isinstance(text, str) and looks_like_key(text):
            raise BadValue("it contains an API key", "a value without a key")
    except BadValue as problem:
        raise ConfigurationError(
            f"{name} is not valid: {problem.wrong}", where=place, hint=f"Expected {problem.expected}."
        ) from None


def _fetch(texts: Texts, place: str, process: Process) -> Secret | None:
    """Return the key in the texts, with a pointer followed; None if they have no key.

    Raises:
        SecretReferenceError: if a pointer does not lead to a key.
    """
    typed = texts.get("api_key")
    if not isinstance(typed, Secret):
        return None
    here = Surroundings(process.environ, {place: typed}, process.cwd, process.home.path)
    return follow(SecretReference("flag", flag=place), here)
