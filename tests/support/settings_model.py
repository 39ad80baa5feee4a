"""A short model of what Qwen Code 0.21 and later do with settings files, written apart from the compiler.

It takes the files and variables of a machine. It returns what Qwen Code would send, or the reason why it sends nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any

from qwen_schema.envfile import last_of_each, reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The variables of each method: for the key, the base URL and the model.
METHODS = ["openai", "openai-responses", "qwen-oauth", "gemini", "vertex-ai", "anthropic"]
KEYS = {
    "openai": ["OPENAI_API_KEY"],
    "openai-responses": ["OPENAI_API_KEY"],
    "gemini": ["GEMINI_API_KEY"],
    "vertex-ai": ["GOOGLE_API_KEY"],
    "anthropic": ["ANTHROPIC_API_KEY"],
}
URLS = {
    "openai": ["OPENAI_BASE_URL"],
    "openai-responses": ["OPENAI_BASE_URL"],
    "gemini": [],
    "vertex-ai": [],
    "anthropic": ["ANTHROPIC_BASE_URL"],
}
# The variables that Google's library reads itself.
LIBRARY_URLS = {"gemini": "GOOGLE_GEMINI_BASE_URL", "vertex-ai": "GOOGLE_VERTEX_BASE_URL"}
MODELS = {
    "openai": ["OPENAI_MODEL", "QWEN_MODEL"],
    "openai-responses": ["OPENAI_MODEL"],
    "gemini": ["GEMINI_MODEL"],
    "vertex-ai": ["GOOGLE_MODEL"],
    "anthropic": ["ANTHROPIC_MODEL"],
}
# The method that variables decide: the first one of which each group has a variable that is set.
INFERRED = [
    ("qwen-oauth", [["QWEN_OAUTH"]]),
    ("openai", [["OPENAI_API_KEY"], ["OPENAI_MODEL", "QWEN_MODEL"], ["OPENAI_BASE_URL"]]),
    ("gemini", [["GEMINI_API_KEY"], ["GEMINI_MODEL"]]),
    ("vertex-ai", [["GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT"], ["GOOGLE_MODEL"]]),
    ("anthropic", [["ANTHROPIC_API_KEY"], ["ANTHROPIC_MODEL"], ["ANTHROPIC_BASE_URL"]]),
]
# Variables that no env file of a project and no settings file may set.
REFUSED = {"QWEN_HOME", "QWEN_CODE_TRUSTED_FOLDERS_PATH", "QWEN_CODE_SYSTEM_SETTINGS_PATH"}
REFUSED |= {"QWEN_CODE_SYSTEM_DEFAULTS_PATH", "NODE_OPTIONS", "SSL_CERT_FILE"}
# The old names of settings, from the time when settings files were flat.
FLAT = {
    "selectedAuthType": "security.auth.selectedType",
    "enforcedAuthType": "security.auth.enforcedType",
    "excludedProjectEnvVars": "advanced.excludedEnvVars",
    "folderTrust": "security.folderTrust.enabled",
    "model": "model.name",
}


class Stop(Exception):  # noqa: N818 - the program stops, which may be no error
    """The program sends nothing, for this reason."""


@dataclass
class Machine:
    """The files, variables and flags of a machine; paths are absolute."""

    home: str
    cwd: str
    files: Mapping[str, str]
    env: dict[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)


def outcome(machine: Machine) -> dict[str, Any]:
    """Return what the program sends (`api_key`, `base_url`, `model`, `protocol`), or the `error` that stops it."""
    try:
        settings = load(machine)
        # The program starts itself again with the variables that it has set.
        if not machine.env.get("QWEN_CODE_NO_RELAUNCH") and not machine.env.get("SANDBOX"):
            settings = load(machine)
        return decide(machine, settings)
    except Stop as reason:
        return {"error": str(reason)}


def load(m: Machine) -> dict[str, Any]:
    """Read and merge the settings files, and set the variables of env files and settings in the environment."""
    home_files = [qwen_home(m) + "/.env"]
    home_files += [] if m.env.get("QWEN_HOME") else [m.home + "/.env"]
    for path in home_files:
        for name in ("QWEN_HOME", "QWEN_CODE_TRUSTED_FOLDERS_PATH"):
            if env_file(m, path).get(name) and name not in m.env:
                m.env[name] = env_file(m, path)[name]
    system = m.env.get("QWEN_CODE_SYSTEM_SETTINGS_PATH") or "/etc/qwen-code/settings.json"
    defaults = m.env.get("QWEN_CODE_SYSTEM_DEFAULTS_PATH") or join(dirname(system), "system-defaults.json")
    fallback: dict[str, str] = {}
    for path in [qwen_home(m) + "/.env", *([] if m.env.get("QWEN_HOME") else [m.home + "/.env"])]:
        fallback = {**env_file(m, path), **fallback}
    known = {**fallback, **m.env}
    scopes = [expand(scope(m, path), known) for path in (defaults, qwen_home(m) + "/settings.json", system)]
    trusted = is_trusted(m, merge(scopes), m.cwd)
    workspace = expand(scope(m, m.cwd + "/.qwen/settings.json", may_break=True), known) if m.cwd != m.home else {}
    order = [scopes[0], scopes[1], *([workspace] if trusted else []), scopes[2]]
    settings = merge(order)
    fill_in(m, settings)
    return settings


def fill_in(m: Machine, settings: dict[str, Any]) -> None:
    """Set the variables that are unset or empty: from the env files, then from `env` of the settings."""
    excluded = at(settings, "advanced.excludedEnvVars")
    excluded = ["DEBUG", "DEBUG_MODE"] if excluded is None else excluded
    for path in env_files(m, settings):
        own, in_qwen = path in user_files(m), dirname(path).endswith("/.qwen")
        for name, value in env_file(m, path).items():
            may_set = own or (name not in REFUSED and (in_qwen or name not in excluded))
            if may_set and not m.env.get(name):
                m.env[name] = value
    from_settings = at(settings, "env")
    for name, value in from_settings.items() if isinstance(from_settings, dict) else ():
        if not m.env.get(name) and isinstance(value, str) and name not in REFUSED:
            m.env[name] = value.partition("\0")[0]


def env_file(m: Machine, path: str) -> dict[str, str]:
    """Return the variables of an env file; none if it does not exist."""
    return {a.name: a.value for a in last_of_each(reader_of("dotenv")(m.files.get(path, ""))).values()}


def qwen_home(m: Machine) -> str:
    """Return the directory that QWEN_HOME names, or else `~/.qwen`."""
    text = m.env.get("QWEN_HOME", "")
    if text[:1] == "~":
        text = m.home + text[1:]
    return normpath(join(m.cwd, text)) if text else m.home + "/.qwen"


def user_files(m: Machine) -> list[str]:
    """Return the paths of the user's own env files."""
    return list(dict.fromkeys([qwen_home(m) + "/.env", m.home + "/.qwen/.env", m.home + "/.env"]))


