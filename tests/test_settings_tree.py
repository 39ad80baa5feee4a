"""Settings files: migration, expansion, merge and the provider entry agree with a short model of Qwen Code's rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support import settings_model
from support.settings_model import Stop, entries

from qwen_cfg.core.layers import ENVIRONMENT
from qwen_cfg.core.origin import VariableValue
from qwen_cfg.core.settings import (
    Setting,
    SettingsFile,
    choose_entry,
    expand,
    first_entry,
    merge_scopes,
    migrate,
    settings_tree,
)
from qwen_schema.jsonc import parse_jsonc
from qwen_schema.settings_text import expand_variables as text_expanded
from qwen_schema.settings_text import variables_in

if TYPE_CHECKING:
    from collections.abc import Callable

USER = SettingsFile("user", Path("/home/u/.qwen/settings.json"), "~/.qwen/settings.json")

texts = st.sampled_from(["", "openai", "m", "$A", "${B}x", "${A}${C}", "$", "${", "${A:-x}", "$SESSION_ID", "sk-$B-$B"])
leaves = st.none() | st.booleans() | st.integers(0, 9) | texts
lists = st.lists(leaves, max_size=3)
models = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["p1", "p2"])},
        optional={
            "envKey": st.sampled_from(["K_A", ""]),
            "baseUrl": st.sampled_from(["http://a/v1", "http://b/v1"]),
            "wireApi": st.sampled_from(["responses", "chat-completions"]),
        },
    ),
    max_size=3,
)
providers = st.dictionaries(
    st.sampled_from(["openai", "openai-responses", "mine", "7", "10"]),
    models | st.fixed_dictionaries({"protocol": texts}, optional={"models": models | leaves}),
    max_size=3,
)
auth = st.dictionaries(st.sampled_from(["selectedType", "apiKey", "baseUrl", "enforcedType"]), leaves, max_size=3)
files = st.fixed_dictionaries(
    {},
    optional={
        "$version": st.sampled_from([0, 1, 2, 3, 4, 5, "1", True, None]),
        "security": st.dictionaries(st.sampled_from(["auth", "folderTrust"]), auth | leaves, max_size=2) | leaves,
        "model": leaves | st.dictionaries(st.sampled_from(["name", "baseUrl"]), leaves, max_size=2),
        "env": st.dictionaries(st.sampled_from(["A", "B", "OPENAI_MODEL"]), leaves, max_size=3) | leaves,
        "advanced": st.dictionaries(st.just("excludedEnvVars"), lists | leaves, max_size=1) | leaves,
        "modelProviders": providers,
        "providerProtocol": st.dictionaries(st.sampled_from(["mine", "7", "10"]), st.just("openai"), max_size=2),
        "selectedAuthType": leaves,
        "folderTrust": leaves | auth,
        "excludedProjectEnvVars": lists,
        "theme": leaves | auth,
    },
)


def tree(document: Any) -> Setting:
    return settings_tree(parse_jsonc(json.dumps(document, indent=1)), USER)


def plain(setting: Setting) -> Any:
    if setting.members is not None:
        return {name: plain(member) for name, member in setting.members.items()}
    return [plain(item) for item in setting.items] if setting.items is not None else setting.value


@given(files)
def test_migration(document: dict[str, Any]) -> None:
    assert without_version(plain(migrate(tree(document)))) == without_version(settings_model.migrate(document))


def lookup_in(known: dict[str, str]) -> Callable[[str], VariableValue | None]:
    return lambda name: VariableValue(known[name], ENVIRONMENT.origin(name, name)) if name in known else None


def without_version(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "$version"}


@given(files, st.dictionaries(st.sampled_from(["A", "B", "SESSION_ID"]), st.sampled_from(["", "x", "$B"])))
def test_expansion(document: dict[str, Any], known: dict[str, str]) -> None:
    of_model = settings_model.expand(document, {name: value for name, value in known.items() if name != "SESSION_ID"})
    assert plain(expand(tree(document), lookup_in(known))) == of_model


@given(st.lists(files, max_size=4))
def test_merge(documents: list[dict[str, Any]]) -> None:
    result = {name: plain(setting) for name, setting in merge_scopes(map(tree, documents)).items()}
    assert comparable(result) == comparable(settings_model.merge(documents))


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what makes no difference: duplicates in a list, and the type of an invalid `env`."""
    env, advanced = document.get("env"), document.get("advanced")
    names = advanced.get("excludedEnvVars") if isinstance(advanced, dict) else None
    changed: dict[str, Any] = {"env": env if isinstance(env, dict) else {}}
    if isinstance(names, list):
        changed["advanced"] = {
            "excludedEnvVars": sorted({repr(float(name) if isinstance(name, int) else name) for name in names})
        }
    return {**document, **changed}


@given(files, st.sampled_from(["openai", "openai-responses"]), st.sampled_from(["p1", "p2"]))
def test_provider_entry(document: dict[str, Any], method: str, model: str) -> None:
    settings = migrate(tree(document)).members or {}
    try:
        mine = [
            entry for kind, entry in entries(settings_model.migrate(in_javascript_order(document))) if kind == method
        ]
    except Stop:
        # Qwen Code does not start, so there is nothing to compare.
        return
    choice, first = choose_entry(settings, method, model), first_entry(settings, method)
    of_model = next((entry for entry in mine if entry["id"] == model), None)
    assert (choice and plain(choice.entry.setting)) == of_model
    assert (first and plain(first.entry.setting)) == (mine[0] if mine else None)


def in_javascript_order(document: dict[str, Any]) -> dict[str, Any]:
    found = document.get("modelProviders", {})
    numbers = sorted((name for name in found if name.isdigit()), key=int)
    ordered = {name: found[name] for name in (*numbers, *(n for n in found if n not in numbers))}
    return {**document, "modelProviders": ordered} if found else document


@given(files)
def test_a_value_is_in_its_line(document: dict[str, Any]) -> None:
    lines = json.dumps(document, indent=1).split("\n")
    settings = merge_scopes([expand(migrate(tree(document)), lookup_in({"A": "other"}))])
    for setting in (leaf for member in settings.values() for leaf in leaves_of(member)):
        written = setting.written if setting.written is not None else setting.value
        assert json.dumps(written) in lines[setting.line - 1] or setting.text is None
        named = next((name for name in reversed(setting.names) if not name.isdigit()), "")
        assert named in "\n".join(lines[: setting.line])


def leaves_of(setting: Setting) -> list[Setting]:
    inner = [*(setting.members or {}).values(), *(setting.items or ())]
    return [leaf for member in inner for leaf in leaves_of(member)] if inner else [setting]


@given(st.text(st.sampled_from("${}A_ \n\u0130"), max_size=30))
def test_variables_in_a_text_are_found_like_qwen_code(text: str) -> None:
    """The pattern is that of Qwen Code."""
    pattern, known = r"\$(?:([A-Za-z0-9_]+)|\{([^}]+)\})", {"A": "x", "_": "${A}", "A A": "y"}
    names = tuple(found[1] or found[2] for found in re.finditer(pattern, text))
    assert variables_in(text) == names
    put_in = re.sub(pattern, lambda found: known.get(found[1] or found[2], found[0]), text)
    assert text_expanded(text, known.get) == (put_in, tuple(name for name in names if name in known))
