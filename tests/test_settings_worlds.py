"""Generated worlds with settings files: the compiler agrees with the short model, and each origin is correct."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hypothesis import given
from support.recorded_settings import outcome_of
from support.scratch import scratch, with_parents
from support.settings_model import outcome
from support.settings_worlds import APP, HOME, machine_at, settings_worlds
from support.trees import read, write_tree

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_schema import SettingsError, Surroundings, dump, follow, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution

NEWER = "qwen-code-0.21"


@contextmanager
def tree_of(world: dict[str, Any]) -> Iterator[Path]:
    with scratch(with_parents(HOME, APP)) as root:
        for place in (HOME, APP):
            (root / place).mkdir(parents=True, exist_ok=True)
        write_tree(root, {path: text.replace("{ROOT}", str(root)) for path, text in world["files"].items()})
        yield root


def resolve_in(world: dict[str, Any], root: Path, profile: str = NEWER, **options: Any) -> Resolution:
    environ = {name: text.replace("{ROOT}", str(root)) for name, text in world["env"].items()}
    read_world = read(root / APP, root / HOME, environ=environ, flags=world["flags"], profile=profile, **options)
    return resolve_world(read_world, profile_named(profile))


def decisions_of(resolution: Resolution) -> dict[str, object]:
    """Return the decision for each field: the winner, the other candidates, and the problem of the value."""
    decisions = resolution.decisions
    return {name: (d.winner, d.shadowed, d.problem and d.problem.wrong) for name, d in decisions.items()}


@given(settings_worlds())
def test_the_compiler_agrees_with_the_model(world: dict[str, Any]) -> None:
    with tree_of(world) as root:
        try:
            found = outcome_of(resolve_in(world, root))
        except SettingsError:
            found = {"error": "exit"}
        assert found == outcome(machine_at(world, str(root)))


@given(settings_worlds())
def test_a_survey_changes_no_decision(world: dict[str, Any]) -> None:
    with tree_of(world) as root:
        try:
            plain, surveyed = (resolve_in(world, root, survey=survey) for survey in (False, True))
        except SettingsError:
            return
        assert decisions_of(plain) == decisions_of(surveyed)
        assert plain.search == surveyed.search


@given(settings_worlds())
def test_the_documented_profile_reads_no_settings(world: dict[str, Any]) -> None:
    with tree_of(world) as root:
        with_settings = decisions_of(resolve_in(world, root, "documented"))
        for path in world["files"]:
            if path.endswith(".json"):
                (root / path).unlink()
        assert decisions_of(resolve_in(world, root, "documented")) == with_settings


@given(settings_worlds())
def test_the_line_of_an_origin_has_the_value(world: dict[str, Any]) -> None:
    with tree_of(world) as root:
        try:
            decisions = resolve_in(world, root).decisions
        except SettingsError:
            return
        for name, decision in decisions.items():
            # A list may come from several files; its origin is the highest one.
            if name != "excluded_variables":
                assert_origins(decision)


def assert_origins(decision: Decision) -> None:
    """Check that each candidate's text, or the variable behind it, is in the line of its origin."""
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
            # A blank URL of Google's library counts as empty.
            is_blank = not text and '" "' in line
            through_variable = goes_through and ("$" in line or str(origin.variable) in line)
            assert written in line or is_snapshot or is_blank or through_variable, line


@given(settings_worlds())
def test_the_artifact_refers_to_the_key_and_does_not_contain_it(world: dict[str, Any]) -> None:
    with tree_of(world) as root:
        try:
            resolution = resolve_in(world, root)
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
            # Variables in a part of a text come only from the environment.
            return
        assert follow(artifact.api_key, here).reveal() == key.revealed