def env_files(m: Machine, settings: dict[str, Any]) -> list[str]:
    """Return the env files that count: the first one below the home in a trusted folder, then the user's own."""
    found: list[str] = []
    here, trusted = m.cwd, is_trusted(m, settings, m.cwd)
    while here != m.home and not found:
        may = trusted and (here == m.cwd or is_trusted(m, settings, here, unknown=True))
        candidates = [here + "/.qwen/.env", here.rstrip("/") + "/.env"]
        found = [p for p in candidates if p in m.files and (p in user_files(m) or may)][:1]
        if here == "/":
            break
        here = dirname(here)
    return list(dict.fromkeys([*found, *(p for p in user_files(m) if p in m.files)]))


def is_trusted(m: Machine, settings: dict[str, Any], folder: str, *, unknown: bool = False) -> bool:
    """Return whether the rule for the nearest folder trusts a folder; without a rule, `unknown`."""
    if not is_truthy(at(settings, "security.folderTrust.enabled")):
        return True
    rules = m.files.get(m.env.get("QWEN_CODE_TRUSTED_FOLDERS_PATH") or qwen_home(m) + "/trustedFolders.json", "{}")
    best = []
    for path, level in parse(rules).items():
        place = dirname(path) if level == "TRUST_PARENT" else path
        if level in ("TRUST_FOLDER", "TRUST_PARENT", "DO_NOT_TRUST") and f"{folder}/".startswith(f"{place}/"):
            best.append((len(place.split("/")), level == "DO_NOT_TRUST"))
    return not max(best)[1] if best else unknown


