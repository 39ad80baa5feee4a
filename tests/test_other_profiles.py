"""Differences between profiles: a field is reported exactly if the two profiles resolve it differently."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from rich.console import Console
from support.declarations import profiles_with
from support.model import MODELS
from support.trees import as_nobody, read, tree_of, write_tree
from support.worlds import KEY, Scene, env_text, scenes, scenes_with_a_choice
from test_model_agreement import intended_values

from qwen_cfg.core.other_profiles import compare_profiles
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.explanation import explain
from qwen_cfg.explanation.side_by_side import Column, side_by_side_screen
from qwen_cfg.explanation.text import screen
from qwen_cfg.rules import OTHER_PROFILE, RULES, diagnose, rules_for_check
from qwen_cfg.rules.pages import pages
from qwen_schema import Secret, UsageError, declared_profiles, profiles

if TYPE_CHECKING:
    from rich.console import RenderableType

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution

NEWER = "qwen-code-0.21"
DATA = Path(__file__).parent / "data"
RECORDED = ("qwen_scenarios.jsonl", "qwen_scenarios_0.24.jsonl")
OF_BOTH = pytest.mark.parametrize(("profile", "other"), [("documented", NEWER), (NEWER, "documented")])
RULE = tuple(rule for rule in RULES if rule.code == OTHER_PROFILE)

# The first file has no base URL; the home's file has one.
FILLED_IN = (
    Scene(flags={"auth_method": "openai"})
    .with_file("r/home/work/app/.env", (KEY, "sk-0123456789ab"), ("OPENAI_MODEL", "m"))
    .with_file("r/home/.qwen/.env", ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1"))
)


def text_of(decision: Decision) -> object:
    value = decision.value.reveal() if isinstance(decision.value, Secret) else decision.value
    problem = decision.problem and (decision.problem.wrong, decision.winner and decision.winner.revealed)
    return value, problem


def origin_of(decision: Decision) -> object:
    if decision.winner is None or decision.winner.origin.layer == "default":
        return decision.winner and "default"
    return decision.winner.origin.layer, decision.winner.origin.place


def login_of(resolution: Resolution) -> object:
    """Return which login is used, if one is."""
    return resolution.auth_method == "qwen-oauth" and resolution.directory.moved_to


@OF_BOTH
@given(scene=scenes())
@example(scene=FILLED_IN)
def test_a_field_is_reported_exactly_if_the_resolutions_differ(profile: str, other: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        mine = tree.resolve(profile, survey=True)
        theirs = tree.resolve(other, survey=True)
        (reported,) = compare_profiles(mine)
        by_name = {difference.name: difference for difference in reported.differences}
        for name, decision in mine.decisions.items():
            same_value = text_of(decision) == text_of(theirs.decisions[name])
            same_login = name != "api_key" or decision.winner is not None or login_of(mine) == login_of(theirs)
            differs = not same_value or not same_login or origin_of(decision) != origin_of(theirs.decisions[name])
            assert (name in by_name) == differs, name
            if differs:
                assert by_name[name].same_value == (same_value and same_login)
                assert text_of(by_name[name].decision) == text_of(theirs.decisions[name])
                assert origin_of(by_name[name].decision) == origin_of(theirs.decisions[name])
        assert reported.agrees == (not by_name)
        assert [d.finding.field for d in diagnose(mine, RULE)] == [n for n, d in by_name.items() if not d.same_value]


@OF_BOTH
@given(scene=scenes_with_a_choice())
def test_a_chosen_env_file_is_read_under_the_other_profile_too(profile: str, other: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        (reported,) = compare_profiles(tree.resolve(profile, survey=True))
        assert reported.resolution is not None
        assert reported.resolution.search == tree.resolve(other).search


@OF_BOTH
@given(scene=scenes())
def test_a_reported_field_differs_between_the_models(profile: str, other: str, scene: Scene) -> None:
    """The report agrees with the two short models, except for defaults, which they do not know."""
    with tree_of(scene) as tree:
        (reported,) = compare_profiles(tree.resolve(profile, survey=True))
        one, two = (MODELS[name](scene, intended_values(scene)).texts for name in (profile, other))
        differing = {difference.name for difference in reported.differences}
        assert {name for name in one if one[name] != two[name] and None not in (one[name], two[name])} <= differing


def test_a_world_for_one_profile_reports_no_others() -> None:
    """A run does not look at places beyond its own search, so it does not know the others."""
    with tree_of(FILLED_IN) as tree:
        assert compare_profiles(tree.resolve(survey=False)) == ()
        assert diagnose(tree.resolve(survey=False), RULE) == ()
        (reported,) = compare_profiles(tree.resolve(survey=True))
        assert [difference.name for difference in reported.differences] == ["base_url"]


def test_a_key_alone_decides_the_method_in_one_profile() -> None:
    with tree_of(FILLED_IN.with_file("r/home/work/app/.env", (KEY, "sk-0123456789ab")).but(flags={})) as tree:
        (reported,) = compare_profiles(tree.resolve(survey=True))
        names = {difference.name: difference.decision.winner for difference in reported.differences}
        assert names.keys() == {"auth_method", "base_url", "model"}
        assert names["auth_method"] is None


def test_the_same_value_from_another_origin_is_reported_as_equal() -> None:
    scene = FILLED_IN.but(environ={KEY: ""}).with_file("r/home/.env", (KEY, "sk-0123456789ab"))
    scene = scene.with_file("r/home/work/app/.env", ("OPENAI_MODEL", "m"))
    scene = scene.but(files={**scene.files, P("r/home/work/.env"): env_text(("OPENAI_MODEL", "m"))})
    with tree_of(scene.but(environ={"OPENAI_MODEL": "", "OPENAI_API_KEY": "sk-0123456789ab"})) as tree:
        (reported,) = compare_profiles(tree.resolve(survey=True))
        assert {d.name: d.same_value for d in reported.differences} == {"base_url": False, "model": False}
    same = Scene(
        cwd=P("r/elsewhere"), home=P("r/home"), flags={"auth_method": "openai", "base_url": "http://127.0.0.1:1"}
    )
    same = same.with_file("r/elsewhere/.env", ("QWEN_MODEL", "m")).with_file("r/home/.env", ("OPENAI_MODEL", "m"))
    with tree_of(same) as tree:
        (reported,) = compare_profiles(tree.resolve(survey=True))
        assert {d.name: d.same_value for d in reported.differences} == {"model": True}
        assert diagnose(tree.resolve(survey=True), RULE) == ()


def test_an_unreadable_file_of_the_other_profile_makes_it_unknown() -> None:
    with tree_of(FILLED_IN) as tree:
        (tree.root / "r/home/.qwen/.env").write_bytes(b"A=\xff\n")
        (reported,) = compare_profiles(tree.resolve(survey=True))
        assert (reported.resolution, reported.differences, reported.agrees) == (None, (), False)
        assert reported.error is not None
        assert reported.error.where == "~/.qwen/.env:1"


def test_an_unreadable_directory_of_the_other_profile_makes_it_unknown() -> None:
    with tree_of(FILLED_IN) as tree:
        (tree.root / "r/home/.qwen").chmod(0)
        tree.root.parent.chmod(0o755)
        tree.root.chmod(0o755)
        with as_nobody():
            (reported,) = compare_profiles(tree.resolve(survey=True))
        (tree.root / "r/home/.qwen").chmod(0o700)
        assert reported.error is not None
        assert reported.error.where == "~/.qwen/settings.json"


def test_a_fifo_that_only_the_other_profile_reads_is_named_and_not_read() -> None:
    with tree_of(FILLED_IN) as tree:
        os.mkfifo(tree.root / "r/home/.env")
        (reported,) = compare_profiles(tree.resolve(survey=True))
        assert reported.unread == ("~/.env",)
        assert not reported.agrees
        assert [difference.name for difference in reported.differences] == ["base_url"]


def test_the_documents_give_the_number_of_differing_trees(tmp_path: Path) -> None:
    lines = [line for name in RECORDED for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
    differing = 0
    for number, line in enumerate(lines):
        scenario, root = json.loads(line), tmp_path / str(number)
        write_tree(root, scenario["files"])
        for place in ("cwd", "home"):
            (root / scenario[place]).mkdir(parents=True, exist_ok=True)
        world = read(root / scenario["cwd"], root / scenario["home"], environ=scenario["env"], survey=True)
        (other,) = compare_profiles(resolve_world(world, profile_named()))
        differing += any(not difference.same_value for difference in other.differences)
    sentence = f"In {differing} of the {len(lines)} trees"
    assert sentence in (DATA.parents[1] / "docs/search.md").read_text(encoding="utf-8")


def test_profiles_differ_only_in_declared_values() -> None:
    """Every declared value makes a difference, and no two profiles are equal."""
    declared = declared_profiles()
    values = [vars(profile) for profile in declared.values()]
    assert list(declared) == ["documented", NEWER]
    for key in ("walk_ends_at", "home_fills_in", "empty_hides", "home_env_excludes", "directory_variable"):
        assert len({value[key] for value in values}) == len(values), key
    assert profiles.other_profiles(declared[NEWER]) == (declared["documented"],)


# The rules of a check.


def test_by_default_a_check_applies_the_warnings_but_not_this_rule() -> None:
    codes = {rule.code for rule in rules_for_check((), ())}
    assert OTHER_PROFILE not in codes
    assert codes == {rule.code for rule in RULES if rule.severity == "warning"}
    assert "QC101" in codes


def test_rules_are_selected_and_ignored_by_their_codes() -> None:
    assert [rule.code for rule in rules_for_check((OTHER_PROFILE,), ())] == [OTHER_PROFILE]
    assert rules_for_check(("all",), ()) == RULES
    assert [rule.code for rule in rules_for_check(("QC101", "QC102"), ("QC101",))] == ["QC102"]
    assert "QC101" not in {rule.code for rule in rules_for_check((), ("QC101",))}
    assert rules_for_check((), ("all",)) == ()
    for select, ignore, option in (((), ("QC999",), "--ignore"), (("x",), (), "--select")):
        with pytest.raises(UsageError) as refusal:
            rules_for_check(select, ignore)
        assert refusal.value.where == option


THIRD = """
[third]
description = "A third profile."
qwen_code = "0.18"
walk_ends_at = "home"
home_fills_in = true
empty_hides = true
home_env_excludes = true
directory_variable = ""
"""


def as_text(screen: RenderableType) -> str:
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(screen)
    return console.export_text()


AGREED = Scene(flags={"auth_method": "openai", "base_url": "http://127.0.0.1:1/v1", "model": "m"})


@pytest.mark.parametrize("scene", [FILLED_IN, AGREED], ids=["they differ", "they agree"])
def test_three_profiles_are_not_called_both(scene: Scene) -> None:
    with profiles_with(THIRD), tree_of(scene) as tree:
        resolutions = [tree.resolve(name, survey=True) for name in declared_profiles()]
        assert [len(compare_profiles(resolution)) for resolution in resolutions] == [2, 2, 2]
        documents = [explain(resolution, diagnose(resolution)) for resolution in resolutions]
        columns = tuple(Column(one.profile, one.title, one) for one in documents)
        shown = [as_text(side_by_side_screen("here", columns, width=width)) for width in (40, 100)]
        shown += [as_text(screen(one, width=100)) for one in documents]
        findings = [d.finding for one in documents for d in one.diagnostics if d.code == OTHER_PROFILE]
    assert ("every field has the same value under every profile" in shown[1]) == (scene == AGREED)
    hint = "OPENAI_BASE_URL in the environment, or --openai-base-url, applies under every profile."
    assert {finding.hint for finding in findings} == (set() if scene == AGREED else {hint})
    for text in (*shown, *(f"{f.message} {f.hint}" for f in findings), pages()[OTHER_PROFILE].advice):
        assert "both" not in text
        assert "the other profile" not in text
