"""Strategies that generate whole worlds with settings files: every scope, env files, folder trust, variables, flags."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from .settings_model import Machine

HOME, APP = "r/home", "r/home/work/app"
PLACES = {
    "user": f"{HOME}/.qwen/settings.json",
    "workspace": f"{APP}/.qwen/settings.json",
    "moved": "r/qhome/settings.json",
    "system": "r/system/settings.json",
    "defaults": "r/system/system-defaults.json",
}
ENV_FILES = [
    f"{APP}/.env",
    f"{APP}/.qwen/.env",
    f"{HOME}/work/.env",
    f"{HOME}/.qwen/.env",
    f"{HOME}/.env",
    "r/qhome/.env",
]

_URLS = st.sampled_from(["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", "${WHERE}", "http://127.0.0.1:3/${SECRET}x"])
_KEYS = st.sampled_from(["sk-one-0123456789", "${SECRET}", "$K_A", "sk-${SECRET}-x"])
_MODELS = st.sampled_from(["p1", "p2", "m", "${WHERE}", "$runtime|openai|p1", "$runtime|x"])
_METHODS = st.sampled_from(["openai", "openai", "openai", "openai-responses", "anthropic", "gemini", "vertex-ai"])

# Objects and lists are true in JavaScript, even when empty.
_RESERVED = st.sampled_from([False, "", 0, None] * 4 + [True, "false", {}, []])

_entry = st.fixed_dictionaries(
    {"id": st.sampled_from(["p1", "p2", "qwen3.7-max", "coder-model"] * 9 + [5, ""])},
    optional={
        "envKey": st.sampled_from(["K_A", "K_B", "OPENAI_API_KEY"] * 5 + [5, 0]),
        "baseUrl": _URLS | st.just(""),
        "wireApi": st.sampled_from(["responses", "chat-completions"] * 4 + [None]),
        "imageOnly": _RESERVED,
        "realtimeOnly": _RESERVED,
        "generationConfig": st.sampled_from([{}, [], {"extra_body": {}}, "", 7]),
    },
)
_plain_entry = st.fixed_dictionaries(
    {"id": st.sampled_from(["p1", "m", "coder-model"])},
    optional={"envKey": st.just("K_B"), "baseUrl": _URLS, "voiceOnly": _RESERVED},
)
_ODD = st.sampled_from([None, "p1", 5, [], {}])


def _lists(entry: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    """Generate lists of entries, sometimes with an invalid one."""
    return st.lists(st.integers(0, 30).flatmap(lambda number: entry if number else _ODD), max_size=most)


_entries, _plain_entries = _lists(_entry, 3), _lists(_plain_entry, 2)
_auth = st.fixed_dictionaries(
    {},
    optional={
        "selectedType": _METHODS,
        "apiKey": _KEYS,
        "baseUrl": _URLS,
        "enforcedType": st.sampled_from(["openai", "openai", "gemini"]),
    },
)
_ENABLED = st.sampled_from([True, False, True, False, "true", "", 1, 0, None, [], {}])
_security = st.fixed_dictionaries(
    {"auth": _auth}, optional={"folderTrust": st.fixed_dictionaries({"enabled": _ENABLED})}
)
_variables = st.fixed_dictionaries(
    {},
    optional={
        "OPENAI_API_KEY": _KEYS,
        "OPENAI_BASE_URL": _URLS,
        "OPENAI_MODEL": _MODELS,
        "QWEN_MODEL": st.just("q"),
        "K_A": _KEYS,
        "K_B": st.sampled_from(["kb", ""]),
        "ANTHROPIC_API_KEY": st.just("sk-ant"),
        "ANTHROPIC_BASE_URL": _URLS,
        "GEMINI_API_KEY": st.just("gk"),
        "GEMINI_MODEL": st.just("g"),
        "GOOGLE_API_KEY": st.just("vk"),
        "GOOGLE_CLOUD_PROJECT": st.sampled_from(["project", " "]),
        "GOOGLE_CLOUD_LOCATION": st.sampled_from(["europe-west4", "global", " "]),
        "GOOGLE_GEMINI_BASE_URL": _URLS | st.just(" "),
        "GOOGLE_VERTEX_BASE_URL": _URLS,
        "GOOGLE_GENAI_USE_VERTEXAI": st.sampled_from(["true", "TRUE ", "1"]),
        "QWEN_CODE_NO_RELAUNCH": st.sampled_from(["1", ""]),
    },
)
_settings = st.fixed_dictionaries(
    {},
    optional={
        "$version": st.sampled_from([1, 2, 4, 5]),
        "security": _security,
        "model": st.sampled_from(["p1", "m"])
        | st.fixed_dictionaries(
            {"name": _MODELS},
            optional={"baseUrl": _URLS, "generationConfig": st.sampled_from([{}, {"customHeaders": {}}, None, "x"])},
        ),
        "env": _variables,
        "modelProviders": st.fixed_dictionaries(
            {},
            optional={
                "openai": _entries,
                "anthropic": _plain_entries,
                "gemini": _plain_entries,
                "vertex-ai": _plain_entries,
                "qwen-oauth": st.lists(st.sampled_from([{}, {}, {"id": 5}, {"wireApi": "responses"}]), max_size=1),
                "mine": _entries,
            },
        ),
        "providerProtocol": st.just({"mine": "openai"}),
        "selectedAuthType": _METHODS,
        "advanced": st.fixed_dictionaries({"excludedEnvVars": st.lists(st.sampled_from(["OPENAI_MODEL", "K_A"]))}),
    },
)
_texts = st.one_of(
    _settings.map(lambda one: json.dumps(one, indent=1)),
    _settings.map(lambda one: "// mine\n" + json.dumps(one, indent=1) + "/* end */"),
    st.sampled_from(["", "{", '{"model": {"name": "m"},}', "[]"]),
)
_texts = _settings.map(lambda one: "// mine\n" + json.dumps(one, indent=1)) | _texts
_rules = st.dictionaries(
    st.sampled_from([APP, HOME, f"{HOME}/work", "r"]),
    st.sampled_from(["TRUST_FOLDER", "TRUST_PARENT", "DO_NOT_TRUST", "MAYBE"]),
    max_size=3,
)


def _env_text(values: dict[str, str]) -> str:
    return "".join(f"{name}={text}\n" for name, text in values.items())


@st.composite
def settings_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a world: `files`, `env` and `flags`, with paths below `{ROOT}`."""
    scopes = draw(st.sets(st.sampled_from(list(PLACES)), max_size=4))
    files = {PLACES[scope]: draw(_texts) for scope in sorted(scopes)}
    for path in draw(st.sets(st.sampled_from(ENV_FILES), max_size=3)):
        files[path] = _env_text(draw(_variables))
    rules = draw(_rules)
    if rules:
        place = draw(st.sampled_from([f"{HOME}/.qwen", "r/qhome"]))
        files[f"{place}/trustedFolders.json"] = json.dumps({f"{{ROOT}}/{path}": level for path, level in rules.items()})
    env = draw(_variables)
    env |= {"WHERE": "http://127.0.0.1:7/v1", "SECRET": "sk-of-the-shell"} if draw(st.booleans()) else {}
    if scopes & {"system", "defaults"}:
        env["QWEN_CODE_SYSTEM_SETTINGS_PATH"] = "{ROOT}/r/system/settings.json"
    if draw(st.integers(0, 4)) == 0:
        env["QWEN_HOME"] = "{ROOT}/r/qhome"
    if draw(st.integers(0, 5)) == 0:
        env[draw(st.sampled_from(["QWEN_CODE_NO_RELAUNCH", "SANDBOX"]))] = "1"
    names = {
        "auth_method": _METHODS,
        "model": _MODELS,
        "base_url": st.just("http://127.0.0.1:9/v1"),
        "api_key": st.just("k"),
    }
    flags = {name: draw(names[name]) for name in sorted(draw(st.sets(st.sampled_from(sorted(names)), max_size=1)))}
    return {"files": files, "env": env, "flags": flags}


def machine_at(world: dict[str, Any], root: str) -> Machine:
    """Return a world as the machine of the short model, with its files below a root."""
    placed = json.loads(json.dumps(world).replace("{ROOT}", root))
    files = {f"{root}/{path}": text for path, text in placed["files"].items()}
    return Machine(f"{root}/{HOME}", f"{root}/{APP}", files, placed["env"], placed["flags"])
