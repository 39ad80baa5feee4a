"""The compiler agrees with the short model in every generated world, under either profile."""

from __future__ import annotations

from io import StringIO
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING

import pytest
from dotenv.main import DotEnv
from hypothesis import example, given
from support.model import MODELS, Expected
from support.trees import tree_of
from support.worlds import Scene, scenes, scenes_with_a_choice

if TYPE_CHECKING:
    from support.trees import SceneTree

    from qwen_cfg.core.resolution import Resolution

both_profiles = pytest.mark.parametrize("profile", list(MODELS))


def assert_agrees(resolution: Resolution, expected: Expected, tree: SceneTree) -> None:
    """Compare the env files that count, the text of each field, and the excluded variables."""
    paths = [place.path.relative_to(tree.root) for place in resolution.search.read]
    assert paths == expected.found
    for name, decision in resolution.decisions.items():
        offered = decision.winner is not None and not decision.by_default
        text = decision.winner.revealed if offered and decision.winner else None
        if name == "auth_method" and not decision.problem:
            text = resolution.auth_method
        assert text == expected.texts[name], name
    excluded = [(file.place.path.relative_to(tree.root), name) for file in resolution.files for name in file.excluded]
    assert excluded == expected.excluded


def intended_values(scene: Scene) -> dict:
    return {path: file.values for path, file in scene.files.items()}


def values_of_python_dotenv(scene: Scene) -> dict:
    """Return the variables that python-dotenv itself reads; a name without a value assigns nothing."""
    return {
        path: {
            k: v for k, v in DotEnv(None, StringIO(file.text, newline=""), interpolate=False).parse() if v is not None
        }
        for path, file in scene.files.items()
    }


@both_profiles
@given(scene=scenes())
@example(scene=Scene(environ={"HTTPS_PROXY": "http://127.0.0.1:3128"}, flags={"proxy": ""}))
@example(scene=Scene(environ={"OPENAI_MODEL": "m"}, flags={"model": ""}))
def test_every_field_has_the_source_that_the_model_expects(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        assert_agrees(tree.resolve(profile), MODELS[profile](scene, intended_values(scene)), tree)


@both_profiles
@given(scene=scenes_with_a_choice())
def test_a_chosen_env_file_replaces_the_search(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        assert_agrees(tree.resolve(profile), MODELS[profile](scene, intended_values(scene)), tree)


@given(scene=scenes())
def test_the_python_dialect_reads_like_python_dotenv(scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve(dialect="python")
        assert_agrees(resolution, MODELS["documented"](scene, values_of_python_dotenv(scene)), tree)


@both_profiles
@given(scene=scenes())
def test_a_survey_changes_no_decision(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        plain, surveyed = tree.resolve(profile), tree.resolve(profile, survey=True)
        assert [d.winner for d in plain.decisions.values()] == [d.winner for d in surveyed.decisions.values()]
        assert [d.shadowed for d in plain.decisions.values()] == [d.shadowed for d in surveyed.decisions.values()]
        assert plain.search == surveyed.search


@given(scene=scenes())
def test_a_field_without_a_source_has_the_documented_default(scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve()
        texts = MODELS["documented"](scene, intended_values(scene)).texts
        oauth = texts["auth_method"] == "qwen-oauth"
        defaults = {
            "base_url": "https://dashscope.aliyuncs.com/compatible-mode/v1" if oauth else "https://api.openai.com/v1",
            "model": "coder-model" if oauth else "gpt-4o",
            "excluded_variables": ("DEBUG", "DEBUG_MODE"),
            "usage_statistics": False,
            "debug": False,
            "proxy": "",
        }
        for name, default in defaults.items():
            if texts[name] is None:
                assert resolution.decisions[name].value == default


def test_a_chosen_home_env_file_may_set_the_same_fields() -> None:
    scene = Scene().with_file("r/home/.env", ("DEBUG", "1")).but(chosen=P("r/home/.env"))
    with tree_of(scene) as tree:
        for profile, model in MODELS.items():
            assert_agrees(tree.resolve(profile), model(scene, intended_values(scene)), tree)
