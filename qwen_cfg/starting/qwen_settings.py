"""System settings for one start of Qwen Code: an artifact's values, overridden by the machine's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.jsonc import plain_value

from .environment import usual_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.settings import Setting
    from qwen_schema import ResolvedConfig
    from qwen_schema.jsonc import Node

# The form of settings that Qwen Code 0.24 writes, and does not rewrite.
_FORM = 4


def private_settings(artifact: ResolvedConfig, machine: Node | None, others: Mapping[str, Setting]) -> dict[str, Any]:
    """Return settings of the scope "system" that make Qwen Code use an artifact.

    The machine's own system settings (`machine`) are included and override the artifact. `others` are the merged
    settings of all other scopes. The result contains no key: Qwen Code reads it from the variable that `envKey` names.
    """
    method, url, model = (artifact.text(name) for name in ("auth_method", "base_url", "model"))
    auth: dict[str, Any] = {"selectedType": method}
    if _has(others, "security", "auth", "enforcedType"):
        auth["enforcedType"] = method
    # Entries of other providers may have the same protocol, model and base URL, and another key.
    providers: dict[str, Any] = {name: [] for name in _members(others, "modelProviders")}
    providers[method] = [{"id": model, "envKey": usual_variable("api_key", method), "baseUrl": url}]
    settings: dict[str, Any] = {
        "$version": _FORM,
        "security": {"auth": auth},
        "model": {"name": model, "baseUrl": url},
        "modelProviders": providers,
    }
    if method in _members(others, "providerProtocol"):
        settings["providerProtocol"] = {method: method}
    if artifact.text("proxy"):
        # The login of the proxy is only in the variable, not in a file.
        settings["proxy"] = f"${{{usual_variable('proxy', method)}}}"
    if machine is None or machine.members is None:
        return settings
    own = plain_value(machine)
    if "$version" not in own:
        # Without a version, Qwen Code also reads old forms of these settings.
        del settings["$version"]
    return _merge(settings, own)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return merged settings, as Qwen Code merges scopes: objects by name; other values are replaced."""
    both = {
        name: _merge(below[name], value)
        for name, value in above.items()
        if isinstance(below.get(name), dict) and isinstance(value, dict)
    }
    return {**below, **above, **both}


def _has(settings: Mapping[str, Setting], first: str, *names: str) -> bool:
    found = settings.get(first)
    return found is not None and found.at(*names) is not None


def _members(settings: Mapping[str, Setting], name: str) -> list[str]:
    found = settings.get(name)
    return [] if found is None else list(found.members or {})
