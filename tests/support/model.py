"""The documents once more, in as few lines as will hold them, and with nothing in common with the compiler.

A scene goes in with what its env files mean; out come the files that count and the text that wins for each field
(None where only the default is left). `None` for `auth_method` is an undecided one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from os.path import normpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@dataclass(frozen=True)
class Expected:
    found: list[PurePosixPath]
    texts: dict[str, str | None]
    excluded: list[tuple[PurePosixPath, str]]


def way(scene: Scene) -> list[PurePosixPath]:
    """Return the places of the documented search in order."""
    on_the_way = [f for d in (scene.cwd, *scene.cwd.parents) for f in (d / ".qwen/.env", d / ".env")]
    return [*on_the_way, *_at_home(scene)]


def documented(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> Expected:
    """The first file found and nothing else; an empty variable hides; a plain .env may not set DEBUG."""
    found = [path for path in way(scene) if path in values][:1]
    return _merged(scene, values, found, _at_home(scene), empty_hides=True, home_env_excludes=True)


def qwen_code_0_21(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> Expected:
    """The first file below the home, then the user's own; an empty variable is unset; ~/.env may set DEBUG.

    The user's own are the one in QWEN_HOME, if that is set, and the home's two. A key alone decides no method: that
    takes a base URL and a model beside it, all in variables. No settings file is in these worlds.
    """
    moved = _moved(scene, values)
    own = list(dict.fromkeys([*([moved / ".env"] if moved else []), *_at_home(scene)]))
    below = takewhile(lambda directory: directory != scene.home, (scene.cwd, *scene.cwd.parents))
    first = [f for d in below for f in (d / ".qwen/.env", d / ".env") if f in values][:1]
    found = list(dict.fromkeys([*first, *(path for path in own if path in values)]))
    return _merged(scene, values, found, own, empty_hides=False, home_env_excludes=False, moved=moved)


def _moving(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> str:
    """Return what QWEN_HOME says: the environment's, or else that of a home's file that the search may read."""
    searched = [] if scene.chosen or scene.no_env_file else [values.get(path, {}) for path in _at_home(scene)]
    sources = [scene.environ] if "QWEN_HOME" in scene.environ else searched
    return next(filter(None, (source.get("QWEN_HOME") for source in sources)), "")


def _moved(scene: Scene, values: Mapping[PurePosixPath, Mapping[str, str]]) -> PurePosixPath | None:
    """Return where QWEN_HOME leads."""
    text = _moving(scene, values)
    if not text or (text[0] == "~" and scene.home is None):
        return None
    return PurePosixPath(normpath(f"{scene.home}/{text[2:]}" if text[0] == "~" else scene.cwd / text))


def _merged(scene, values, found, own, *, empty_hides, home_env_excludes, moved=None) -> Expected:  # type: ignore[no-untyped-def]
    if scene.chosen or scene.no_env_file:
        found = [scene.chosen] if scene.chosen else []
    # A relative QWEN_HOME leads into whatever project one stands in.
    users = own if _moving(scene, values)[:1] == "~" else _at_home(scene)
    trusted = {*users, scene.chosen}
    may_set_all = {p for p in found if p.parent.name == ".qwen" or (p in own and not home_env_excludes)}

    def winner(field: str, excluded: set[str]) -> str | None:
        files = [p for p in found if p in trusted or field not in REACH_USER]
        allowed = [{n: v for n, v in values[p].items() if p in may_set_all or n not in excluded} for p in files]
        for name in VARIABLES[field]:
            offers = [source[name] for source in (scene.environ, *allowed) if name in source]
            texts = offers[:1] if empty_hides else offers
            if any(texts):
                return next(filter(None, texts))
        return None

    def text(field: str, excluded: set[str]) -> str | None:
        return scene.flags.get(field) or winner(field, excluded)

    names = {n.strip() for n in (text("excluded_variables", set()) or "DEBUG,DEBUG_MODE").split(",")}
    names = set() if any(" " in name for name in names) else names
    texts = {field: text(field, names) for field in VARIABLES}
    login = scene.login and scene.home and moved in (None, scene.home / ".qwen")
    if empty_hides:
        inferred = "openai" if texts["api_key"] else "qwen-oauth" if login else None
    else:
        is_openai = all(winner(field, names) for field in ("api_key", "base_url", "model"))
        inferred = "openai" if is_openai else None
    asked = "qwen-oauth" if winner("auth_method", names) else inferred
    texts["auth_method"] = scene.flags.get("auth_method") or asked
    if texts["auth_method"] == "qwen-oauth":
        texts |= {field: scene.flags.get(field) or None for field in ("base_url", "model")}
    excluded = [(p, n) for p in found if p not in may_set_all for n in values[p] if n in names]
    return Expected(found, texts, excluded)


def _at_home(scene: Scene) -> list[PurePosixPath]:
    return [scene.home / ".qwen/.env", scene.home / ".env"] if scene.home else []


MODELS = {"documented": documented, "qwen-code-0.21": qwen_code_0_21}
