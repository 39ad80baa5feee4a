"""The recorded runs of Qwen Code with settings files, and the part of each that has to match."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.trees import write_tree

if TYPE_CHECKING:
    from qwen_cfg.core.resolution import Resolution

DATA = Path(__file__).parents[1] / "data"
# Recordings of generated worlds, and of worlds that each test one rule.
MIXED, DIRECTED = "qwen_settings_0.24.jsonl", "qwen_settings_0.24_directed.jsonl"
FLAGS = {
    "--auth-type": "auth_method",
    "--model": "model",
    "--openai-base-url": "base_url",
    "--openai-api-key": "api_key",
}
FIELDS = ("api_key", "base_url", "model")
SENT = (*FIELDS, "protocol")

# `generationConfig` of the entry changes the request, so the value of the field is a different one.
_CHANGED_ON_THE_WIRE = {
    "e-custom-header": {"api_key": "ka"},
    "e-extra-body-model": {"model": "p1"},
    "e-sampling-model": {"model": "p1"},
    "a2-model-headers": {"api_key": "ok", "model": "m"},
    "a2-gemini": {"api_key": "ok"},
    "a2-anthropic": {"api_key": "ok"},
}

# What Google's library adds to a base URL of another host, and the token of the recordings' login.
_VERSIONS = re.compile(r"(http://127\.0\.0\.1:[0-9]+/[A-Za-z0-9]+(?:/v1/?)?)/v1beta(?:1/.*)?")
_TOKEN = "adc-token"


def recordings(root: str, port: int | str, *names: str) -> list[dict[str, Any]]:
    """Return the recordings of some files, or of all, with `root` and the server's port put in."""
    return [recording(number, root, port, *names) for number in range(len(_lines(names)))]


def recording(number: int, root: str, port: int | str, *names: str) -> dict[str, Any]:
    """Return one of the recordings, by its number among them."""
    found: dict[str, Any] = json.loads(_lines(names)[number].replace("{PORT}", str(port)).replace("{ROOT}", root))
    return found


@cache
def _lines(names: tuple[str, ...]) -> list[str]:
    text = "".join((DATA / name).read_text(encoding="utf-8") for name in names or (MIXED, DIRECTED))
    return text.splitlines()


def flags_of(recording: dict[str, Any]) -> dict[str, str]:
    """Return the flags of a recording by field."""
    argv = recording["argv"]
    return {FLAGS[flag]: text for flag, text in zip(argv[::2], argv[1::2], strict=True)}


def expected_of(recording: dict[str, Any], port: int | str) -> dict[str, Any]:
    """Return what has to match: the values that were sent, or the error."""
    observed = recording["observed"]
    sent = {name: observed[name] for name in SENT if name in observed and observed[name] != _TOKEN}
    if sent.get("protocol") == "gemini" and (without_version := _VERSIONS.fullmatch(sent["base_url"])):
        sent["base_url"] = without_version[1]
    # A URL is escaped in a request.
    escaped = {"t2401-0194": {"base_url": f"http://127.0.0.1:{port}/${{WHERE}}/v1"}}
    changes = {**_CHANGED_ON_THE_WIRE, **escaped}.get(recording["id"], {})
    return {**(sent or {"error": observed["error"]}), **changes}


def outcome_of(resolution: Resolution) -> dict[str, Any]:
    """Return the outcome of a resolution in the form of the recordings."""
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
    sent = {name: winner.revealed for name in FIELDS if (winner := decisions[name].winner) is not None}
    return {**sent, "protocol": "gemini" if resolution.auth_method == "vertex-ai" else resolution.auth_method}


def write_recording(recording: dict[str, Any], root: Path) -> tuple[Path, Path]:
    """Write the files of a recording below a root, and return its working directory and its home."""
    write_tree(root, recording["files"])
    cwd, home = root / recording["cwd"], root / recording["home"]
    for directory in (cwd, home):
        directory.mkdir(parents=True, exist_ok=True)
    return cwd, home
