"""Compiling again in a session, with what was typed there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_cfg.keep import env_file_of, keep
from qwen_cfg.rules import diagnose
from qwen_cfg.world import Given
from qwen_schema import QwenCfgError, Secret, mask

from .configured import of_resolution
from .inputs import resolution_of
from .kept import not_kept, notices_of
from .typed import texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.resolution import Resolution
    from qwen_runtime import Change, Configured

    from .inputs import Asked


class Recompiling:
    """Compiles a request again with each change, and remembers what was typed: a `Reconfigure`.

    `resolution` is what the request gives now, complete or not.
    """

    def __init__(self, request: Asked, resolution: Resolution) -> None:
        self._request = request
        self._resolution = resolution

    def settings(self) -> dict[str, str]:
        """Return what there is now, for the dialogue: texts by field, the key masked."""
        decisions, reference = self._resolution.decisions, self._request.secret_from
        settings = {}
        for name in ("base_url", "model"):
            winner = decisions[name].winner
            # A default may be another one under the method that is chosen now.
            if winner is not None and not decisions[name].by_default:
                settings[name] = winner.revealed
        key = decisions["api_key"].value
        if reference is not None:
            settings["api_key"] = f"from {reference}"
        elif isinstance(key, Secret):
            settings["api_key"] = mask(key.reveal())
        return settings

    def __call__(self, change: Change) -> Configured:
        """Return what resolves with a change. If it raises, the session's settings are as before.

        What is to be kept is kept first, so that the origins of the new artifact name where it stands.

        Raises:
            ConfigurationError: if something is not valid or missing.
        """
        texts = texts_of(change)
        if change.keep:
            return self._kept(change.place, {**self._key_to_carry(texts), **texts})
        return self._use(_with(self._request, _given(change.place, texts)))

    def _kept(self, place: str, texts: Mapping[str, str | Secret]) -> Configured:
        """Keep the texts, and let what is typed count only where something hides what was kept."""
        world = self._resolution.world
        try:
            kept = keep(texts, world.cwd, world.home)
        except QwenCfgError as error:
            return self._use(_with(self._request, _given(place, texts)), notices=not_kept(error))
        request = _untyped(self._request, texts)
        resolution = resolution_of(request, survey=False)
        hidden = {name: text for name, text in texts.items() if not _gives(resolution, name, text)}
        notices = (*kept.done, *notices_of(kept, self._resolution, resolution, hidden))
        if hidden:
            return self._use(_with(request, _given(place, hidden)), notices=notices)
        return self._use(request, resolution, notices)

    def _use(self, request: Asked, resolution: Resolution | None = None, notices: tuple[str, ...] = ()) -> Configured:
        resolution = resolution or resolution_of(request, survey=False)
        configured = of_resolution(resolution)
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
        stays = origin.layer == "environment" or origin.path == env_file_of(self._resolution.world.cwd)
        return {} if stays or not isinstance(decision.value, Secret) else {"api_key": decision.value}


def _given(place: str, texts: Mapping[str, str | Secret]) -> dict[str, Given]:
    return {name: Given(place, text) for name, text in texts.items()}


def _with(request: Asked, given: Mapping[str, Given]) -> Asked:
    """Return a request with more that is given; a key in it takes the place of --secret-from."""
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
    found = [(d.code, d.finding) for d in diagnose(resolution) if d.severity == "warning"]
    return tuple(f"{code} warning: {finding.message} {finding.hint}".rstrip() for code, finding in found)
