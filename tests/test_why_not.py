"""The edits that `why-not` proposes: each one, made on the disk or in the environment, makes the value win."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scratch import put_back, scratch, with_parents
from support.settings_worlds import settings_worlds
from support.trees import flag_values, write_scene, write_tree
from support.worlds import CWDS, VALUES, scenes, scenes_with_a_choice

from qwen_cfg.application.compilation import Compilation
from qwen_cfg.application.request import Process, Request
from qwen_cfg.application.why_not import why_not
from qwen_cfg.core.resolution import Resolution
from qwen_cfg.core.start import EnvFileChoice, FlagValue
from qwen_cfg.reading.qwen_home import Home
from qwen_cfg.writing.assignment import CannotAssignError, assign, unassign
from qwen_schema import BadValue, QwenCfgError, Secret, declared_fields, declared_profiles, parse_value
from qwen_schema.envfile import last_of_each, reader_of
from qwen_schema.jsonc import parse_jsonc

if TYPE_CHECKING:
    from pathlib import Path

    from support.worlds import Scene

    from qwen_cfg.application.edits import Edit
    from qwen_cfg.application.why_not import Fix, WhyNot

PROFILES = tuple(declared_profiles())


@dataclass(frozen=True)
class Here:
    """A working directory on the disk, with an environment and flags."""

    cwd: Path
    home: Path | None
    environ: dict[str, str] = field(default_factory=dict)
    flags: dict[str, FlagValue] = field(default_factory=dict)
    choice: EnvFileChoice | None = None

    def compile(self, profile: str) -> Compilation:
        process = Process(self.environ, self.cwd, Home(self.home))
        request = Request(process, self.flags, self.choice, profile)
        return Compilation(request, "survey", git_status=lambda _: None)

    def after(self, edits: tuple[Edit, ...]) -> Here:
        """Return the place after the edits; those of files are made on the disk."""
        environ, flags = dict(self.environ), dict(self.flags)
        for edit in edits:
            match edit.where:
                case "flag":
                    flags.pop(edit.field, None)
                    if edit.text is not None:
                        flags[edit.field] = FlagValue(edit.name, edit.text)
                case "environment":
                    environ.pop(edit.name, None)
                    if edit.text is not None:
                        environ[edit.name] = edit.revealed
                case "env-file":
                    _edit_env_file(edit)
                case "settings":
                    _edit_settings(edit)
        return Here(self.cwd, self.home, environ, flags, self.choice)


def _edit_env_file(edit: Edit) -> None:
    assert edit.path is not None
    assert edit.creates != edit.path.exists()
    edit.path.parent.mkdir(parents=True, exist_ok=True)
    text = edit.path.read_bytes().decode() if edit.path.exists() else ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert all(edit.name in lines[line - 1] for line in edit.lines)
    new = unassign(text, edit.name) if edit.text is None else assign(text, {edit.name: edit.revealed})
    edit.path.write_bytes(new.encode())


def _edit_settings(edit: Edit) -> None:
    assert edit.path is not None
    assert edit.creates != edit.path.exists()
    edit.path.parent.mkdir(parents=True, exist_ok=True)
    text = edit.path.read_text(encoding="utf-8") if edit.path.exists() else "{}"
    tree = inside = _plain(parse_jsonc(text))
    for name in edit.names[:-1]:
        inside = inside[int(name)] if isinstance(inside, list) else inside.setdefault(name, {})
    if edit.text is None:
        del inside[edit.names[-1]]
    else:
        inside[edit.names[-1]] = list(edit.items) if edit.items is not None else edit.revealed
    edit.path.write_text(json.dumps(tree), encoding="utf-8")


def _plain(node: Any) -> Any:
    if node.members is not None:
        return {name: _plain(member) for name, member in node.members.items()}
    return [_plain(item) for item in node.items] if node.items is not None else node.value


def require_fixes_to_work(here: Here, root: Path, words: str, profile: str) -> int:
    """Make every proposed edit on the disk, check the result, and return the number of edits."""
    compilation = here.compile(profile)
    try:
        answer = why_not(words, compilation)
    except QwenCfgError:
        return 0
    count = 0
    for verdict in answer.verdicts:
        assert not (verdict.wins and verdict.fixes)
        before = compilation.outcomes[verdict.profile]
        assert verdict.error or isinstance(before, Resolution)
        for fix in verdict.fixes:
            with put_back(root):
                after = here.after(fix.edits).compile(verdict.profile.name).resolution
            require_wanted_value(answer, fix, after)
            assert isinstance(before, Resolution)
            require_side_effects(answer.field, fix, before, after)
            count += 1
    return count


def require_wanted_value(answer: WhyNot, fix: Fix, after: Resolution) -> None:
    decision = after.decisions[answer.field]
    assert decision.problem is None
    assert decision.winner is not None
    assert decision.value == parse_value(decision.field, answer.wanted)
    if not any(edit.where == "settings" for edit in fix.edits):
        assert str(decision.winner.origin) == fix.origin


def require_side_effects(field: str, fix: Fix, before: Resolution, after: Resolution) -> None:
    """Check that the reported side effects are exactly the other changes."""
    changed = {name for name in after.decisions if _outcome(before, name) != _outcome(after, name)}
    assert {difference.field for difference in fix.also} == changed - {field}
    assert fix.is_incomplete == (before.is_complete and not after.is_complete)


def _outcome(resolution: Resolution, name: str) -> tuple[object, ...]:
    decision = resolution.decisions[name]
    if decision.field.secret and decision.winner is None:
        return ("a login" if resolution.auth_method == "qwen-oauth" else "nothing",)
    value = decision.winner and decision.winner.revealed if decision.value is None else decision.value
    return value, decision.problem is None


WANTED = st.sampled_from(
    [
        ("model", VALUES["OPENAI_MODEL"]),
        ("model", st.sampled_from(["p1", "p2", "m", "gpt-4o", "qwen3.7-max", "q", "new-one"])),
        ("base_url", st.sampled_from(["http://127.0.0.1:1/v1", "http://127.0.0.1:7/v1", "https://new.example/v1"])),
        ("auth_method", st.sampled_from(["openai", "qwen-oauth", "anthropic", "gemini"])),
        ("debug", st.sampled_from(["true", "false"])),
        ("timeout", st.sampled_from(["30", "7", "0"])),
        ("proxy", st.sampled_from(["http://127.0.0.1:3128", ""])),
        ("no_proxy", st.sampled_from(["localhost,.internal", "none"])),
        ("excluded_variables", st.sampled_from(["OPENAI_MODEL", "none", "DEBUG,DEBUG_MODE"])),
    ]
).flatmap(lambda one: one[1].map(lambda text: f"{one[0]}={text}"))


_OF_EVERY_WORLD = with_parents(*CWDS)


@given(st.one_of(scenes(), scenes_with_a_choice()), WANTED, st.sampled_from(PROFILES))
def test_in_worlds_of_env_files(scene: Scene, words: str, profile: str) -> None:
    with scratch(_OF_EVERY_WORLD) as root:
        write_scene(root, scene)
        chosen = root / scene.chosen if scene.chosen else None
        choice = EnvFileChoice("flag", chosen) if chosen else EnvFileChoice("none" if scene.no_env_file else "search")
        home = None if scene.home is None else root / scene.home
        here = Here(root / scene.cwd, home, dict(scene.environ), flag_values(scene.flags), choice)
        require_fixes_to_work(here, root, words, profile)


@given(settings_worlds(), WANTED)
def test_in_worlds_of_settings(world: dict[str, Any], words: str) -> None:
    with scratch(_OF_EVERY_WORLD) as root:
        placed = json.loads(json.dumps(world).replace("{ROOT}", str(root)))
        write_tree(root, placed["files"])
        cwd, home = root / "r/home/work/app", root / "r/home"
        for directory in (cwd, home / ".qwen"):
            directory.mkdir(parents=True, exist_ok=True)
        here = Here(cwd, home, placed["env"], flag_values(placed["flags"]))
        require_fixes_to_work(here, root, words, "qwen-code-0.21")


@given(
    st.lists(st.sampled_from(["A=1", "A='x\ny'", "B=2", "# A=3", "export A=4", 'A="', "", "AB=5", "A: 6"]), max_size=6)
)
def test_an_assignment_is_removed_and_no_other(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        without = unassign(text, "A")
    except CannotAssignError:
        return
    for dialect in ("dotenv", "python"):
        before, after = (last_of_each(reader_of(dialect)(one)) for one in (text, without))  # type: ignore[arg-type]
        assert {n: a.value for n, a in after.items()} == {n: a.value for n, a in before.items() if n != "A"}


# Hand-written cases: the first proposed edit.


def answer_to(root: Path, words: str, profile: str, files: dict[str, str], **environ: str) -> WhyNot:
    write_tree(root, {f"home/{path}": text for path, text in files.items()})
    (root / "home/work/app").mkdir(parents=True, exist_ok=True)
    here = Here(root / "home/work/app", root / "home", environ)
    assert require_fixes_to_work(here, root, words, profile) >= 0
    return why_not(words, here.compile(profile))


def first_edits(answer: WhyNot) -> list[list[tuple[str, str, str | None]]]:
    return [
        [(edit.where, edit.name, None if edit.removes else edit.revealed) for edit in fix.edits]
        for fix in answer.verdicts[0].fixes
    ]


OLD, NEW = "documented", "qwen-code-0.21"


def test_an_overridden_value_is_uncovered(tmp_path: Path) -> None:
    answer = answer_to(tmp_path, "model=of-file", OLD, {"work/.env": "OPENAI_MODEL=of-file\n"}, OPENAI_MODEL="exported")
    assert first_edits(answer)[:2] == [[("environment", "OPENAI_MODEL", None)], [("flag", "--model", "of-file")]]
    # An empty variable hides the file's variable, so only the default is left.
    answer = answer_to(tmp_path, "model=of-file", OLD, {}, OPENAI_MODEL="")
    assert [("environment", "OPENAI_MODEL", None)] in first_edits(answer)
    new = answer_to(tmp_path, "model=of-file", NEW, {}, OPENAI_MODEL="")
    assert [verdict.wins for verdict in new.verdicts if verdict.profile.name == OLD] == [False]


def test_a_line_is_changed_in_its_place(tmp_path: Path) -> None:
    files = {"work/.env": "OPENAI_API_KEY=sk-0123456789abcdef\nQWEN_MODEL=a\n"}
    answer = answer_to(tmp_path, "model=b", OLD, files)
    assert first_edits(answer)[1:] == [
        [("environment", "OPENAI_MODEL", "b")],
        [("env-file", "QWEN_MODEL", "b")],
    ]
    [edit] = answer.verdicts[0].fixes[2].edits
    assert (edit.shown, edit.lines, edit.creates) == ("../.env", (2,), False)


def test_a_new_file_that_would_be_found_first_is_proposed_unless_it_hides_a_key(tmp_path: Path) -> None:
    fixes = answer_to(tmp_path, "model=b", OLD, {}, OPENAI_API_KEY="sk-0123456789abcdef").verdicts[0].fixes
    assert [edit.shown for fix in fixes for edit in fix.edits if edit.creates] == ["./.qwen/.env", "~/.qwen/.env"]
    # It hides the present env file, so other fields change too, and without the key the config is incomplete.
    files = {"work/.env": "OPENAI_BASE_URL=https://a.example/v1\n"}
    key = {"OPENAI_API_KEY": "sk-0123456789abcdef", "OPENAI_MODEL": "a"}
    [*_, new_file] = answer_to(tmp_path, "timeout=7", OLD, files, **key).verdicts[0].fixes
    assert [(edit.shown, edit.creates) for edit in new_file.edits] == [("./.qwen/.env", True)]
    assert [difference.field for difference in new_file.also] == ["base_url"]
    files = {"work/.env": "OPENAI_API_KEY=sk-0123456789abcdef\n"}
    assert all(
        not edit.creates for fix in answer_to(tmp_path, "timeout=7", OLD, files).verdicts[0].fixes for edit in fix.edits
    )


def test_a_provider_entry_is_changed_and_no_flag_is_proposed(tmp_path: Path) -> None:
    entry = {"id": "m", "baseUrl": "https://a.example/v1", "envKey": "K"}
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "model": {"name": "m"},
        "modelProviders": {"openai": [entry]},
    }
    files = {".qwen/settings.json": json.dumps(settings, indent=1)}
    answer = answer_to(tmp_path, "base_url=https://b.example/v1", NEW, files, K="sk-0123456789abcdef")
    assert first_edits(answer) == [[("settings", "modelProviders.openai.0.baseUrl", "https://b.example/v1")]]
    [edit] = answer.verdicts[0].fixes[0].edits
    assert edit.lines == (14,)
    assert json.dumps(settings, indent=1).splitlines()[13].strip().startswith('"baseUrl"')
    assert answer.verdicts[1].profile.name == OLD
    assert [edit.name for edit in answer.verdicts[1].fixes[0].edits] == ["--openai-base-url"]


def test_a_field_that_a_project_may_not_set_is_not_proposed_there(tmp_path: Path) -> None:
    files = {"work/app/.env": "DEBUG=1\n", ".qwen/.env": ""}
    answer = answer_to(tmp_path, "proxy=http://127.0.0.1:1", NEW, files)
    paths = [edit.shown for fix in answer.verdicts[0].fixes for edit in fix.edits if edit.path is not None]
    assert "~/.qwen/.env" in paths
    assert not [path for path in paths if path.startswith(".")]
    excluded = answer_to(tmp_path, "debug=true", OLD, files)
    assert [edit.shown for fix in excluded.verdicts[0].fixes for edit in fix.edits if edit.path] == ["./.qwen/.env"]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("api_key=env:OPENAI_API_KEY", [[("environment", "OPENAI_API_KEY")]]),
        ("api_key=file:.qwen/.env", [[("env-file", "OPENAI_API_KEY")]]),
        ("api_key=file:~/work/.env", []),
        ("api_key=env:OTHER_KEY", []),
    ],
)
def test_a_key_is_requested_by_its_origin(tmp_path: Path, words: str, wanted: list[Any]) -> None:
    files = {"work/.env": "OPENAI_API_KEY=sk-0123456789abcdef\n"}
    write_tree(tmp_path, {f"home/{path}": text for path, text in files.items()})
    (tmp_path / "home/work/app").mkdir(parents=True)
    here = Here(tmp_path / "home/work/app", tmp_path / "home")
    answer = why_not(words, here.compile(OLD))
    [verdict] = [one for one in answer.verdicts if one.profile.name == OLD]
    assert [[(edit.where, edit.name) for edit in fix.edits] for fix in verdict.fixes] == wanted
    assert verdict.wins == words.endswith("work/.env")
    if words.endswith("OTHER_KEY"):
        assert "OTHER_KEY is not read as the key" in verdict.reasons[0]
    for fix in verdict.fixes:
        with put_back(tmp_path):
            after = here.after(fix.edits).compile(OLD).resolution
        winner = after.decisions["api_key"].winner
        assert winner is not None
        assert isinstance(winner.text, Secret)
        assert str(winner.origin) == fix.origin


def test_an_invalid_value_is_refused_with_the_reason(tmp_path: Path) -> None:
    answer = answer_to(tmp_path, "timeout=soon", OLD, {})
    assert not answer.is_possible
    assert [verdict.reasons for verdict in answer.verdicts] == [
        ("it is not valid: it is not a number; expected a number greater than 0, at most 3600",)
    ] * len(PROFILES)
    with pytest.raises(BadValue):
        parse_value(declared_fields()["timeout"], "soon")
