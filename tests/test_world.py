"""The world is read once and is frozen; a resolution parses, searches and decides at most once."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.declarations import fields_with
from support.trees import read, write_tree

import qwen_cfg.core.load
import qwen_cfg.core.path_state
import qwen_cfg.core.resolution
from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.explanation import explain
from qwen_cfg.reading.ownership import ForeignFileError
from qwen_cfg.rules import diagnose
from qwen_schema import EnvFileError, Field, QwenCfgError, declared_fields, declared_profiles
from qwen_schema.envfile import parts_of, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qwen_cfg.core.resolution import Resolution
    from qwen_schema.envfile import Assignment, Dialect, UnreadLine

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
TREE = {
    "home/.qwen/.env": 'OPENAI_MODEL="of the home" # quoted\n',
    "home/.env": "OPENAI_BASE_URL=https://h/v1\n",
    "home/app/.env": f"OPENAI_API_KEY='{KEY}'\nOPENAI_MODEL=`m`\n",
}


def count_calls(monkeypatch: pytest.MonkeyPatch, module: object, name: str, counts: Counter[object]) -> None:
    """Count the calls of a function by field, or by places and profile; the function still runs."""
    called: Callable[..., object] = getattr(module, name)

    def count_and_call(*arguments: object) -> object:
        first = arguments[0]
        counts[first.name if isinstance(first, Field) else arguments[:2]] += 1
        return called(*arguments)

    monkeypatch.setattr(module, name, count_and_call)


def explain_all(resolution: Resolution) -> None:
    """Do everything that `resolve --explain` does, and make the artifact."""
    explain(resolution, diagnose(resolution))
    to_artifact(resolution)


def test_a_world_is_frozen(tmp_path: Path) -> None:
    write_tree(tmp_path, TREE)
    world = read(tmp_path / "home/app", tmp_path / "home", environ={"OPENAI_MODEL": "m"}, survey=True)
    for mapping in (
        world.path_states,
        world.settings_states,
        world.folders,
        world.loads,
        world.directories,
        world.in_git,
        world.flags,
        world.environ,
    ):
        with pytest.raises(TypeError):
            mapping["x"] = None  # type: ignore[index]
    before = copy.copy(dict(world.path_states))
    explain_all(resolve_world(world, profile_named()))
    assert dict(world.path_states) == before
    with pytest.raises(AttributeError):
        world.path_states = {}  # type: ignore[misc]


@pytest.mark.parametrize("dialect", ["dotenv", "python"])
def test_a_file_is_parsed_once_in_each_dialect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: Dialect
) -> None:
    write_tree(tmp_path, TREE)
    parsed: Counter[tuple[str, str]] = Counter()

    def count_in_python(dialect: Dialect) -> Callable[[str], tuple[Assignment, ...]]:
        def count(text: str) -> tuple[Assignment, ...]:
            parsed[dialect, text] += bool(text)
            return reader_of(dialect)(text)

        return count

    def count_in_dotenv(text: str) -> tuple[tuple[Assignment, ...], tuple[UnreadLine, ...]]:
        parsed["dotenv", text] += bool(text)
        return parts_of(text)

    monkeypatch.setattr(qwen_cfg.core.path_state, "reader_of", count_in_python)
    monkeypatch.setattr(qwen_cfg.core.path_state, "parts_of", count_in_dotenv)
    world = read(tmp_path / "home/app", tmp_path / "home", dialect=dialect, survey=True)
    for profile in declared_profiles().values():
        explain_all(resolve_world(world, profile))
    assert {text for _, text in parsed if text} == set(TREE.values())
    assert set(parsed.values()) <= {0, 1}


def test_a_profile_searches_once_and_a_field_is_decided_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, TREE)
    searches: Counter[object] = Counter()
    decisions: Counter[object] = Counter()
    count_calls(monkeypatch, qwen_cfg.core.load, "search", searches)
    count_calls(monkeypatch, qwen_cfg.core.load, "decide", decisions)
    world = read(tmp_path / "home/app", tmp_path / "home", survey=True)
    count_calls(monkeypatch, qwen_cfg.core.resolution, "decide", decisions)
    # The excluded variables are decided once per profile, when the files are read.
    assert decisions.pop("excluded_variables") == len(declared_profiles())
    for profile in declared_profiles().values():
        decisions.clear()
        resolve_world(world, profile)
        assert {*decisions, "excluded_variables"} == declared_fields().keys()
        assert set(decisions.values()) == {1}
        explain_all(resolve_world(world, profile))
    assert len(searches) == len(declared_profiles())
    assert set(searches.values()) == {1}


# Fields that depend on the authentication method.


@pytest.mark.parametrize("method", ["openai", "qwen-oauth"])
@pytest.mark.parametrize("where", ["environment", "env file"])
@pytest.mark.parametrize("field", ["timeout", "debug", "max_retries", "proxy"])
def test_a_variable_counts_only_under_its_method(tmp_path: Path, field: str, where: str, method: str) -> None:
    """The defaults of these fields do not depend on the method."""
    text = {"timeout": "7", "debug": "true", "max_retries": "3", "proxy": "http://proxy:1"}[field]
    note = {"variables": [{"name": "ONLY_OPENAI", "under": "openai"}], "reach": "project"}
    write_tree(tmp_path, {".qwen/.env": f"ONLY_OPENAI={text}\n" if where == "env file" else ""})
    environ = {"OPENAI_API_KEY": KEY, **({"ONLY_OPENAI": text} if where == "environment" else {})}
    with fields_with({field: note}):
        world = read(tmp_path, None, environ=environ, flags={"auth_method": method})
        decision = resolve_world(world, profile_named()).decisions[field]
        assert decision.by_default == (method != "openai")
        fates = {lost.candidate.revealed: lost.fate for lost in decision.shadowed}
        assert (fates.get(text) == "not under this method") == (method != "openai")


@pytest.mark.parametrize(("method", "has_key"), [("openai", True), ("qwen-oauth", False), (None, True)])
def test_a_key_may_depend_on_the_inferred_method(tmp_path: Path, method: str | None, has_key: bool) -> None:
    note = {"variables": [{"name": "OPENAI_API_KEY", "under": "openai"}]}
    with fields_with({"api_key": note}):
        flags = {"auth_method": method} if method else {}
        resolution = resolve_world(read(tmp_path, None, environ={"OPENAI_API_KEY": KEY}, flags=flags), profile_named())
        assert (resolution.decisions["api_key"].winner is not None) == has_key
        assert resolution.auth_method == (method or "openai")


# Errors.


def test_an_error_in_a_world_is_raised_as_a_new_object_each_time(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": b"OPENAI_MODEL=\xff\n"})
    world = read(tmp_path, None)
    stored = next(seen.error for seen in world.path_states.values() if seen.error is not None)
    raised = []
    for _ in range(2):
        with pytest.raises(EnvFileError) as caught:
            resolve_world(world, profile_named())
        raised.append(caught.value)
    assert stored.__traceback__ is None
    assert stored not in raised
    assert raised[0] is not raised[1]
    assert {(str(error), error.hint) for error in raised} == {(str(stored), stored.hint)}


def test_a_copied_error_keeps_everything_but_the_changed_text(tmp_path: Path) -> None:
    try:
        raise ForeignFileError(tmp_path / ".env", "./.env", 7)
    except ForeignFileError as error:
        copied, kept = error.copy(hint="Do this."), error
    assert (type(copied), copied.path, copied.owner) == (ForeignFileError, tmp_path / ".env", 7)
    assert (copied.what, copied.where, copied.hint) == (kept.what, "./.env", "Do this.")
    assert (copied.__traceback__, copied.__context__) == (None, None)
    assert kept.hint != copied.hint
    assert kept.__traceback__ is not None
    assert str(QwenCfgError("a", where="b").copy(what="c")) == "b: c"
