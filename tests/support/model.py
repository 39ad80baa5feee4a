"""A short model of the documented rules and of Qwen Code 0.21's, written apart from the compiler.

A model takes a scene and the variables that each of its env files sets. It returns the env files that count, the text
of each field, and the excluded variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from os.path import normpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .worlds import Scene

PROXIES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
VARIABLES = {
    "excluded_variables": ["QWEN_CFG_EXCLUDED_VARIABLES"],
    "auth_method": ["QWEN_OAUTH"],
    "api_key": ["OPENAI_API_KEY"],
    "base_url": ["OPENAI_BASE_URL"],
    "model": ["OPENAI_MODEL", "QWEN_MODEL"],
    "proxy": PROXIES,
    "no_proxy": ["NO_PROXY", "no_proxy"],
    "ca_bundle": ["SSL_CERT_FILE"],
    "timeout": ["QWEN_CFG_TIMEOUT"],
    "max_retries": ["QWEN_CFG_MAX_RETRIES"],
    "debug": ["DEBUG", "DEBUG_MODE"],
    "qwen_oauth_url": ["QWEN_OAUTH_BASE_URL"],
    "usage_statistics": ["QWEN_CFG_USAGE_STATISTICS"],
    "usage_statistics_endpoint": ["QWEN_CFG_USAGE_STATISTICS_ENDPOINT"],
}
REACH_USER = {"excluded_variables", "proxy", "no_proxy", "ca_bundle", "qwen_oauth_url"}
REACH_USER |= {"usage_statistics", "usage_statistics_endpoint"}
# Fields for which an empty flag means none, and overrides the variables.
CAN_BE_NONE = {"proxy", "ca_bundle", "usage_statistics_endpoint"}


@dataclass(frozen=True)
class Expected:
    """The result of a model. A text is None if only the default is left; a method is None if it is undecided."""

    found: list[PurePosixPath]
    texts: dict[str, str | None]
    excluded: list[tuple[PurePosixPath, str]]


@dataclass(frozen=True)
class Rules:
    """What a profile says about the env files that count."""

    found: list[PurePosixPath]
    # Files that may set the fields of the user alone, such as the proxy.
    of_user: set[PurePosixPath | None]
    # Files that may set excluded variables.
    may_set_all: set[PurePosixPath]
    # Whether an empty variable hides the same variable of lower layers.
    empty_hides: bool


def documented_rules(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> Expected:
    """Apply the documented rules: only the first env file counts, and an empty variable hides lower ones.

    A plain `.env` may not set DEBUG. A key, or a login in the home, decides the method.
    """
    found = _found(scene, [path for path in search_order(scene) if path in values][:1])
    home_files = _home_files(scene)
    may_set_all = {path for path in found if _is_qwen_file(path)}
    rules = Rules(found, {*home_files, scene.chosen}, may_set_all, empty_hides=True)
    sources = Sources(scene, values, rules)
    login = "qwen-oauth" if scene.login and scene.home else None
    return _expectation(sources, lambda excluded: "openai" if sources.text("api_key", excluded) else login)


def qwen_code_0_21(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> Expected:
    """Apply the rules of Qwen Code 0.21: the first env file below the home counts, then the user's own files.

    The user's own files are the one in QWEN_HOME, if that is set, and the two of the home; they may set DEBUG. An empty
    variable counts as unset. Only a key, a base URL and a model together, all in variables, decide the method. These
    scenes have no settings files.
    """
    qwen_home = _qwen_home(scene, values)
    own = list(dict.fromkeys([*([qwen_home / ".env"] if qwen_home else []), *_home_files(scene)]))
    below_home = takewhile(lambda directory: directory != scene.home, (scene.cwd, *scene.cwd.parents))
    first = [file for directory in below_home for file in _env_files_in(directory) if file in values][:1]
    found = _found(scene, list(dict.fromkeys([*first, *(path for path in own if path in values)])))
    # A relative QWEN_HOME leads into whatever project is the working directory, so only one from `~` is the user's.
    of_user = own if _qwen_home_text(scene, values)[:1] == "~" else _home_files(scene)
    may_set_all = {path for path in found if _is_qwen_file(path) or path in own}
    rules = Rules(found, {*of_user, scene.chosen}, may_set_all, empty_hides=False)
    sources = Sources(scene, values, rules)

    def infer(excluded: set[str]) -> str | None:
        fields = ("api_key", "base_url", "model")
        return "openai" if all(sources.variable(field, excluded) for field in fields) else None

    return _expectation(sources, infer)


MODELS = {"documented": documented_rules, "qwen-code-0.21": qwen_code_0_21}


def search_order(scene: Scene) -> list[PurePosixPath]:
    """Return the places of the documented search: up to the root, then the home."""
    way_up = [file for directory in (scene.cwd, *scene.cwd.parents) for file in _env_files_in(directory)]
    return [*way_up, *_home_files(scene)]


@dataclass(frozen=True)
class Sources:
    """The flags, the environment and the env files of a scene, read by the rules of a profile."""

    scene: Scene
    values: Mapping[PurePosixPath, Mapping[str, str]]
    rules: Rules

    def text(self, field: str, excluded: set[str]) -> str | None:
        """Return the flag of a field, or else its variable."""
        flag = self.scene.flags.get(field)
        return flag if flag or (flag == "" and field in CAN_BE_NONE) else self.variable(field, excluded)

    def variable(self, field: str, excluded: set[str]) -> str | None:
        """Return the value of a field's first variable that is set, from the environment or else an env file."""
        layers = [self.scene.environ]
        for path in self.rules.found:
            if path in self.rules.of_user or field not in REACH_USER:
                may_set_all = path in self.rules.may_set_all
                layers.append({n: v for n, v in self.values[path].items() if may_set_all or n not in excluded})
        for name in VARIABLES[field]:
            texts = [layer[name] for layer in layers if name in layer]
            if self.rules.empty_hides:
                texts = texts[:1]
            if any(texts):
                return next(filter(None, texts))
        return None


