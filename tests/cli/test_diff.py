"""`qwen-cfg diff`: two artifacts, two git revisions, or two environments."""

from __future__ import annotations

import json
import os
import re
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from support.history import artifact_text, make_history
from support.hostile_git import partial_clone, path_with_old_git

from .process import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from support.history import History

    from .process import Desk

ONE, TWO = "https://one.example/v1", "https://two.example/v1"
OLD, NEW = artifact_text(OPENAI_BASE_URL=ONE, OPENAI_MODEL="m"), artifact_text(OPENAI_BASE_URL=TWO, OPENAI_MODEL="m")
OTHER_KEY = "sk-another-abcdefghijklmnopqrstuvw"


@pytest.fixture
def history(desk: Desk) -> History:
    """A repository with the branches `old` and `new`, between which one of two services changes."""
    history = make_history(desk.cwd)
    history.commit(
        {"a/qwen.toml": OLD, "b/qwen.toml": OLD, "same/qwen.toml": OLD, "prod.toml": OLD, "x.txt": "x"}, "old"
    )
    history.commit({"a/qwen.toml": NEW, "b/qwen.toml": NEW, "prod.toml": NEW, "x.txt": "y"}, "new")
    return history


def data_of(desk: Desk, code: int, *words: str, **options: Any) -> dict[str, Any]:
    document: dict[str, Any] = desk.run("diff", "--format", "json", *words, **options).exits(code).json
    schema = json.loads((files("qwen_cfg.explanation") / "diff.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == code
    return document


def changes_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["file"], one["status"]) for one in document["artifacts"]]


# Two artifacts.


def test_two_artifacts_are_compared_field_by_field_with_origins(desk: Desk) -> None:
    desk.write("work/app/old.toml", OLD)
    desk.write("work/app/new/qwen.toml", NEW)
    out = desk.run("diff", "old.toml", "new").exits(1).out
    assert out.splitlines() == [
        "old.toml → new: 1 field differs",
        "",
        "  base_url",
        f"    was  {ONE}  [environment OPENAI_BASE_URL]",
        f"    is   {TWO}  [environment OPENAI_BASE_URL]",
    ]
    [one] = data_of(desk, 1, "old.toml", "new")["artifacts"]
    assert one["differences"] == [
        {
            "field": "base_url",
            "part": "value",
            "old": ONE,
            "new": TWO,
            "old_origin": "environment OPENAI_BASE_URL",
            "new_origin": "environment OPENAI_BASE_URL",
        }
    ]


def test_toml_and_json_of_an_artifact_are_equal(desk: Desk) -> None:
    desk.write("work/app/old.toml", OLD)
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": ONE, "OPENAI_MODEL": "m"}
    desk.run("resolve", "-o", "new.json", env=env).exits(0)
    assert desk.run("diff", "old.toml", "new.json").exits(0).out == "old.toml → new.json: the same\n"


def test_a_moved_key_counts_and_another_origin_only_if_strict(desk: Desk) -> None:
    desk.write("work/app/a.toml", OLD)
    desk.write("work/app/b.toml", OLD.replace('variable = "OPENAI_API_KEY"', 'variable = "OTHER"', 1))
    [one] = data_of(desk, 1, "a.toml", "b.toml")["artifacts"]
    assert [(d["field"], d["part"], d["old"], d["new"]) for d in one["differences"]] == [
        ("api_key", "secret reference", "the variable OPENAI_API_KEY", "the variable OTHER")
    ]
    desk.write(
        "work/app/c.toml", OLD.replace('origin = "OPENAI_MODEL"\nvariable = "OPENAI_MODEL"', 'origin = "--model"')
    )
    data_of(desk, 0, "a.toml", "c.toml")
    [one] = data_of(desk, 1, "--strict", "a.toml", "c.toml")["artifacts"]
    assert [(d["field"], d["part"]) for d in one["differences"]] == [("model", "provenance")]


def test_different_inlined_keys_are_reported_and_not_shown(desk: Desk) -> None:
    for name, key in (("a", KEY), ("b", OTHER_KEY), ("c", KEY)):
        words = ("resolve", "--inline-secrets", "-o", f"{name}.toml", "--openai-api-key", key)
        desk.run(*words).exits(0)
    differ = desk.run("diff", "a.toml", "b.toml").exits(1)
    assert "is   another key in the artifact itself" in differ.out
    desk.run("diff", "a.toml", "c.toml").exits(0)
    for form in ("text", "json"):
        output = desk.run("diff", "--format", form, "--strict", "a.toml", "b.toml").exits(1).output
        assert KEY not in output
        assert OTHER_KEY not in output


