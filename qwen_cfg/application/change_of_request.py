"""The subject of a session that resolves: its request, compiled again with the changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.artifact import user_files
from qwen_cfg.rules.diagnostic import warning_text
from qwen_cfg.writing.save_env_file import env_file_of
from qwen_schema import Secret, declared_fields, safe_text
from qwen_schema.qwen_oauth import METHOD
from qwen_schema.records import record, replace

from .compilation import compilation_of
from .exported_keys import exported_keys
from .keep_notices import notices_of
from .login import login_place_under, with_method
from .ready import ready

if TYPE_CHECKING:
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.trust import Concern
    from qwen_cfg.trust.gate import Gate
    from qwen_cfg.writing.save_env_file import EnvFileUpdate
    from qwen_runtime import DialogueDefaults, ReadyConfig

    from .compilation import Compilation
    from .login import LoginPlace
    from .request import Process, Request, Texts


@record
class RequestSubject:
    """A request with its compilation, which may be incomplete."""

    compilation: Compilation

    @property
    def _request(self) -> Request:
        return self.compilation.request

    @property
    def process(self) -> Process:
        """The process of the session."""
        return self._request.process

    @property
    def may_keep_commands(self) -> bool:
        """Whether the `.qwen/.env` of the working directory is one of the user's own files."""
        return env_file_of(self.process.cwd) in user_files(self.compilation.resolution)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of the rules, as lines."""
        return tuple(
            warning_text(warning) for warning in self.compilation.without_trust_questions(self.compilation.warnings)
        )

    def defaults(self) -> DialogueDefaults:
        """Return the present values except the login, for the dialogue."""
        from qwen_runtime import DialogueDefaults  # noqa: PLC0415 - the HTTP client is slow to import

        decisions, reference = self._with_key().resolution.decisions, self._request.secret_from
        # No defaults, since they may differ under the method that the user chooses.
        winners = {name: None if d.by_default else d.winner for name, d in decisions.items()}
        texts = {name: w.revealed for name in ("base_url", "model") if (w := winners[name]) is not None}
        key, shown = decisions["api_key"].value, ""
        if reference is not None:
            shown = f"from {reference}"
        elif isinstance(key, Secret):
            shown = safe_text(declared_fields()["api_key"], key.reveal())
        exported = exported_keys(self.process.environ, with_usual=False)
        return DialogueDefaults(texts.get("base_url", ""), texts.get("model", ""), shown, exported=exported)

    def login_place(self) -> LoginPlace:
        """Return the place of the login for the method Qwen OAuth."""
        return login_place_under(self._request)

    def logs_in(self, texts: Texts) -> bool:
        """Return whether a change selects Qwen OAuth."""
        return texts.get("auth_method") == METHOD

    def concern(self, place: str, texts: Texts) -> Concern | None:
        """Return the concern about a base URL from a project's file that the user accepted with Enter."""
        shown = self._with_key().resolution.decisions["base_url"].winner if "base_url" in texts else None
        if shown is None or shown.origin.reach == "user" or texts.get("base_url") != shown.revealed:
            return None
        others = {name: text for name, text in texts.items() if name != "base_url"}
        return compilation_of(_with_texts(self._request, place, others)).concern

    def key_to_carry(self) -> dict[str, Secret]:
        """Return the present key as a text to save; empty if the environment, `.qwen/.env` or --secret-from has it."""
        decision = self.compilation.resolution.decisions["api_key"]
        if decision.winner is None or self._request.secret_from is not None:
            return {}
        origin = decision.winner.origin
        stays = origin.source.is_exported or origin.path == env_file_of(self.process.cwd)
        return {} if stays or not isinstance(decision.value, Secret) else {"api_key": decision.value}

    def change(self, place: str, texts: Texts, gate: Gate, key: Secret | None) -> tuple[RequestSubject, ReadyConfig]:
        """Return the request with a change, and the runtime's input."""
        compilation = compilation_of(_with_texts(self._request, place, texts))
        return RequestSubject(compilation), ready(compilation, gate, key)

    def change_after_saving(
        self, kept: EnvFileUpdate, place: str, texts: Texts, carried: Texts, gate: Gate, key: Secret | None
    ) -> tuple[RequestSubject, ReadyConfig]:
        """Return the request after a save, and the runtime's input.

        Origins then name the file; typed texts are used as flags only if the saved value is hidden.
        """
        both = {**carried, **texts}
        after = compilation_of(_without_typed(self._request, both))
        hidden = {name: text for name, text in both.items() if not _sets(after.resolution, name, text)}
        notices = notices_of(kept, self.compilation.resolution, after.resolution, hidden)
        if hidden:
            after = compilation_of(_with_texts(after.request, place, hidden))
        gate.vouch(after.concern, [name for name, text in texts.items() if _sets(after.resolution, name, text)])
        return RequestSubject(after), replace(ready(after, gate, key), notices=notices)

    def _with_key(self) -> Compilation:
        """Return the compilation under the method openai, for the dialogue, which asks about an API key."""
        if self.compilation.resolution.auth_method != METHOD:
            return self.compilation
        return compilation_of(_with_texts(self._request, "/auth", {"auth_method": "openai"}))


def _with_texts(request: Request, place: str, texts: Texts) -> Request:
    """Return a request with typed texts; a key among them replaces --secret-from.

    For Qwen OAuth, the values for the previous method are removed.
    """
    if texts.get("auth_method") == METHOD:
        return with_method(request, place)
    reference = None if "api_key" in texts else request.secret_from
    return replace(request, secret_from=reference).with_flags(place, texts)


def _without_typed(request: Request, texts: Texts) -> Request:
    """Return a request without texts typed earlier for the saved fields; flags of the command line stay."""
    flags = {name: flag for name, flag in request.flags.items() if name not in texts or not flag.flag.startswith("/")}
    return replace(request, flags=flags, secret_from=None if "api_key" in texts else request.secret_from)


def _sets(resolution: Resolution, name: str, text: str | Secret) -> bool:
    winner = resolution.decisions[name].winner
    return winner is not None and winner.revealed == (text.reveal() if isinstance(text, Secret) else text)
