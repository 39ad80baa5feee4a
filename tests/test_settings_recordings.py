"""Recorded runs of Qwen Code with settings files: the short model and the compiler agree with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.recorded_settings import expected_of, flags_of, outcome_of, recording, recordings, write_recording
from support.settings_model import Machine, outcome
from support.trees import read

from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_schema import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

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


def test_the_number_of_recordings() -> None:
    assert len(ALL) == 157 + 169


@pytest.mark.parametrize("number", ALL)
def test_the_model_agrees(number: int) -> None:
    one = recording(number, ROOT, PORT)
    assert outcome(machine_of(one)) == expected_of(one, PORT)


@pytest.mark.parametrize("number", ALL)
def test_the_compiler_agrees(number: int, tmp_path: Path) -> None:
    one = recording(number, str(tmp_path), PORT)
    cwd, home = write_recording(one, tmp_path)
    try:
        world = read(cwd, home, environ=one["env"], flags=flags_of(one), profile=NEWER)
        found = outcome_of(resolve_world(world, profile_named(NEWER)))
    except SettingsError:
        found = {"error": "exit"}
    assert found == expected_of(one, PORT)