def test_an_invalid_artifact_is_an_error(desk: Desk) -> None:
    desk.write("work/app/a.toml", OLD)
    desk.write("work/app/b.toml", OLD.replace("format = 1", "format = 2"))
    refused = desk.run("diff", "a.toml", "b.toml").exits(3)
    assert refused.out == ""
    assert "b.toml: format: this artifact has format 2" in refused.err
    assert "no such file" in desk.run("diff", "a.toml", "none.toml").exits(3).err
    assert "Did you mean a.toml?" in desk.run("diff", "aa.toml", "b.toml").exits(3).err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to compare"),
        (["a.toml"], "nothing to compare with"),
        (["HEAD"], "To compare with the file here: qwen-cfg diff HEAD:qwen.toml qwen.toml."),
        (["a.toml", "a.toml", "b"], "a path can only limit revisions"),
        (["--model", "x", "a.toml", "a.toml"], "--model: only valid with --env-from"),
        (["--profile", "documented", "a.toml", "a.toml"], "--profile: only valid with --env-from"),
        (["--env-only", "a.toml", "a.toml"], "--env-only: only valid with --env-from"),
        (["--env-from", "x", "a.toml"], "--env-from: cannot be combined"),
        (["--env-from", "x", "--env-from", "y", "--env-from", "z"], "--env-from: give it once, or twice"),
        (["--formt", "json", "a.toml", "a.toml"], "Did you mean --format?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_operands_that_cannot_be_compared_are_a_usage_error(desk: Desk, words: list[str], message: str) -> None:
    desk.write("work/app/a.toml", OLD)
    assert message in desk.run("diff", *words).exits(2).err


# Two revisions.


def test_a_comparison_of_revisions_begins_with_a_summary(desk: Desk, history: History) -> None:
    out = desk.run("diff", "old", "new").exits(1).out
    assert out.splitlines()[:6] == [
        "old → new: 2 of 3 artifacts differ",
        "",
        "  base_url differs in 2 of 3",
        f"         2  {ONE} → {TWO}",
        "",
        "a/qwen.toml",
    ]
    assert out.count("    was  ") == 2
    summary = desk.run("diff", "--summary", "old..new").exits(1).out
    assert summary.splitlines() == out.splitlines()[:4]
    assert desk.run("diff", "new", "new").exits(0).out == "new → new: 3 artifacts, the same in both\n"


def test_every_form_of_naming_two_revisions(desk: Desk, history: History) -> None:
    history.git("checkout", "-q", "-b", "side", "old")
    history.commit({"c/qwen.toml": NEW}, "side")
    names = {
        "old new": [("a/qwen.toml", "changed"), ("b/qwen.toml", "changed")],
        "old..new": [("a/qwen.toml", "changed"), ("b/qwen.toml", "changed")],
        "new...side": [("c/qwen.toml", "added")],
        "side...new": [("a/qwen.toml", "changed"), ("b/qwen.toml", "changed")],
        "new side": [("a/qwen.toml", "changed"), ("b/qwen.toml", "changed"), ("c/qwen.toml", "added")],
        "side~1..": [("c/qwen.toml", "added")],
        "side old": [("c/qwen.toml", "removed")],
    }
    for words, wanted in names.items():
        assert changes_of(data_of(desk, 1, *words.split())) == wanted, words


def test_paths_limit_the_comparison_and_named_files_always_count(desk: Desk, history: History) -> None:
    assert changes_of(data_of(desk, 1, "old", "new", "--", "a")) == [("a/qwen.toml", "changed")]
    assert changes_of(data_of(desk, 1, "old..new", "--", "a", "prod.toml")) == [
        ("a/qwen.toml", "changed"),
        ("prod.toml", "changed"),
    ]
    below = desk.cwd / "a"
    assert changes_of(data_of(desk, 1, "old", "new", ".", "../b", cwd=below)) == [
        ("a/qwen.toml", "changed"),
        ("b/qwen.toml", "changed"),
    ]
    assert changes_of(data_of(desk, 1, "old", "new", cwd=below)) == [
        ("a/qwen.toml", "changed"),
        ("b/qwen.toml", "changed"),
    ]
    assert data_of(desk, 0, "old", "new", "--", "same")["compared"] == 1
    assert "none: neither revision has an artifact there" in desk.run("diff", "old", "new", "--", "none").exits(2).err
    assert "outside the git work tree" in desk.run("diff", "old", "new", "--", "../..").exits(2).err
    assert changes_of(data_of(desk, 3, "old", "new", "--", "x.txt")) == [("x.txt", "broken")]


def test_an_artifact_in_a_revision_is_compared_with_a_file(desk: Desk, history: History) -> None:
    desk.run("diff", "new:a/qwen.toml", "a").exits(0)
    desk.run("diff", "old:a/qwen.toml", "new:prod.toml").exits(1)
    desk.run("diff", "old:./qwen.toml", "qwen.toml", cwd=desk.cwd / "a").exits(1)
    desk.run("diff", "HEAD@{2099-01-01 10:00}:a/qwen.toml", "a").exits(0)
    assert "the revision has no such file" in desk.run("diff", "old:none.toml", "a").exits(2).err


def test_a_name_of_both_a_file_and_a_revision_means_the_file(desk: Desk, history: History) -> None:
    desk.write("work/app/old", NEW)
    assert desk.run("diff", "old", "a/qwen.toml").exits(0).out == "old → a/qwen.toml: the same\n"
    mixed = desk.run("diff", "new", "a/qwen.toml").exits(2).err
    assert "a/qwen.toml is an artifact, and new is not a file" in mixed
    for words in (("a", "services"), ("services", "a/qwen.toml")):
        neither = desk.run("diff", *words).exits(2).err
        assert "unknown revision 'services'" in neither
        assert "or a file that exists" in neither
    assert "new:a/qwen.toml" in mixed


def test_an_invalid_artifact_does_not_stop_the_others(desk: Desk, history: History) -> None:
    history.commit({"a/qwen.toml": "no artifact", "b/qwen.toml": OLD, "c/qwen.toml": "\0"}, "later")
    document = data_of(desk, 3, "new", "later")
    assert changes_of(document) == [("a/qwen.toml", "broken"), ("b/qwen.toml", "changed"), ("c/qwen.toml", "broken")]
    assert document["artifacts"][0]["error"]["where"] == "later:a/qwen.toml"
    out = desk.run("diff", "new", "later").exits(3).out
    assert out.startswith("new → later: 1 of 4 artifacts differs, 2 not compared: invalid\n")


def test_added_and_removed_artifacts_are_counted(desk: Desk, history: History) -> None:
    history.commit({"c/qwen.toml": NEW, "b/qwen.toml": None}, "later")
    out = desk.run("diff", "new", "later").exits(1).out
    assert out.startswith(
        "new → later: 1 added, 1 removed, of 4 artifacts\n\nb/qwen.toml (removed)\n  auth_method  openai"
    )
    assert f"c/qwen.toml (added)\n  auth_method  openai  [inferred: an API key is set]\n  base_url  {TWO}  [" in out


def test_links_and_large_files_of_a_revision_are_not_read(desk: Desk, history: History) -> None:
    (desk.cwd / "link").mkdir()
    (desk.cwd / "link/qwen.toml").symlink_to("../prod.toml")
    history.commit({"large/qwen.toml": "#" * 1024 * 1024 + "\n"}, "later")
    document = data_of(desk, 3, "new", "later")
    assert changes_of(document) == [("large/qwen.toml", "broken")]
    assert "larger than 1 MiB" in document["artifacts"][0]["error"]["message"]


def test_the_work_tree_is_unchanged(desk: Desk, history: History) -> None:
    before, status = desk.files(), history.git("status", "--porcelain")
    refs = sorted(path for path in (desk.cwd / ".git").rglob("*") if path.is_file())
    desk.run("diff", "old", "new").exits(1)
    assert (desk.files(), history.git("status", "--porcelain")) == (before, status)
    assert sorted(path for path in (desk.cwd / ".git").rglob("*") if path.is_file()) == refs


def test_odd_file_names(desk: Desk, history: History) -> None:
    names = ['"q"/qwen.toml', "a b/qwen.toml", "tab\t/qwen.toml", "ключ/qwen.toml", ":(top)/qwen.toml", "-x/qwen.toml"]
    history.commit(dict.fromkeys(names, OLD), "odd")
    assert [name for name, _ in changes_of(data_of(desk, 1, "new", "odd"))] == sorted(names)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nwe", "unknown revision 'nwe'"),
        ("--output=x", "unknown option"),
        ("new^{tree}", "unknown revision"),
        ("x\ny", "this is not the name of a revision"),
        ("", "this is not the name of a revision"),
        ("old:", "unknown revision"),
    ],
)
def test_an_unknown_revision_is_an_error(desk: Desk, history: History, word: str, message: str) -> None:
    refused = desk.run("diff", word, "new").exits(2)
    assert message in refused.err
    assert refused.out == ""
    if word == "nwe":
        assert "Did you mean new?" in refused.err
    assert not (desk.cwd / "x").exists()


