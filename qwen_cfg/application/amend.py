"""Changing an artifact in a session, where `--config` named one and nothing is resolved."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qwen_cfg.keep import env_file_of, keep
from qwen_cfg.paths import OAUTH_CACHE
from qwen_cfg.standing import standing_of
from qwen_cfg.trust import concern_of_artifact
from qwen_schema import (
    ConfigurationError,
    Provenance,
    QwenCfgError,
    Secret,
    SecretReference,
    Surroundings,
    declared_fields,
    located,
    mask,
    parse_value,
    pointed,
    redact_unknown,
)
from qwen_schema.qwen_oauth import METHOD

from .kept import not_kept
from .login import placed, with_login
from .request import files_of_user
from .typed import texts_of
from .typed_pointer import COMMAND_NOT_KEPT, fetched, without_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import Change, DialogueDefaults, ReadyConfig
    from qwen_schema import ResolvedConfig, Value

    from .login import LoginPlace


class Amending:
    """Puts what was typed into the artifact in use, and remembers it: a `Reconfigure`. `file` is its name."""

    def __init__(self, current: ReadyConfig, file: str, let_through: Gate) -> None:
        self._current = current
        self._file = file
        self._let_through = let_through
        # Enter accepts a base URL that is shown, and only the artifact's own is the artifact's word.
        self._typed_urls: set[str] = set()

    def defaults(self) -> DialogueDefaults:
        """Return what there is now, for the dialogue."""
        from qwen_runtime import DialogueDefaults  # noqa: PLC0415 - the HTTP client is slow to import

        settings, key, login = self._current.settings, self._current.key, ""
        # Without a home there is no place for one.
        with suppress(ConfigurationError):
            login = self.place_of_login().shown_if_kept
        if key is None:
            return DialogueDefaults(login=login)
        pointer = settings.api_key.pointer
        shown = mask(key.reveal()) if pointer is None else redact_unknown(pointer)
        return DialogueDefaults(settings.base_url, settings.model, shown, login)

    def place_of_login(self) -> LoginPlace:
        """Return where the login is, were the method Qwen OAuth.

        Raises:
            ConfigurationError: if there is no home to keep a login in.
        """
        old = self._current
        with_login = _amended(old.artifact, {"auth_method": METHOD}, "/auth")
        return placed(old.artifact if old.key is None else with_login, old.base, old.home)

    def __call__(self, change: Change) -> ReadyConfig:
        """Return the artifact with a change. If it raises, the session's settings are as before.

        Raises:
            ConfigurationError: if something is not valid, or there is no key where a pointer leads.
            NotTrustedError: if the artifact decides where what was typed goes, and the user does not trust it.
        """
        texts, old = texts_of(change), self._current
        if texts.get("auth_method", old.artifact.text("auth_method")) == METHOD:
            return self._with_login(texts, change.place)
        self._require_trust(texts, change.place)
        # It is fetched before anything is kept.
        key = fetched(texts, change.place, old.base, old.home)
        notices = self._keep({**self._key_to_carry(texts), **texts}) if change.keep else ()
        self._current = replace(
            old,
            artifact=_amended(old.artifact, texts, change.place),
            key=old.key if key is None else key,
            remark=old.remark if key is None else "",
            notices=notices,
        )
        return self._current

    def _with_login(self, texts: Mapping[str, str | Secret], place: str) -> ReadyConfig:
        """Return the artifact with a change and with a login; where it goes is Qwen's own, or has been let through."""
        amended = _amended(self._current.artifact, texts, place)
        self._current = with_login(placed(amended, self._current.base, self._current.home), self._let_through)
        return self._current

    def _require_trust(self, texts: Mapping[str, str | Secret], place: str) -> None:
        """Ask about what the artifact decides and was not typed; a base URL that Enter accepted is the artifact's."""
        old = self._current
        before = old.artifact.text("base_url")
        url = str(texts.get("base_url", before))
        typed = {"OPENAI_BASE_URL": url} if url != before or url in self._typed_urls else {}
        environ, own = {**os.environ, **typed}, files_of_user(old.artifact)
        here = Surroundings(environ, {}, old.base, old.home, old.artifact.dialect, user_files=own)
        amended, file = _amended(old.artifact, texts, place), Path(os.path.realpath(old.base / self._file))
        self._let_through.require(concern_of_artifact(amended, file, self._file, here, standing_of))
        if typed:
            self._typed_urls.add(url)

    def _keep(self, texts: Mapping[str, str | Secret]) -> tuple[str, ...]:
        keepable = without_commands(texts)
        try:
            kept = keep(keepable, self._current.base, self._current.home)
        except QwenCfgError as error:
            return not_kept(error)
        notices = kept.done if keepable == texts else (*kept.done, COMMAND_NOT_KEPT)
        return (*notices, f"the artifact {self._file} is as it was, and the next run with it uses that")

    def _key_to_carry(self, texts: Mapping[str, str | Secret]) -> dict[str, Secret]:
        """Return the present key if `.qwen/.env` is to have it too, since neither that nor the environment does.

        Of a key that lives elsewhere the pointer is kept, never the key.
        """
        reference, base = self._current.artifact.api_key, self._current.base
        if reference.pointer is not None and "api_key" not in texts:
            return {"api_key": Secret(reference.pointer)}
        there = reference.kind == "environment"
        if reference.kind == "env-file" and reference.path is not None:
            there = located(reference.path, base=base, home=self._current.home) == env_file_of(base)
        key = self._current.key
        return {} if there or key is None or "api_key" in texts else {"api_key": key}


def _amended(artifact: ResolvedConfig, texts: Mapping[str, str | Secret], place: str) -> ResolvedConfig:
    values = {name: _value(name, text, place) for name, text in texts.items()}
    origins = dict.fromkeys(texts, Provenance("flag", place, "user"))
    if texts.get("auth_method") == METHOD:
        fields = declared_fields()
        values |= {name: cast("Value", fields[name].default_under(METHOD)) for name in ("base_url", "model")}
        values["api_key"] = SecretReference("oauth-cache", path=OAUTH_CACHE)
        origins |= dict.fromkeys(("api_key", "base_url", "model"), Provenance("default", "default", "user"))
    return replace(artifact, config={**artifact.config, **values}, provenance={**artifact.provenance, **origins})


def _value(name: str, text: str | Secret, place: str) -> Value | SecretReference:
    if isinstance(text, Secret):
        return pointed(text.reveal()) or SecretReference("flag", flag=place)
    return parse_value(declared_fields()[name], text)