def _expectation(sources: Sources, infer: Callable[[set[str]], str | None]) -> Expected:
    scene, rules = sources.scene, sources.rules
    names = {n.strip() for n in (sources.text("excluded_variables", set()) or "DEBUG,DEBUG_MODE").split(",")}
    # A list with an invalid name is a problem, and excludes nothing.
    names = set() if any(" " in name for name in names) else names
    texts = {field: sources.text(field, names) for field in VARIABLES}
    by_variable = "qwen-oauth" if sources.variable("auth_method", names) else infer(names)
    texts["auth_method"] = scene.flags.get("auth_method") or by_variable
    if texts["auth_method"] == "qwen-oauth":
        # The variables of the other method do not count.
        texts |= {field: scene.flags.get(field) or None for field in ("base_url", "model")}
    restricted = [path for path in rules.found if path not in rules.may_set_all]
    excluded = [(path, name) for path in restricted for name in sources.values[path] if name in names]
    return Expected(rules.found, texts, excluded)


def _found(scene: Scene, searched: list[PurePosixPath]) -> list[PurePosixPath]:
    """Return the env files that count: those of the search, unless a flag chooses one or none."""
    if scene.chosen:
        return [scene.chosen]
    return [] if scene.no_env_file else searched


def _qwen_home_text(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> str:
    """Return QWEN_HOME from the environment, or else from a file of the home that may be read."""
    if "QWEN_HOME" in scene.environ:
        return scene.environ["QWEN_HOME"]
    home_files = [] if scene.chosen or scene.no_env_file else _home_files(scene)
    texts = [values.get(path, {}).get("QWEN_HOME") for path in home_files]
    return next(filter(None, texts), "")


def _qwen_home(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> PurePosixPath | None:
    """Return the directory that QWEN_HOME names."""
    text = _qwen_home_text(scene, values)
    if not text or (text[0] == "~" and scene.home is None):
        return None
    return PurePosixPath(normpath(f"{scene.home}/{text[2:]}" if text[0] == "~" else scene.cwd / text))


def _env_files_in(directory: PurePosixPath) -> list[PurePosixPath]:
    return [directory / ".qwen/.env", directory / ".env"]


def _home_files(scene: Scene) -> list[PurePosixPath]:
    return _env_files_in(scene.home) if scene.home else []


def _is_qwen_file(path: PurePosixPath) -> bool:
    return path.parent.name == ".qwen"