def parse(text: str) -> Any:
    """Parse JSON with comments."""
    comments = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
    return json.loads(comments.sub(lambda found: found[1] or " ", text.removeprefix("\ufeff")))


def scope(m: Machine, path: str, *, may_break: bool = False) -> dict[str, Any]:
    """Return the settings of a file; a file with invalid JSON is an error, or is empty if it `may_break`."""
    if path not in m.files:
        return {}
    try:
        settings = parse(m.files[path])
    except ValueError:
        if may_break:
            return {}
        raise Stop("exit") from None
    if not isinstance(settings, dict):
        raise Stop("exit")
    return migrate(settings)


def migrate(old: dict[str, Any]) -> dict[str, Any]:
    """Return settings in the present form: nested, and with a list of models for each provider."""
    version = old.get("$version")
    number = version if isinstance(version, (int, float)) and not isinstance(version, bool) else None
    signs = [*FLAT, "theme", "sandbox", "vimMode", "usageStatisticsEnabled"]
    if (number is None or number < 2) and any(n in old and not isinstance(old[n], dict) for n in signs):
        new: dict[str, Any] = {}
        moved = {FLAT[n]: old[n] for n in FLAT if n in old}
        for path, value in moved.items():
            put(new, "model" if path == "model.name" and isinstance(value, dict) else path, value)
        for name, value in old.items():
            if name in FLAT:
                continue
            if isinstance(value, dict) and any(path.startswith(name + ".") for path in moved):
                for inner, item in value.items():
                    if f"{name}.{inner}" not in moved:
                        put(new, f"{name}.{inner}", item)
            else:
                new[name] = value
        return new
    providers = old.get("modelProviders")
    if isinstance(providers, dict) and (version == 5 or "$version" not in old):
        new = {}
        for name, value in providers.items():
            models = value.get("models") if isinstance(value, dict) else value
            new[name] = value if not isinstance(value, dict) else models if isinstance(models, list) else []
        return {**old, "modelProviders": new}
    return old


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    name, _, rest = path.partition(".")
    if rest:
        tree[name] = dict(tree[name]) if isinstance(tree.get(name), dict) else {}
        put(tree[name], rest, value)
    else:
        tree[name] = value


def expand(value: Any, known: Mapping[str, str]) -> Any:
    """Replace `$NAME` and `${NAME}` in each string by the variable; an unknown one stays as it is."""
    if isinstance(value, dict):
        return {name: expand(item, known) for name, item in value.items()}
    if isinstance(value, list):
        return [expand(item, known) for item in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\$(?:([A-Za-z0-9_]+)|\{([^}]+)\})", lambda r: known.get(r[1] or r[2], r[0]), value)


def merge(scopes: Sequence[dict[str, Any]], path: str = "") -> dict[str, Any]:
    """Merge settings: objects member by member, excluded variables into one list, else the last value counts."""
    result: dict[str, Any] = {}
    for source in scopes:
        for name, value in source.items():
            current, where = result.get(name), f"{path}.{name}".lstrip(".")
            if where == "env" and is_truthy(current) and is_truthy(value):
                result[name] = {
                    **(current if isinstance(current, dict) else {}),
                    **(value if isinstance(value, dict) else {}),
                }
            elif where == "advanced.excludedEnvVars" and isinstance(current, list):
                result[name] = [*current, *(value if isinstance(value, list) else [value])]
            elif isinstance(current, dict) and isinstance(value, dict):
                result[name] = merge([current, value], where)
            else:
                result[name] = value
    return result


def is_truthy(value: Any) -> bool:
    """Return whether a value is true in JavaScript, where every object and list is."""
    return isinstance(value, (dict, list)) or bool(value)


