"""What `exec` passes to a program: arguments, environment and private settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trees import read

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.core.settings import SettingsFile, file_tree
from qwen_cfg.starting.environment import child_environment
from qwen_cfg.starting.qwen_arguments import arguments_for, other_arguments, typed_flags
from qwen_cfg.starting.qwen_settings import private_settings
from qwen_schema import Secret, declared_fields
from qwen_schema.jsonc import parse_jsonc

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("words", "typed", "rest"),
    [
        ([], {}, []),
        (["--model", "a"], {"model": "a"}, []),
        (["-m", "a", "-p", "x"], {"model": "a"}, ["-p", "x"]),
        (["--model=a=b"], {"model": "a=b"}, []),
        (["--model", "a", "--model", "b"], {"model": "b"}, []),
        (["--model"], {}, ["--model"]),
        (["--", "--model", "a"], {}, ["--", "--model", "a"]),
        (["say", "--openai-base-url", "u"], {"base_url": "u"}, ["say"]),
        (["--auth-type", "gemini", "--proxy=p"], {"auth_method": "gemini", "proxy": "p"}, []),
        # Only flags that Qwen Code has too.
        (["--timeout", "3"], {}, ["--timeout", "3"]),
    ],
)
def test_flags_of_fields_among_arguments(words: list[str], typed: dict[str, str], rest: list[str]) -> None:
    assert {name: flag.text for name, flag in typed_flags(words).items()} == typed
    assert other_arguments(words) == rest


def test_a_typed_key_is_a_secret() -> None:
    assert typed_flags(["--openai-api-key", KEY])["api_key"].text == Secret(KEY)
    assert KEY not in repr(typed_flags([f"--openai-api-key={KEY}"]))


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("home")
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://localhost:1/v1", "OPENAI_MODEL": "m"}
    return to_artifact(resolve_world(read(root, root, environ=env), profile_named("documented")))


def test_arguments_leave_out_typed_flags_and_the_key(artifact: Any) -> None:
    url = ("--openai-base-url", "http://localhost:1/v1")
    assert arguments_for(artifact, []) == ("--auth-type", "openai", *url, "--model", "m")
    assert arguments_for(artifact, ["-m", "x", "--auth-type=openai"]) == url


NAMES = [v.name for field in declared_fields().values() for v in field.variables]


@given(st.dictionaries(st.sampled_from([*NAMES, "PATH", "OTHER"]), st.text(min_size=1, max_size=5)))
def test_only_declared_variables_change(artifact: Any, environ: dict[str, str]) -> None:
    child = child_environment(artifact, Secret(KEY), environ)
    assert {n: t for n, t in child.environ.items() if n not in NAMES} == {
        n: t for n, t in environ.items() if n not in NAMES
    }
    assert child.environ["OPENAI_API_KEY"] == KEY
    assert set(child.removed) == set(environ) - set(child.environ)
    assert KEY not in repr(child)
    # Doing it twice changes nothing.
    assert child_environment(artifact, Secret(KEY), child.environ).environ == child.environ


POLICIES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["$version", "model", "security", "modelProviders", "proxy", "ui", "telemetry"])


def contains(whole: Any, part: Any) -> bool:
    """Return whether settings contain everything in a policy."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and contains(whole[name], inner) for name, inner in part.items())
    return whole == part and type(whole) is type(part)


@given(st.dictionaries(MEMBERS, POLICIES))
def test_a_policy_is_kept_completely(artifact: Any, policy: dict[str, Any]) -> None:
    settings = private_settings(artifact, parse_jsonc(json.dumps(policy)), {})
    assert contains(settings, policy)
    assert KEY not in json.dumps(settings)
    assert ("$version" in settings) is ("$version" in policy)


def test_providers_and_methods_of_lower_scopes_are_overridden(artifact: Any) -> None:
    lower_scopes = {
        "modelProviders": {"mine": [{"id": "m"}], "openai": [{"id": "m"}]},
        "providerProtocol": {"openai": "anthropic", "mine": "openai"},
        "security": {"auth": {"enforcedType": "gemini"}},
    }
    file = SettingsFile("user", Path("/h/.qwen/settings.json"), "~/.qwen/settings.json", "user")
    other_arguments = file_tree(parse_jsonc(json.dumps(lower_scopes)), file).members or {}
    settings = private_settings(artifact, None, other_arguments)
    entry = {"id": "m", "envKey": "OPENAI_API_KEY", "baseUrl": "http://localhost:1/v1"}
    assert settings["modelProviders"] == {"mine": [], "openai": [entry]}
    assert settings["providerProtocol"] == {"openai": "openai"}
    assert settings["security"]["auth"] == {"selectedType": "openai", "enforcedType": "openai"}


def test_a_policy_that_is_no_object_is_ignored(artifact: Any) -> None:
    assert private_settings(artifact, parse_jsonc("[1]"), {}) == private_settings(artifact, None, {})
