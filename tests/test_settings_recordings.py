"""The short model of Qwen Code's settings agrees with every recorded run of the real program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.settings_model import Machine, outcome

ROOT, PORT = "/tree", "4711"
FLAGS = {
    "--auth-type": "auth_method",
    "--model": "model",
    "--openai-base-url": "base_url",
    "--openai-api-key": "api_key",
}
RECORDINGS = [
    json.loads(line.replace("{PORT}", PORT).replace("{ROOT}", ROOT))
    for line in (Path(__file__).with_name("data") / "qwen_settings_0.24.jsonl").read_text(encoding="utf-8").splitlines()
]

# `generationConfig` of the entry changes what is on the wire: the value itself is the model's.
CHANGED_ON_THE_WIRE = {
    "e-custom-header": {"api_key": "ka"},
    "e-extra-body-model": {"model": "p1"},
    "e-sampling-model": {"model": "p1"},
}
# A URL is written on the wire as URLs are.
ESCAPED = {"t2401-0194": {"base_url": f"http://127.0.0.1:{PORT}/${{WHERE}}/v1"}}


def machine_of(recording: dict[str, Any]) -> Machine:
    argv = recording["argv"]
    return Machine(
        f"{ROOT}/{recording['home']}",
        f"{ROOT}/{recording['cwd']}",
        {f"{ROOT}/{path}": text for path, text in recording["files"].items()},
        dict(recording["env"]),
        {FLAGS[flag]: text for flag, text in zip(argv[::2], argv[1::2], strict=True)},
    )


def test_every_recording_is_here() -> None:
    assert len(RECORDINGS) == 157


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording["id"])
def test_the_model_agrees(recording: dict[str, Any]) -> None:
    observed = recording["observed"]
    sent = {name: observed[name] for name in ("api_key", "base_url", "model", "protocol") if name in observed}
    expected = sent or {"error": observed["error"]}
    changes = {**CHANGED_ON_THE_WIRE, **ESCAPED}.get(recording["id"], {})
    assert outcome(machine_of(recording)) == {**expected, **changes}