def require_objects(*values: Any) -> None:
    """Stop if a value is true but no object and no list."""
    if any(is_truthy(value) and not isinstance(value, (dict, list)) for value in values):
        raise Stop("exit")


def at(tree: Any, path: str) -> Any:
    """Return the value at a dotted path, or None."""
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def entries(settings: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every provider entry with its method."""
    found = []
    providers = at(settings, "modelProviders")
    for provider, models in providers.items() if isinstance(providers, dict) else ():
        mapped = at(settings, "providerProtocol")
        method = mapped.get(provider, provider) if isinstance(mapped, dict) else provider
        for entry in models if isinstance(models, list) and method in METHODS else ():
            wire = {None: method, "chat-completions": "openai", "responses": "openai-responses"}
            if entry is None:
                raise Stop("exit")
            fields = entry if isinstance(entry, dict) else {}
            if "wireApi" in fields and (fields["wireApi"] not in list(wire)[1:] or not method.startswith("openai")):
                raise Stop("exit")
            if method == "qwen-oauth":
                continue
            if not isinstance(fields.get("id"), str) or not fields["id"]:
                raise Stop("exit")
            found.append((wire[fields.get("wireApi")], fields))
    return found


def holds_null(settings: dict[str, Any]) -> bool:
    """Return whether a list of models has a null in it."""
    providers = at(settings, "modelProviders")
    lists = providers.values() if isinstance(providers, dict) else providers if isinstance(providers, list) else ()
    return any(None in models for models in lists if isinstance(models, list))


def is_reserved(entry: dict[str, Any]) -> bool:
    """Return whether a provider entry is for images or voice alone, so that no prompt can be sent to it."""
    return any(is_truthy(entry.get(name)) for name in ("imageOnly", "voiceOnly", "realtimeOnly"))


def without_snapshot(name: Any) -> Any:
    """Return the model of a `$runtime|METHOD|MODEL` snapshot."""
    while isinstance(name, str) and name.startswith("$runtime|") and "|".join(name.split("|")[2:]):
        name = "|".join(name.split("|")[2:])
    return name


def decide(m: Machine, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent: choose the method, the model and the provider entry, then the key and the base URL."""
    env, flags = m.env, m.flags
    inferred = next((t for t, groups in INFERRED if all(any(env.get(n) for n in g) for g in groups)), None)
    method = flags.get("auth_method") or at(settings, "security.auth.selectedType") or inferred
    if not method:
        raise Stop("no_auth_type")
    every = entries(settings)
    if method == "qwen-oauth":
        raise Stop("oauth_discontinued")
    if method not in METHODS:
        raise Stop("exit")
    from_settings = without_snapshot(at(settings, "model.name")) if not flags.get("model") else None
    model = flags.get("model") or from_settings or first(env, MODELS[method])
    base = at(settings, "model.baseUrl") if from_settings else None
    if method.startswith("openai") and model:
        method = method_of_model(settings, method, model)
    of_method = [entry for kind, entry in every if kind == method]
    named = [entry for entry in of_method if entry["id"] == (model or default_model(method))]
    if not model:
        named.sort(key=lambda entry: bool(entry.get("baseUrl")))
    entry = next((e for e in named if base and e.get("baseUrl") == base), named[0] if named else None)
    require_objects(at(settings, "model.generationConfig"), entry.get("generationConfig") if entry and model else None)
    key = flags.get("api_key") or first(env, KEYS[method]) or at(settings, "security.auth.apiKey")
    url = flags.get("base_url") or first(env, URLS[method]) or at(settings, "security.auth.baseUrl")
    if entry is None and of_method and not key and not url:
        entry = next((one for one in of_method if not is_reserved(one)), None)
        model = model or (entry or {}).get("id")
    require_usable(settings, method, entry)
    if entry is not None:
        own = key_of(entry, env), entry.get("baseUrl")
        if model:
            key, url = own[0] or key, own[1] or url
        else:
            key, url = (own[0] or key, url or own[1]) if method == "openai" else own
        model = entry["id"]
    if method == "anthropic" and key:
        require_base_url(of_method, entry, url, env)
    return request_of(env, method, entry, {"api_key": key, "base_url": url, "model": model or default_model(method)})


def method_of_model(settings: dict[str, Any], method: str, model: str) -> str:
    """Return which of OpenAI's two APIs is used for a model."""
    if holds_null(settings):
        raise Stop("exit")
    every = [(w, e) for w, e in entries(settings) if e["id"] == model and w.startswith("openai")]
    # Without wireApi, the provider's own method decides.
    wired = [w for w, e in every if w in (method, "openai-responses") or "wireApi" in e]
    return method if method in wired or not wired else wired[0]


def key_of(entry: dict[str, Any], env: Mapping[str, str]) -> str | None:
    """Return the variable that `envKey` of a provider entry names."""
    name = entry.get("envKey")
    if is_truthy(name) and not isinstance(name, str):
        raise Stop("exit")
    return env.get(name) if name else None


def require_base_url(of_method: Sequence[Any], entry: Any, url: str | None, env: Mapping[str, str]) -> None:
    """Stop if no base URL is set, neither by the entry of the model nor, if there is none, by the variable."""
    same = [one for one in of_method if entry is not None and one["id"] == entry["id"]]
    matching = next((one for one in same if one.get("baseUrl") == url), same[0] if same else None)
    if not (env.get("ANTHROPIC_BASE_URL") if matching is None else matching.get("baseUrl")):
        raise Stop("missing_base_url")


def request_of(
    env: Mapping[str, str], method: str, entry: dict[str, Any] | None, wanted: dict[str, Any]
) -> dict[str, Any]:
    """Return what reaches the server: with a key, or by vertex-ai with the login of a Google Cloud project."""
    project = env.get("GOOGLE_CLOUD_PROJECT", "").strip() if method == "vertex-ai" else ""
    has_login = bool(project) and not (entry or {}).get("envKey")
    switch = env.get("GOOGLE_GENAI_USE_ENTERPRISE", env.get("GOOGLE_GENAI_USE_VERTEXAI", "")).strip().lower()
    library = "vertex-ai" if method == "gemini" and switch == "true" else method
    url = wanted["base_url"] or env.get(LIBRARY_URLS.get(library, ""), "").strip()
    protocol = "gemini" if method == "vertex-ai" else method
    if wanted["api_key"]:
        return {**wanted, "base_url": url or default_url(library, entry), "protocol": protocol}
    if not has_login:
        raise Stop("missing_api_key")
    location = env.get("GOOGLE_CLOUD_LOCATION", "").strip() or "global"
    return {"base_url": url or vertex_url(project, location), "model": wanted["model"], "protocol": protocol}


def vertex_url(project: str, location: str) -> str:
    host = "" if location == "global" else f"{location}-"
    return f"https://{host}aiplatform.googleapis.com/v1beta1/projects/{project}/locations/{location}/publishers/google"


def require_usable(settings: dict[str, Any], method: str, entry: dict[str, Any] | None) -> None:
    """Stop if the entry is reserved, or if the settings enforce another method."""
    if entry is not None and is_reserved(entry):
        raise Stop("exit")
    enforced = at(settings, "security.auth.enforcedType")
    if enforced and enforced != method:
        raise Stop("enforced_type")


def default_model(method: str) -> str:
    return "qwen3.7-max" if method == "openai" else "coder-model"


def default_url(method: str, entry: dict[str, Any] | None) -> str:
    if method == "gemini":
        return "https://generativelanguage.googleapis.com/v1beta"
    if method == "vertex-ai":
        return "https://aiplatform.googleapis.com/v1beta1/publishers/google"
    is_openai = entry is not None or method == "openai-responses"
    return "https://api.openai.com/v1" if is_openai else "https://dashscope.aliyuncs.com/compatible-mode/v1"


def first(env: Mapping[str, str], names: Sequence[str]) -> str | None:
    """Return the first of some variables that is set and not blank."""
    return next((env[name] for name in names if env.get(name, "").strip()), None)
