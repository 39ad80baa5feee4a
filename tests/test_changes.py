"""Changes between artifacts and between resolutions, compared with the values themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given
from support.trees import tree_of
from support.worlds import complete_scenes, environments, scenes

from qwen_cfg.core.changes import ArtifactChange, Changes, artifact_change, one_sided_change, resolution_change
from qwen_cfg.core.drift import Difference
from qwen_schema import ConfigurationError, Secret, SecretReference, declared_fields

if TYPE_CHECKING:
    from support.worlds import Scene

    from qwen_cfg.core.resolution import Resolution
    from qwen_schema import ResolvedConfig


def artifact_of(scene: Scene) -> ResolvedConfig:
    with tree_of(scene) as tree:
        try:
            artifact = tree.artifact()
        except ConfigurationError:
            artifact = None
    assume(artifact is not None)
    assert artifact is not None
    return artifact


@given(complete_scenes(), complete_scenes())
def test_exactly_the_fields_with_different_values_differ(one: Scene, other: Scene) -> None:
    old, new = artifact_of(one), artifact_of(other)
    change = artifact_change("qwen.toml", old, new, strict=False)
    machine = {name for name in old.config if declared_fields()[name].machine}
    wanted = {name for name, value in old.config.items() if value != new.config[name]}
    assert {difference.field for difference in change.differences} - machine == wanted - machine
    assert change.status == ("changed" if change.differences else "same")
    parts = {d.field: d.part for d in change.differences}
    references = {name for name, value in old.config.items() if isinstance(value, SecretReference)}
    assert {name for name, part in parts.items() if part == "secret reference"} <= references
    strict = {difference.field for difference in artifact_change("qwen.toml", old, new, strict=True).differences}
    assert set(parts) <= strict


@given(complete_scenes())
def test_an_artifact_equals_itself_and_is_new_if_there_was_none(scene: Scene) -> None:
    artifact = artifact_of(scene)
    assert artifact_change("x", artifact, artifact, strict=True) == ArtifactChange("x", "same")
    added, removed = (one_sided_change("x", artifact, is_new=is_new) for is_new in (True, False))
    assert [(d.old, d.new) for d in added.differences] == [(d.new, d.old) for d in removed.differences]


def values(resolution: Resolution) -> dict[str, object]:
    def value(name: str) -> object:
        decision = resolution.decisions[name]
        if decision.winner is None:
            return "login" if decision.field.secret and resolution.auth_method == "qwen-oauth" else None
        if decision.problem is not None:
            return decision.problem.wrong, decision.winner.revealed
        return decision.value.reveal() if isinstance(decision.value, Secret) else decision.value

    return {name: value(name) for name in resolution.decisions}


@given(scenes(), environments())
def test_environments_differ_in_resolved_values_without_showing_keys(scene: Scene, environ: dict[str, str]) -> None:
    other = scene.but(environ={**scene.environ, **environ})
    with tree_of(scene) as tree:
        try:
            old = tree.resolve()
        except ConfigurationError:
            return
    with tree_of(other) as tree:
        new = tree.resolve()
    change = resolution_change(".", old, new, strict=False)
    before, after = values(old), values(new)
    assert {d.field for d in change.differences} == {name for name in before if before[name] != after[name]}
    # The trees are in different directories; no text shows them.
    text = " ".join(f"{d.old} {d.new}" for d in resolution_change(".", old, new, strict=True).differences)
    assert not [secret for secret in scene.secrets | other.secrets if len(secret) > 8 and secret in text]


def test_a_change_in_many_artifacts_is_reported_once() -> None:
    def change(file: str, *pairs: tuple[str, str, str]) -> ArtifactChange:
        return ArtifactChange(file, "changed", tuple(Difference(f, "value", old, new, "", "") for f, old, new in pairs))

    changes = Changes(
        "revisions",
        "a",
        "b",
        9,
        (
            change("1", ("model", "x", "y"), ("base_url", "p", "q")),
            change("2", ("model", "x", "z")),
            change("3", ("model", "x", "z"), ("base_url", "p", "q")),
            ArtifactChange("4", "added", (Difference("model", "value", "", "x", "", ""),)),
        ),
    )
    assert [(g.field, g.old, g.new, g.files) for g in changes.groups] == [
        ("model", "x", "z", ("2", "3")),
        ("model", "x", "y", ("1",)),
        ("base_url", "p", "q", ("1", "3")),
    ]
    assert (changes.files_with("model"), changes.files_with("base_url"), changes.count("added")) == (3, 2, 1)
    assert [changes.exit_code, Changes("revisions", "a", "b", 9, ()).exit_code] == [1, 0]