def test_no_commits_and_no_repository_are_errors(desk: Desk) -> None:
    assert "not in a git repository" in desk.run("diff", "old", "new").exits(2).err
    make_history(desk.cwd)
    assert "the repository has no commits" in desk.run("diff", "HEAD", "main").exits(2).err
    assert "git is not installed" in desk.run("diff", "HEAD", "main", env={"PATH": "/nowhere"}).exits(2).err


def test_histories_without_a_common_ancestor_are_compared(desk: Desk, history: History) -> None:
    history.git("checkout", "-q", "--orphan", "apart")
    history.commit({}, "apart")
    assert "no common ancestor" in desk.run("diff", "apart...old").exits(2).err
    desk.run("diff", "apart..new").exits(0)


def test_a_partial_clone_is_reported_and_nothing_is_fetched(desk: Desk, history: History) -> None:
    clone = desk.home / "clone"
    history.git("config", "uploadpack.allowFilter", "true")
    history.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{history.tree}", str(clone))
    document = data_of(desk, 3, "HEAD~1", "HEAD", cwd=clone)
    assert changes_of(document) == [("a/qwen.toml", "broken"), ("b/qwen.toml", "broken")]
    assert "a partial clone?" in document["artifacts"][0]["error"]["message"]


def test_a_bare_repository_and_a_linked_work_tree(desk: Desk, history: History) -> None:
    history.git("clone", "-q", "--bare", str(history.tree), str(desk.home / "bare.git"))
    history.git("worktree", "add", "-q", str(desk.home / "further"), "old")
    for place in ("bare.git", "further"):
        assert len(changes_of(data_of(desk, 1, "old", "new", cwd=desk.home / place))) == 2


