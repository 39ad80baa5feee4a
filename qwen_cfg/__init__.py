"""The compiler: flags, environment and the first env file found, merged into one resolved config.

from qwen_cfg import resolve, to_artifact

resolution = resolve(environ={"OPENAI_API_KEY": "..."}, cwd="/work/app", home="/home/me")
resolution.decisions["model"].winner.origin     # where the model comes from
to_artifact(resolution)                         # the resolved config, which `qwen_schema.dump` writes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import resolve
    from .core.artifact import to_artifact
    from .core.drift import Difference, drift
    from .core.merge import Decision, ShadowedCandidate
    from .core.origin import Candidate, Origin
    from .core.other_profiles import Elsewhere, elsewhere
    from .core.place import Place, Search, Visit
    from .core.resolution import Resolution
    from .core.world import World
    from .explanation import Explanation, explain
    from .rules import Diagnostic, diagnose

_HOMES = {
    "Candidate": "core.origin",
    "Decision": "core.merge",
    "Diagnostic": "rules",
    "Difference": "core.drift",
    "Elsewhere": "core.other_profiles",
    "Explanation": "explanation",
    "Origin": "core.origin",
    "Place": "core.place",
    "Resolution": "core.resolution",
    "Search": "core.place",
    "ShadowedCandidate": "core.merge",
    "Visit": "core.place",
    "World": "core.world",
    "diagnose": "rules",
    "drift": "core.drift",
    "elsewhere": "core.other_profiles",
    "explain": "explanation",
    "resolve": "api",
    "to_artifact": "core.artifact",
}

__all__ = [
    "Candidate",
    "Decision",
    "Diagnostic",
    "Difference",
    "Elsewhere",
    "Explanation",
    "Origin",
    "Place",
    "Resolution",
    "Search",
    "ShadowedCandidate",
    "Visit",
    "World",
    "diagnose",
    "drift",
    "elsewhere",
    "explain",
    "resolve",
    "to_artifact",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is used, so that the command line starts without what it does not need."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
