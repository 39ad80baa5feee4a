"""`verify` with the real Qwen Code: it agrees in the recorded trees, and does not change them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from cli.process import run
from support.recorded_settings import DIRECTED, MIXED, recordings, write_recording

if TYPE_CHECKING:
    from pathlib import Path

PORT = 4711
# Settings change the request itself: `verify` reports a difference, and a rule explains it.
CHANGED_ON_THE_WIRE = {"e-custom-header", "e-extra-body-model", "e-sampling-model", "a2-model-headers"}
# The number of worlds of each kind: made by hand, random, and directed at one rule.
HANDMADE, RANDOM, DIRECTED_COUNT = 27, 12, 16


def sample() -> list[str]:
    mixed = [one["id"] for one in recordings("", PORT, MIXED)]
    made = [name for name in mixed if not name.startswith("t24")]
    directed = [one["id"] for one in recordings("", PORT, DIRECTED) if not one["id"].startswith("b5")]
    return [*made[:HANDMADE], *mixed[-RANDOM:], *directed[:: max(1, len(directed) // DIRECTED_COUNT)]]


def recording(name: str, root: str) -> dict[str, Any]:
    return next(one for one in recordings(root, PORT) if one["id"] == name)


def digests(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file() and ".local/state" not in str(path))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_at_least_forty_worlds() -> None:
    assert len(set(sample())) >= 40


@pytest.mark.parametrize("name", sample())
def test_verify_agrees(name: str, tmp_path: Path, path_with_qwen: str) -> None:
    one = recording(name, str(tmp_path))
    cwd, home = write_recording(one, tmp_path)
    before = digests(tmp_path)
    env = {**one["env"], "PATH": path_with_qwen}
    words = ("--format", "json", "--time-limit", "240", "--trust-project", "--", "qwen", *one["argv"])
    outcome = run("verify", *words, cwd=cwd, home=home, env=env)
    found, observed = outcome.json, one["observed"]
    assert digests(tmp_path) == before, outcome.out
    assert outcome.code == (1 if name in CHANGED_ON_THE_WIRE else 0), outcome.output
    if name in CHANGED_ON_THE_WIRE:
        assert any("QC125" in notice for notice in found["notices"])
    elif "model" in observed:
        sent = {field["field"]: field.get("sent") for field in found["fields"]}
        assert sent["model"] == observed["model"]
    else:
        assert (found["fields"], found["verdict"]) == ([], "agrees")
