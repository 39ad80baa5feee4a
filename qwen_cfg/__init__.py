"""The compiler: flags, environment and the first env file found, merged into one resolved config.

import qwen_cfg

config = qwen_cfg.load()                        # what `qwen-cfg run` would use here, with the key
openai.OpenAI(**config.client_kwargs())
print(config.explain())                         # where each value comes from

resolution = qwen_cfg.resolve(environ={"OPENAI_API_KEY": "..."}, cwd="/work/app", home="/home/me")
resolution.decisions["model"].winner.origin     # where the model comes from
qwen_cfg.to_artifact(resolution)                # the resolved config, which `qwen_schema.dump` writes

The public names are those in `__all__`, and `__version__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwen_schema import ConfigurationError, NotTrustedError, QwenCfgError, Secret, UsageError

    from .api import check, load, resolve
    from .application.check_result import CheckResult
    from .application.load_config import Trust
    from .application.loaded_config import Config
    from .core.artifact import to_artifact
    from .core.drift import Difference, drift
    from .core.merge import Decision, ShadowedCandidate
    from .core.origin import Candidate, Origin
    from .core.other_profiles import ProfileComparison, compare_profiles
    from .core.place import Place, Search, Visit
    from .core.resolution import Resolution
    from .core.world import World
    from .explanation import Explanation, explain
    from .rules import Diagnostic, diagnose

    __version__: str

_HOMES = {
    "Candidate": "core.origin",
    "CheckResult": "application.check_result",
    "Config": "application.loaded_config",
    "ConfigurationError": "qwen_schema",
    "Decision": "core.merge",
    "Diagnostic": "rules",
    "Difference": "core.drift",
    "ProfileComparison": "core.other_profiles",
    "Explanation": "explanation",
    "NotTrustedError": "qwen_schema",
    "Origin": "core.origin",
    "Place": "core.place",
    "QwenCfgError": "qwen_schema",
    "Resolution": "core.resolution",
    "Search": "core.place",
    "Secret": "qwen_schema",
    "ShadowedCandidate": "core.merge",
    "Trust": "application.load_config",
    "UsageError": "qwen_schema",
    "Visit": "core.place",
    "World": "core.world",
    "check": "api",
    "diagnose": "rules",
    "drift": "core.drift",
    "compare_profiles": "core.other_profiles",
    "explain": "explanation",
    "load": "api",
    "resolve": "api",
    "to_artifact": "core.artifact",
}

__all__ = [
    "Candidate",
    "CheckResult",
    "Config",
    "ConfigurationError",
    "Decision",
    "Diagnostic",
    "Difference",
    "Explanation",
    "NotTrustedError",
    "Origin",
    "Place",
    "ProfileComparison",
    "QwenCfgError",
    "Resolution",
    "Search",
    "Secret",
    "ShadowedCandidate",
    "Trust",
    "UsageError",
    "Visit",
    "World",
    "check",
    "compare_profiles",
    "diagnose",
    "drift",
    "explain",
    "load",
    "resolve",
    "to_artifact",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is used, so that the command line loads only what it needs."""
    if name == "__version__":
        from qwen_schema.version import VERSION  # noqa: PLC0415

        return VERSION
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    home = _HOMES[name]
    return getattr(import_module(home if home == "qwen_schema" else f".{home}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__")), "__version__"]
