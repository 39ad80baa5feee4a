"""Generated worlds with settings files: the compiler agrees with the short model, and says truly where values stand."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from support.settings_model import outcome
from support.settings_worlds import APP, HOME, machine_at, settings_worlds
from support.trees import read, write_tree
from test_settings_recordings import NEWER, outcome_here

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_schema import SettingsError, Surroundings, dump, follow, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution


@contextmanager
def planted(world: dict[str, Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        for place in (HOME, APP):
            (root / place).mkdir(parents=True)
        write_tree(root, {path: text.replace("{ROOT}", str(root)) for path, text in world["files"].items()})
        yield root


def resolved(world: dict[str, Any], root: Path, profile: str = NEWER, **options: Any) -> Resolution:
    environ = {name: text.replace("{ROOT}", str(root)) for name, text in world["env"].items()}
    read_world = read(root / APP, root / HOME, environ=environ, flags=world["flags"], profile=profile, **options)
    return resolve_world(read_world, profile_named(profile))


def told(resolution: Resolution) -> dict[str, object]:
    """Return what was decided for each field: the winner, those that lost, and what is wrong with the value."""
    decisions = resolution.decisions
    return {name: (d.winner, d.shadowed, d.problem and d.problem.wrong) for name, d in decisions.items()}


@given(settings_worlds())
def test_the_compiler_agrees_with_the_model(world: dict[str, Any]) -> None:
    with planted(world) as root:
        try:
            found = outcome_here(resolved(world, root))
        except SettingsError:
            found = {"error": "exit"}
        assert found == outcome(machine_at(world, str(root)))


@given(settings_worlds())
def test_a_survey_changes_no_decision(world: dict[str, Any]) -> None:
    with planted(world) as root:
        try:
            plain, surveyed = (resolved(world, root, survey=survey) for survey in (False, True))
        except SettingsError:
            return
        assert told(plain) == told(surveyed)
        assert plain.search == surveyed.search


@given(settings_worlds())
def test_the_documents_know_no_settings(world: dict[str, Any]) -> None:
    with planted(world) as root:
        with_settings = told(resolved(world, root, "documented"))
        for path in world["files"]:
            if path.endswith(".json"):
                (root / path).unlink()
        assert told(resolved(world, root, "documented")) == with_settings


@given(settings_worlds())
def test_the_named_line_of_the_named_file_gives_the_value(world: dict[str, Any]) -> None:
    with planted(world) as root:
        try:
            decisions = resolved(world, root).decisions
        except SettingsError:
            return
        for name, decision in decisions.items():
            # A list may come from several files, and has the origin of the highest.
            if name != "excluded_variables":
                require_stands_there(decision)


def require_stands_there(decision: Decision) -> None:
    """Require that each candidate's text, as it is written, or the variable behind it, stands in the line it names."""
    losers = (lost.candidate for lost in decision.shadowed)
    for candidate in (c for c in (decision.winner, *losers) if c is not None):
        for origin in (candidate.origin, *candidate.origin.behind):
            if origin.path is None:
                continue
            line = origin.path.read_text(encoding="utf-8").splitlines()[(origin.line or 0) - 1]
            text = candidate.revealed
            written = json.dumps(text) if origin.path.suffix == ".json" else text
            goes_through = origin.behind or origin is not candidate.origin
            is_snapshot = f"|{written[1:]}" in line
            assert written in line or is_snapshot or (goes_through and ("$" in line or str(origin.variable) in line)), (
                line
            )


@given(settings_worlds())
def test_the_artifact_leads_to_the_key_and_holds_none(world: dict[str, Any]) -> None:
    with planted(world) as root:
        try:
            resolution = resolved(world, root)
        except SettingsError:
            return
        if not resolution.is_complete or resolution.auth_method == "qwen-oauth" or resolution.google_project:
            return
        artifact = to_artifact(resolution)
        assert load(dump(artifact)) == artifact
        environ = {name: text.replace("{ROOT}", str(root)) for name, text in world["env"].items()}
        key = resolution.decisions["api_key"].winner
        assert key is not None
        flags = {"--openai-api-key": key.text} if key.origin.layer == "flag" else {}
        here = Surroundings(environ, flags, root / APP, root / HOME)  # type: ignore[arg-type]
        if artifact.api_key.kind == "settings" and "$" in str(world["files"]):
            # Variables that stand in a part of a text are looked up in the environment alone.
            return
        assert follow(artifact.api_key, here).reveal() == key.revealed
