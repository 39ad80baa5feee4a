"""Whether usage statistics are on and where they go, as it resolves here: the user says so, and no project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from qwen_cfg.search import places_in, search
from qwen_cfg.world import ABSENT, EnvFileChoice, Sighting
from qwen_schema import EnvFileUse, ResolvedConfig, declared_fields
from qwen_schema.bounded import Unreadable, kind_of, read_file

from .inputs import Asked, asked, profile_of, resolution_of, world_of
from .usage import FIELD

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from qwen_cfg.resolution import Resolution
    from qwen_cfg.search import Search
    from qwen_schema import Value

# All of them need reach user, so that no project's file has a say.
_FIELDS = (FIELD, "usage_statistics_endpoint", "proxy", "no_proxy", "ca_bundle")

_NO_FILE = EnvFileChoice("none")


@dataclass(frozen=True)
class Settings:
    """What sending takes: the fields that say how, and who has switched it on. `base` and `home` are for paths."""

    config: ResolvedConfig
    place: str
    base: Path
    home: Path | None

    @property
    def endpoint(self) -> str:
        """Where it goes; empty for nowhere."""
        return self.config.text("usage_statistics_endpoint")


def settings_of(args: argparse.Namespace | None, *, is_said: bool) -> Settings | None:
    """Return the settings under the options of a command, if statistics are on.

    Without `is_said` only an env file can have switched them on, and nothing is resolved unless one names them.

    Raises:
        QwenCfgError: if nothing resolves.
    """
    request = asked(args) if args is not None and hasattr(args, "secret_from") else _plain(args)
    reached = _search(request)
    if not is_said and not any(_names_it(place.path) for place in reached.read if place.reach == "user"):
        return None
    # What a pipe had to say was for the command, and cannot be read again.
    if any(visit.kind == "fifo" for visit in reached.visits):
        request = replace(request, choice=_NO_FILE)
    return _settings(resolution_of(request, survey=False))


def _plain(args: argparse.Namespace | None) -> Asked:
    return Asked(getattr(args, "given", {}), None, None, None)


def _search(request: Asked) -> Search:
    """Search as a resolution does, and read nothing."""
    profile = profile_of(request)
    world = world_of(replace(request, choice=_NO_FILE), (profile,), survey=False)
    return search(places_in(world, profile, request.choice or EnvFileChoice()), profile, _seen)


def _seen(path: Path) -> Sighting:
    try:
        return Sighting(kind_of(path.stat().st_mode))
    except OSError:
        return ABSENT


def _names_it(path: Path) -> bool:
    try:
        text = read_file(path)
    except (OSError, Unreadable):
        return False
    return any(variable.name.encode() in text for variable in declared_fields()[FIELD].variables)


def _settings(resolution: Resolution) -> Settings | None:
    decisions = {name: resolution.decisions[name] for name in _FIELDS}
    winner = decisions[FIELD].winner
    if winner is None or decisions[FIELD].value is not True or any(d.problem for d in decisions.values()):
        return None
    config = ResolvedConfig(
        profile=resolution.profile.name,
        dialect=resolution.world.dialect,
        config={name: cast("Value", decision.value) for name, decision in decisions.items()},
        provenance={},
        env_file=EnvFileUse(resolution.world.choice.chosen_by),
        excluded=(),
    )
    return Settings(config, str(winner.origin), resolution.world.cwd, resolution.world.home)
