"""Changing an artifact in a session, where `--config` named one and nothing is resolved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_cfg.keep import env_file_of, keep
from qwen_schema import Provenance, QwenCfgError, Secret, SecretReference, declared_fields, located, mask, parse_value

from .kept import not_kept
from .typed import texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_runtime import Change, Configured
    from qwen_schema import ResolvedConfig, Value


class Amending:
    """Puts what was typed into the artifact in use, and remembers it: a `Reconfigure`. `file` is its name."""

    def __init__(self, current: Configured, file: str) -> None:
        self._current = current
        self._file = file

    def settings(self) -> dict[str, str]:
        """Return what there is now, for the dialogue: texts by field, the key masked."""
        artifact = self._current.artifact
        texts = {name: artifact.text(name) for name in ("base_url", "model")}
        return {**texts, "api_key": mask(self._current.key.reveal())}

    def __call__(self, change: Change) -> Configured:
        """Return the artifact with a change. If it raises, the session's settings are as before.

        Raises:
            ConfigurationError: if something is not valid.
        """
        texts, old = texts_of(change), self._current
        notices = self._keep({**self._key_to_carry(texts), **texts}) if change.keep else ()
        key = texts.get("api_key")
        self._current = replace(
            old,
            artifact=_amended(old.artifact, texts, change.place),
            key=key if isinstance(key, Secret) else old.key,
            remark="" if isinstance(key, Secret) else old.remark,
            notices=notices,
        )
        return self._current

    def _keep(self, texts: Mapping[str, str | Secret]) -> tuple[str, ...]:
        try:
            kept = keep(texts, self._current.base, self._current.home)
        except QwenCfgError as error:
            return not_kept(error)
        return (*kept.done, f"the artifact {self._file} is as it was, and the next run with it uses that")

    def _key_to_carry(self, texts: Mapping[str, str | Secret]) -> dict[str, Secret]:
        """Return the present key if `.qwen/.env` is to have it too, since neither that nor the environment does."""
        reference, base = self._current.artifact.api_key, self._current.base
        there = reference.kind == "environment"
        if reference.kind == "env-file" and reference.path is not None:
            there = located(reference.path, base=base, home=self._current.home) == env_file_of(base)
        return {} if there or "api_key" in texts else {"api_key": self._current.key}


def _amended(artifact: ResolvedConfig, texts: Mapping[str, str | Secret], place: str) -> ResolvedConfig:
    values = {name: _value(name, text, place) for name, text in texts.items()}
    origins = dict.fromkeys(texts, Provenance("flag", place, "user"))
    return replace(artifact, config={**artifact.config, **values}, provenance={**artifact.provenance, **origins})


def _value(name: str, text: str | Secret, place: str) -> Value | SecretReference:
    if isinstance(text, Secret):
        return SecretReference("flag", flag=place)
    return parse_value(declared_fields()[name], text)
