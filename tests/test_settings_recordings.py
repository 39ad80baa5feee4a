"""What Qwen Code did with settings files is what the short model says, and what the compiler resolves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.recorded_settings import expected_of, flags_of, plant, recordings
from support.settings_model import Machine, outcome
from support.trees import read

from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_schema import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.core.resolution import Resolution

ROOT, PORT = "/tree", "4711"
NEWER = "qwen-code-0.21"
ALL = [pytest.param(number, id=one["id"]) for number, one in enumerate(recordings(ROOT, PORT))]


def machine_of(recording: dict[str, Any]) -> Machine:
    return Machine(
        f"{ROOT}/{recording['home']}",
        f"{ROOT}/{recording['cwd']}",
        {f"{ROOT}/{path}": text for path, text in recording["files"].items()},
        dict(recording["env"]),
        flags_of(recording),
    )


def outcome_here(resolution: Resolution) -> dict[str, Any]:
    """Return what a resolution comes to, in the words of the recordings."""
    method, decisions = resolution.decisions["auth_method"], resolution.decisions
    if method.winner is None:
        return {"error": "no_auth_type"}
    if resolution.auth_method == "qwen-oauth":
        return {"error": "oauth_discontinued"}
    of_entries = [stop for stop in resolution.stops if stop.field == "model"]
    if method.problem is not None or of_entries:
        return {"error": "exit"}
    stops = {stop.field for stop in resolution.stops}
    if "auth_method" in stops:
        return {"error": "enforced_type"}
    if resolution.needs_api_key:
        return {"error": "missing_api_key"}
    if "base_url" in stops:
        return {"error": "missing_base_url"}
    sent = {name: winner.revealed for name in SENT if (winner := decisions[name].winner) is not None}
    return {**sent, "protocol": "gemini" if resolution.auth_method == "vertex-ai" else resolution.auth_method}


SENT = ("api_key", "base_url", "model")


def test_every_recording_is_here() -> None:
    assert len(ALL) == 157 + 169


@pytest.mark.parametrize("number", ALL)
def test_the_model_agrees(number: int) -> None:
    recording = recordings(ROOT, PORT)[number]
    assert outcome(machine_of(recording)) == expected_of(recording, PORT)


@pytest.mark.parametrize("number", ALL)
def test_the_compiler_agrees(number: int, tmp_path: Path) -> None:
    recording = recordings(str(tmp_path), PORT)[number]
    cwd, home = plant(recording, tmp_path)
    try:
        world = read(cwd, home, environ=recording["env"], flags=flags_of(recording), profile=NEWER)
        found = outcome_here(resolve_world(world, profile_named(NEWER)))
    except SettingsError:
        found = {"error": "exit"}
    assert found == expected_of(recording, PORT)
