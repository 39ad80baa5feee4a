"""Every recorded run of Qwen Code: the artifact has the values that reached the server there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.trees import read, write_tree

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_schema import Secret, Surroundings, follow

DATA = Path(__file__).with_name("data")
PORT = "4711"
FIELDS = {"--model": "model", "--openai-base-url": "base_url", "--openai-api-key": "api_key"}
# Defaults of the recorded 0.10.1 that differ from the documents. The profile has the defaults of 0.24.4.
DEFAULTS = {
    "documented": ("https://api.openai.com/v1", "gpt-4o"),
    "qwen-code-0.21": ("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen3.7-max"),
}

# Qwen Code 0.10.1 ignored the key of --openai-api-key. Its documents say that a flag overrides everything.
KEY_FLAG_IGNORED = {"s11-0067", "s11-0095", "s11-0116", "s11-0129", "s11-0138"}


def recordings(name: str) -> list[Any]:
    lines = (DATA / name).read_text(encoding="utf-8").replace("{PORT}", PORT).splitlines()
    return [pytest.param(scenario, id=scenario["id"]) for scenario in map(json.loads, lines)]


OLDER, NEWER = recordings("qwen_scenarios.jsonl"), recordings("qwen_scenarios_0.24.jsonl")


def flags_of(scenario: dict[str, Any]) -> dict[str, str]:
    """Return the flags of a scenario by field."""
    argv = scenario["argv"]
    return {FIELDS[flag]: text for flag, text in zip(argv[::2], argv[1::2], strict=True)}


def values_sent(scenario: dict[str, Any], root: Path, profile: str, its_default_model: str) -> dict[str, str]:
    """Return the values that would reach the server, in the form of the recording."""
    for directory in ("r/home/work/app/src", scenario["home"], scenario["cwd"]):
        (root / directory).mkdir(parents=True, exist_ok=True)
    write_tree(root, scenario["files"])
    flags = {**flags_of(scenario), "auth_method": "openai"}
    cwd, home = root / scenario["cwd"], root / scenario["home"]
    world = read(cwd, home, environ=scenario["env"], flags=flags, profile=profile)
    resolution = resolve_world(world, profile_named(profile))
    if resolution.needs_api_key:
        return {"error": "missing_api_key"}
    artifact = to_artifact(resolution)
    base_url, model = DEFAULTS[profile]
    if artifact.provenance["base_url"].layer == "default":
        assert artifact.text("base_url") == base_url
        return {"error": "connection"}
    key = follow(
        artifact.api_key,
        Surroundings(scenario["env"], {"--openai-api-key": Secret(flags.get("api_key", ""))}, cwd, home),
    )
    by_default = artifact.provenance["model"].layer == "default"
    assert not by_default or artifact.text("model") == model
    return {
        "api_key": key.reveal(),
        "base_url": artifact.text("base_url"),
        "model": its_default_model if by_default else artifact.text("model"),
    }


def test_the_number_of_recordings() -> None:
    assert len(OLDER) == len(NEWER) == 150


@pytest.mark.parametrize("scenario", [s for s in OLDER if s.id not in KEY_FLAG_IGNORED])
def test_qwen_code_0_10(scenario: dict[str, Any], tmp_path: Path) -> None:
    assert values_sent(scenario, tmp_path, "documented", "qwen3-coder-plus") == scenario["observed"]


@pytest.mark.parametrize("scenario", [s for s in OLDER if s.id in KEY_FLAG_IGNORED])
def test_the_key_flag_counts_though_qwen_code_0_10_ignored_it(scenario: dict[str, Any], tmp_path: Path) -> None:
    assert scenario["observed"] == {"error": "missing_api_key"}
    flag = flags_of(scenario)["api_key"]
    # In one of the five no base URL is set either, so there is no server that the key could have reached.
    result = values_sent(scenario, tmp_path, "documented", "qwen3-coder-plus")
    assert result == {"error": "connection"} if scenario["id"] == "s11-0129" else result["api_key"] == flag


@pytest.mark.parametrize("scenario", NEWER)
def test_qwen_code_0_24(scenario: dict[str, Any], tmp_path: Path) -> None:
    assert values_sent(scenario, tmp_path, "qwen-code-0.21", "qwen3.7-max") == scenario["observed"]
