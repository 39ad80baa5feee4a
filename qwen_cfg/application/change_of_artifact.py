"""The subject of a session with --config: changes are applied to the artifact, and nothing is resolved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qwen_cfg.core.paths import OAUTH_CACHE
from qwen_cfg.trust import concern_of_artifact
from qwen_cfg.trust.file_provenance import file_provenance_of
from qwen_cfg.writing.save_env_file import env_file_of
from qwen_schema import (
    Provenance,
    Secret,
    SecretReference,
    declared_fields,
    locate_path,
    mask,
    parse_value,
    redact_unknown,
    reference_of_pointer,
)
from qwen_schema.qwen_oauth import METHOD
from qwen_schema.records import record, replace

from .config_file import surroundings_of
from .login import login_place_here, with_login
from .machine import machine_texts

if TYPE_CHECKING:
    from qwen_cfg.trust import Concern
    from qwen_cfg.trust.gate import Gate
    from qwen_cfg.writing.save_env_file import EnvFileUpdate
    from qwen_runtime import DialogueDefaults, ReadyConfig
    from qwen_schema import ResolvedConfig, Value

    from .login import LoginPlace
    from .request import Process, Texts


@record
class ArtifactSubject:
    """An artifact in use, and the name and path of its file.

    Enter accepts the base URL that is shown. `typed_urls` are the base URLs that the user typed before, which are not
    the artifact's.
    """

    use: ReadyConfig
    file: str
    path: Path
    process: Process
    typed_urls: frozenset[str] = frozenset()
    may_keep_commands: bool = False
    warnings: tuple[str, ...] = ()

    def defaults(self) -> DialogueDefaults:
        """Return the present values except the login, for the dialogue."""
        from qwen_runtime import DialogueDefaults  # noqa: PLC0415 - the HTTP client is slow to import

        settings, key = self.use.settings, self.use.key
        if key is None:
            return DialogueDefaults()
        pointer = settings.api_key.pointer
        shown = mask(key.reveal()) if pointer is None else redact_unknown(pointer)
        return DialogueDefaults(settings.base_url, settings.model, shown)

    def login_place(self) -> LoginPlace:
        """Return the place of the login for the method Qwen OAuth."""
        artifact = self.use.artifact
        login = artifact if self.use.key is None else _with_texts(artifact, {"auth_method": METHOD}, "/auth")
        return login_place_here(login, self.process)

    def logs_in(self, texts: Texts) -> bool:
        """Return whether the method after a change is Qwen OAuth."""
        return texts.get("auth_method", self.use.artifact.text("auth_method")) == METHOD

    def concern(self, place: str, texts: Texts) -> Concern | None:
        """Return the concern about the artifact's values that were not typed; None for a login, which has its own."""
        if self.logs_in(texts):
            return None
        here = surroundings_of(self.use.artifact, self.process)
        # The settings of this machine are from the user's own files.
        here = replace(here, environ={**machine_texts(here), **here.environ})
        if url := self._typed_url(texts):
            here = replace(here, environ={**here.environ, "OPENAI_BASE_URL": url})
        artifact, file = _with_texts(self.use.artifact, texts, place), Path(os.path.realpath(self.path))
        return concern_of_artifact(artifact, file, self.file, here, file_provenance_of)

    def key_to_carry(self) -> dict[str, Secret]:
        """Return the present key, or its pointer, to save; empty if `.qwen/.env` or the environment has the key."""
        reference, key = self.use.artifact.api_key, self.use.key
        if reference.pointer is not None:
            return {"api_key": Secret(reference.pointer)}
        there = reference.kind == "environment"
        if reference.kind == "env-file" and reference.path is not None:
            cwd, home = self.process.cwd, self.process.home.path
            there = locate_path(reference.path, base=cwd, home=home) == env_file_of(cwd)
        return {} if there or key is None else {"api_key": key}

    def change(self, place: str, texts: Texts, gate: Gate, key: Secret | None) -> tuple[ArtifactSubject, ReadyConfig]:
        """Return the artifact with a change."""
        artifact = _with_texts(self.use.artifact, texts, place)
        if self.logs_in(texts):
            use = with_login(login_place_here(artifact, self.process), gate)
        else:
            use = replace(self.use, artifact=artifact, notices=())
            use = use if key is None else replace(use, key=key, remark="")
        return replace(self, use=use, typed_urls=self.typed_urls | {self._typed_url(texts)}), use

    def change_after_saving(
        self, kept: EnvFileUpdate, place: str, texts: Texts, carried: Texts, gate: Gate, key: Secret | None
    ) -> tuple[ArtifactSubject, ReadyConfig]:
        """Return the artifact with a change; the file of the artifact is unchanged."""
        del kept, carried
        after, use = self.change(place, texts, gate, key)
        notice = f"the artifact {self.file} is unchanged; the next run with it uses its values"
        return after, replace(use, notices=(notice,))

    def _typed_url(self, texts: Texts) -> str:
        """Return the base URL after a change, if the user typed it; else an empty text."""
        before = self.use.artifact.text("base_url")
        url = str(texts.get("base_url", before))
        return url if url != before or url in self.typed_urls else ""


def _with_texts(artifact: ResolvedConfig, texts: Texts, place: str) -> ResolvedConfig:
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
        return reference_of_pointer(text.reveal()) or SecretReference("flag", flag=place)
    return parse_value(declared_fields()[name], text)
