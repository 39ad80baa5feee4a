"""Compiling again in a session, with what was typed there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_cfg.compile import user_files
from qwen_cfg.keep import env_file_of, keep
from qwen_cfg.world import Given
from qwen_schema import ConfigurationError, QwenCfgError, Secret, declared_fields, safe_text
from qwen_schema.qwen_oauth import METHOD

from .kept import not_kept, notices_of
from .login import place_of_login, with_method
from .ready import of_resolution, warnings_of
from .request import resolution_of
from .typed import texts_of
from .typed_pointer import COMMAND_NOT_KEPT, fetched, without_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.resolution import Resolution
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import Change, DialogueDefaults, ReadyConfig

    from .login import LoginPlace
    from .request import Asked


class Recompiling:
    """Compiles a request again with each change, and remembers what was typed: a `Reconfigure`.

    `resolution` is what the request gives now, complete or not.
    """

    def __init__(self, request: Asked, resolution: Resolution, let_through: Gate) -> None:
        self._request = request
        self._resolution = resolution
        self._let_through = let_through

    def defaults(self) -> DialogueDefaults:
        """Return what there is now, for the dialogue."""
        from qwen_runtime import DialogueDefaults  # noqa: PLC0415 - the HTTP client is slow to import

        decisions, reference = self._with_key().decisions, self._request.secret_from
        # A default may be another one under the method that is chosen now.
        winners = {name: None if d.by_default else d.winner for name, d in decisions.items()}
        texts = {name: w.revealed for name in ("base_url", "model") if (w := winners[name]) is not None}
        key, shown, login = decisions["api_key"].value, "", ""
        if reference is not None:
            shown = f"from {reference}"
        elif isinstance(key, Secret):
            shown = safe_text(declared_fields()["api_key"], key.reveal())
        # Somebody may have logged in, or out, since this began.
        with suppress(ConfigurationError):
            login = self.place_of_login().shown_if_kept
        return DialogueDefaults(**texts, key=shown, login=login)

    def place_of_login(self) -> LoginPlace:
        """Return where the login is, were the method Qwen OAuth.

        Raises:
            IncompleteError: if a value is not valid.
        """
        return place_of_login(self._request)

    def __call__(self, change: Change) -> ReadyConfig:
        """Return what resolves with a change. If it raises, the session's settings are as before.

        What is to be kept is kept first, so that the origins of the new artifact name where it stands.

        Raises:
            ConfigurationError: if something is not valid or missing.
            NotTrustedError: if a project's file decides where the key goes, and the user does not trust it.
        """
        texts = texts_of(change)
        self._require_trust(change.place, texts)
        if change.keep:
            return self._kept(change.place, {**self._key_to_carry(texts), **texts})
        return self._use(_with(self._request, _given(change.place, texts)))

    def _with_key(self) -> Resolution:
        """Return what resolves with an API key, which is what the dialogue asks about, whatever the method is now."""
        if self._resolution.auth_method != METHOD:
            return self._resolution
        return resolution_of(_with(self._request, _given("/auth", {"auth_method": "openai"})), survey=False)

    def _require_trust(self, place: str, texts: Mapping[str, str | Secret]) -> None:
        """Ask about a base URL that Enter accepted, before it counts as the user's own: a project's file showed it."""
        shown = self._with_key().decisions["base_url"].winner if "base_url" in texts else None
        if shown is None or shown.origin.reach == "user" or texts.get("base_url") != shown.revealed:
            return
        others = {name: text for name, text in texts.items() if name != "base_url"}
        self._let_through.require_for(resolution_of(_with(self._request, _given(place, others)), survey=False))

    def _kept(self, place: str, texts: Mapping[str, str | Secret]) -> ReadyConfig:
        """Keep the texts, and let what is typed count only where something hides what was kept, or it may not be."""
        world = self._resolution.world
        # It is fetched before anything is kept, and not a second time.
        key = fetched(texts, place, world.cwd, world.home)
        may_name = env_file_of(world.cwd) in user_files(self._resolution)
        keepable = texts if may_name else without_commands(texts)
        try:
            kept = keep(keepable, world.cwd, world.home)
        except QwenCfgError as error:
            return self._use(_with(self._request, _given(place, texts)), notices=not_kept(error), key=key)
        request = _untyped(self._request, texts)
        resolution = resolution_of(request, survey=False)
        hidden = {name: text for name, text in texts.items() if not _gives(resolution, name, text)}
        notices = (*kept.done, *notices_of(kept, self._resolution, resolution, hidden))
        if keepable != texts:
            notices = (*notices, COMMAND_NOT_KEPT)
        if hidden:
            request = _with(request, _given(place, hidden))
            resolution = resolution_of(request, survey=False)
        if _gives(resolution, "base_url", texts.get("base_url", "")):
            self._let_through.vouch_for(resolution)
        return self._use(request, resolution, notices, key)

    def _use(
        self,
        request: Asked,
        resolution: Resolution | None = None,
        notices: tuple[str, ...] = (),
        key: Secret | None = None,
    ) -> ReadyConfig:
        resolution = resolution or resolution_of(request, survey=False)
        configured = of_resolution(resolution, self._let_through, key)
        known = _warnings(self._resolution)
        news = tuple(warning for warning in _warnings(resolution) if warning not in known)
        self._request, self._resolution = request, resolution
        return replace(configured, notices=(*notices, *news))

    def _key_to_carry(self, texts: Mapping[str, str | Secret]) -> dict[str, Secret]:
        """Return the present key if it is to be kept with the texts: the next session would not find it otherwise.

        It would if the environment has it, or `.qwen/.env` already. A reference stays one.
        """
        decision = self._resolution.decisions["api_key"]
        if "api_key" in texts or decision.winner is None or self._request.secret_from is not None:
            return {}
        origin = decision.winner.origin
        stays = origin.source.is_exported or origin.path == env_file_of(self._resolution.world.cwd)
        return {} if stays or not isinstance(decision.value, Secret) else {"api_key": decision.value}


def _given(place: str, texts: Mapping[str, str | Secret]) -> dict[str, Given]:
    return {name: Given(place, text) for name, text in texts.items()}


def _with(request: Asked, given: Mapping[str, Given]) -> Asked:
    """Return a request with more that is given; a key in it takes the place of --secret-from.

    Another method takes nothing over from what was given for the one before.
    """
    if "auth_method" in given and given["auth_method"].text == METHOD:
        return with_method(request, given["auth_method"].flag)
    reference = None if "api_key" in given else request.secret_from
    return replace(request, given={**request.given, **given}, secret_from=reference)


def _untyped(request: Asked, texts: Mapping[str, str | Secret]) -> Asked:
    """Return a request without what was typed before for the fields that are kept; flags of the command line stay."""
    given = {
        name: given for name, given in request.given.items() if name not in texts or not given.flag.startswith("/")
    }
    return replace(request, given=given, secret_from=None if "api_key" in texts else request.secret_from)


def _gives(resolution: Resolution, name: str, text: str | Secret) -> bool:
    winner = resolution.decisions[name].winner
    return winner is not None and winner.revealed == (text.reveal() if isinstance(text, Secret) else text)


def _warnings(resolution: Resolution) -> tuple[str, ...]:
    found = [(d.code, d.finding) for d in warnings_of(resolution) if d.severity == "warning"]
    return tuple(f"{code} warning: {finding.message} {finding.hint}".rstrip() for code, finding in found)