def test_a_repository_that_blocks_times_out(desk: Desk, history: History) -> None:
    (desk.cwd / ".git/config").unlink()
    os.mkfifo(desk.cwd / ".git/config")
    assert "git does not answer" in desk.run("diff", "old", "new").exits(2).err


ATTACKS = {
    "uploadpack": {"remote.origin.url": "{tree}", "remote.origin.uploadpack": "{program}"},
    "a command as the transport": {"remote.origin.url": "ext::{program}", "protocol.ext.allow": "always"},
    "core.sshCommand": {"remote.origin.url": "ssh://h/r", "core.sshCommand": "{program}"},
    "core.fsmonitor": {"core.fsmonitor": "{program}"},
    "aliases": {"alias.ls-tree": "!{program}", "alias.cat-file": "!{program}", "alias.rev-parse": "!{program}"},
    "an included file": {"include.path": "more"},
}


@pytest.mark.parametrize("settings", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("is_old_git", [True, False])
def test_no_setting_of_a_repository_runs_a_program(
    desk: Desk, tmp_path: Path, settings: dict[str, str], is_old_git: bool
) -> None:
    """A tree is missing, so that listing the files makes git fetch it."""
    partial = partial_clone(tmp_path / "archive/tree")
    partial.configure(settings)
    env = {"PATH": path_with_old_git(tmp_path / "bin")} if is_old_git else {}
    if "url" in str(settings):
        subprocess.run(["git", "ls-tree", "-r", "HEAD"], cwd=partial.tree, capture_output=True, check=False)
        assert partial.has_run(), "the attack works where nothing guards against it"
    refused = desk.run("diff", "HEAD", "HEAD^{/x}", cwd=partial.tree, env=env).exits(2)
    assert "git cannot list the files" in refused.err
    assert not partial.has_run()


def test_a_repository_with_too_many_files_times_out(desk: Desk) -> None:
    make_history(desk.cwd)

    def git(*words: str, given: str = "") -> str:
        return subprocess.run(
            ("git", *words), cwd=desk.cwd, input=given, text=True, capture_output=True, check=True
        ).stdout

    kind, last = "100644 blob", git("hash-object", "-w", "--stdin", given="x").strip()
    for _ in range(9):
        last = git("mktree", given="".join(f"{kind} {last}\tname-{n}\n" for n in range(10))).strip()
        kind = "040000 tree"
    for name in ("one", "two"):
        git("update-ref", f"refs/heads/{name}", git("commit-tree", last, "-m", name).strip())
    refused = desk.run("diff", "one", "two").exits(2)
    assert "It may have too many files" in refused.err


def test_two_thousand_artifacts_are_compared(desk: Desk) -> None:
    history = make_history(desk.cwd)
    history.commit({f"services/s{n:04}/qwen.toml": OLD.replace('"m"', f'"m{n}"') for n in range(2000)}, "old")
    moved = {f"services/s{n:04}/qwen.toml": NEW.replace('"m"', f'"m{n}"') for n in range(0, 2000, 143)}
    history.commit(moved, "new")
    out = desk.run("diff", "old...new", "--summary").exits(1).out
    assert out.startswith("old → new: 14 of 2,000 artifacts differ\n\n  base_url differs in 14 of 2,000\n")


# Two environments.


def test_one_env_file_is_added_to_the_present_environment(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=of-the-file\n")
    desk.write("work/app/ci.env", f"OPENAI_MODEL=ci\nHOME=/nowhere\nPATH=/nowhere\nOPENAI_BASE_URL={TWO}\n")
    env = {"OPENAI_BASE_URL": ONE, "QWEN_CFG_TIMEOUT": "30"}
    out = desk.run("diff", "--env-from", "ci.env", env=env).exits(1).out
    assert out.splitlines() == [
        "here → with ci.env: 2 fields differ",
        "",
        "  base_url",
        f"    was  {ONE}  [environment OPENAI_BASE_URL]",
        f"    is   {TWO}  [environment OPENAI_BASE_URL]",
        "",
        "  model",
        "    was  of-the-file  [./.env:2 OPENAI_MODEL]",
        "    is   ci  [environment OPENAI_MODEL]",
    ]
    [one] = data_of(desk, 1, "--env-from", "ci.env", "--env-only", env=env)["artifacts"]
    assert [d["field"] for d in one["differences"]] == ["base_url", "model", "timeout"]


def test_two_env_files_are_compared(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.write("work/app/a.env", "OPENAI_MODEL=a\nOPENAI_BASE_URL=https://same.example/v1\n")
    desk.write("work/app/b.env", "OPENAI_MODEL=b\nOPENAI_BASE_URL=https://same.example/v1\n")
    document = data_of(desk, 1, "--env-from", "a.env", "--env-from", "b.env", env={"OPENAI_MODEL": "here"})
    assert (document["old"], document["new"], document["kind"]) == ("with a.env", "with b.env", "environments")
    [one] = document["artifacts"]
    assert [(d["field"], d["old"], d["new"]) for d in one["differences"]] == [("model", "a", "b")]
    data_of(desk, 0, "--env-from", "a.env", "--env-from", "a.env")
    data_of(desk, 0, "--env-from", "a.env", "--env-from", "b.env", "--model", "flag")


def test_keys_are_reported_only_as_equal_or_different(desk: Desk) -> None:
    desk.write("work/app/other.env", f"OPENAI_API_KEY={OTHER_KEY}\n")
    desk.write("work/app/same.env", f"OPENAI_API_KEY={KEY}\n")
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    other = desk.run("diff", "--env-from", "other.env").exits(1)
    assert "    was  a key  [./.env:1 OPENAI_API_KEY]\n    is   another key  [environment OPENAI_API_KEY]" in other.out
    desk.run("diff", "--env-from", "same.env").exits(0)
    strict = desk.run("diff", "--strict", "--env-from", "same.env").exits(1)
    assert "    is   the same key  [environment OPENAI_API_KEY]" in strict.out
    for text in (other.output, strict.output, json.dumps(data_of(desk, 1, "--env-from", "other.env"))):
        assert KEY[3:9] not in text
        assert KEY not in text
        assert OTHER_KEY not in text


def test_an_incomplete_side_is_reported_and_compared(desk: Desk) -> None:
    desk.write("work/app/key.env", f"OPENAI_API_KEY={KEY}\nQWEN_CFG_TIMEOUT=soon\n")
    outcome = desk.run("diff", "--env-from", "key.env").exits(1)
    assert "is   a key  [environment OPENAI_API_KEY]" in outcome.out
    assert "was  (not set)" in outcome.out
    assert "is   soon (not valid:" in outcome.out
    assert "note: here, the configuration is incomplete: QC203" in outcome.err
    assert "the env file does not exist" not in outcome.err
    assert "the file does not exist" in desk.run("diff", "--env-from", "none.env").exits(3).err


def test_another_profile_in_a_file_is_reported(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.write("work/app/new.env", "QWEN_CFG_PROFILE=qwen-code-0.21\n")
    outcome = desk.run("diff", "--env-from", "new.env").exits(1)
    assert "note: here: rules of Qwen Code's documentation" in outcome.err
    assert "with new.env: rules of Qwen Code 0.21" in outcome.err


# Formats for other tools.


def line_of(file: Path, beginning: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if line.startswith(beginning))


def test_an_annotation_has_the_line_of_the_field(desk: Desk, history: History) -> None:
    history.commit({"b/qwen.toml": None, "c/qwen.toml": "broken"}, "later")
    line = line_of(desk.cwd / "a/qwen.toml", "base_url =")
    for cwd in (desk.cwd, desk.cwd / "a"):
        out = desk.run("diff", "old", "later", "--format", "github", cwd=cwd).exits(3).out.splitlines()
        assert out == [
            f"::warning file=a/qwen.toml,line={line},title=qwen-cfg%3A change::base_url was {ONE}  "
            f"[environment OPENAI_BASE_URL] and is {TWO}  [environment OPENAI_BASE_URL].",
            *[one for one in out if "file=b/qwen.toml,line=1" in one and "This artifact was removed: " in one],
            *[
                one
                for one in out
                if one.startswith("::error file=c/qwen.toml,line=1,title=qwen-cfg::later:c/qwen.toml")
            ],
        ]
        assert len(out) == 3


def test_the_job_summary_marks_only_invalid_artifacts_as_wrong(desk: Desk, history: History) -> None:
    history.commit({"b/qwen.toml": None, "c/qwen.toml": "broken"}, "later")
    summary = desk.write("summary.md", "")
    desk.run("diff", "old..later", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)}).exits(3)
    marks = re.findall(r"^\| (\S+) \| <code>(./qwen.toml)</code> \| (\w+)", summary.read_text(), re.MULTILINE)
    assert marks == [
        ("❌", "c/qwen.toml", "invalid"),
        ("✏️", "a/qwen.toml", "changed"),
        ("✏️", "b/qwen.toml", "removed"),
    ]


def test_a_job_summary_and_sarif_results(desk: Desk, history: History) -> None:
    summary = desk.write("summary.md", "")
    desk.run("diff", "old..new", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)}).exits(1)
    assert "### qwen-cfg diff" in summary.read_text()
    assert "a/qwen.toml" in summary.read_text()
    assert "❌" not in summary.read_text()
    assert "| ✏️ | <code>a/qwen.toml</code> | changed<br>" in summary.read_text()
    [run] = desk.run("diff", "old..new", "--format", "sarif").exits(1).json["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["change"]
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert places == ["a/qwen.toml", "b/qwen.toml"]
    assert [
        one["location"]["path"] for one in desk.run("diff", "old", "new", "--format", "gitlab").exits(1).json
    ] == places
    assert desk.run("diff", "new", "new", "--format", "gitlab").exits(0).json == []


def test_junit_has_a_case_for_each_different_artifact(desk: Desk, history: History) -> None:
    suite = ElementTree.fromstring(desk.run("diff", "old", "new", "--format", "junit").exits(1).out)[0]
    assert [(case.get("name"), case[0].tag) for case in suite] == [
        ("a/qwen.toml", "failure"),
        ("b/qwen.toml", "failure"),
    ]
    same = ElementTree.fromstring(desk.run("diff", "new", "new", "--format", "junit").exits(0).out)[0]
    assert [(case.get("name"), len(case)) for case in same] == [("new → new", 0)]


def test_errors_and_two_files_in_these_formats(desk: Desk) -> None:
    desk.write("work/app/old.toml", OLD)
    file = desk.write("work/app/new.toml", NEW)
    [one] = desk.run("diff", "old.toml", "new.toml", "--format", "gitlab").exits(1).json
    assert one["location"] == {"path": "new.toml", "lines": {"begin": line_of(file, "base_url =")}}
    desk.write("work/app/bad.toml", "bad")
    [one] = desk.run("diff", "old.toml", "bad.toml", "--format", "gitlab").exits(3).json
    assert one["location"]["path"] == "bad.toml"
    assert desk.run("diff", "x", "y", "--format", "github").exits(2).out.startswith("::error file=qwen.toml,line=1,")
    desk.write("work/app/ci.env", "OPENAI_MODEL=ci\n")
    [one] = desk.run("diff", "--env-from", "ci.env", "--format", "gitlab").exits(1).json
    assert one["location"]["path"] == "ci.env"
