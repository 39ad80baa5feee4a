"""`qwen-cfg why-not`: its messages and data; it writes nothing and shows no key."""

from __future__ import annotations

import json
import os
import textwrap
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from .process import KEY

if TYPE_CHECKING:
    from .process import Desk

NEWER = ("--profile", "qwen-code-0.21")


def data_of(desk: Desk, code: int, *words: str, **options: Any) -> dict[str, Any]:
    document: dict[str, Any] = desk.run("why-not", "--format", "json", *words, **options).exits(code).json
    schema = json.loads((files("qwen_cfg.explanation") / "why-not.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == code
    return document


@pytest.fixture
def project(desk: Desk) -> Desk:
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\n# the model\nOPENAI_MODEL='of the file'\n")
    return desk


def test_the_edits_are_numbered_and_the_rules_are_named(project: Desk) -> None:
    before = project.files()
    outcome = project.run("why-not", "model=of the file", env={"OPENAI_MODEL": "exported"}).exits(0)
    first, in_vain, _, *rest = outcome.out.splitlines()
    assert in_vain == "  ../.env:3 OPENAI_MODEL has it: overridden by environment OPENAI_MODEL"
    assert first == (
        "model is exported  [environment OPENAI_MODEL] here, "
        "by the rules of Qwen Code's documentation (no qwen on PATH)"
    )
    assert rest == [
        "To get model=of the file, do one of these:",
        "  1. unset OPENAI_MODEL",
        "  2. add the flag --model='of the file'",
        "",
        "By the rules of Qwen Code 0.21 and later, it is exported  [environment OPENAI_MODEL]",
        in_vain,
        "",
        *rest[7:],
    ]
    assert outcome.err == "Each edit was tested by resolving again. Nothing was written.\n"
    assert project.files() == before


def test_the_page_shows_what_the_command_prints(desk: Desk) -> None:
    """Also: a single edit of a setting is shown before removing that setting and a variable."""
    page = (Path(__file__).parents[2] / "docs" / "why-not.md").read_text(encoding="utf-8")
    command, *shown = textwrap.dedent(page.partition("\n\n")[2].partition("\n\n`why-not")[0]).strip().splitlines()
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\n# the model\nOPENAI_MODEL=qwen3-coder-plus\n")
    settings = '{"security": {"auth": {"selectedType": "openai"}},\n"model":\n{\n"name": "qwen3.7-max"}}\n'
    desk.write(".qwen/settings.json", settings)
    assert command.split()[1:] == ["qwen-cfg", "why-not", "model=qwen3-coder-plus"]
    outcome = desk.run(*command.split()[2:], env={"OPENAI_MODEL": "gpt-4o-mini"}).exits(0)
    assert [*outcome.out.splitlines(), *outcome.err.splitlines()] == shown


def test_a_line_and_a_setting_are_named_by_their_place(project: Desk) -> None:
    settings = {"security": {"auth": {"selectedType": "openai"}}, "model": {"name": "m"}}
    project.write(".qwen/settings.json", json.dumps(settings, indent=1))
    out = project.run("why-not", "model=x y", *NEWER).exits(0).out
    assert '  2. change model.name in ~/.qwen/settings.json:8 to "x y"' in out
    assert '  3. create ./.qwen/settings.json with model.name: "x y"' in out
    assert "change ../.env:3 to OPENAI_MODEL='x y'" in out.partition("documentation")[2]
    both = project.run("why-not", "model=of the file", *NEWER, "--model", "flag").exits(0).out
    assert "1. change the flag" not in both
    assert "     and omit --model" in both or "1. omit --model" in both


def test_a_place_where_the_value_has_no_effect_is_reported(desk: Desk) -> None:
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\nDEBUG=true\nHTTPS_PROXY=http://127.0.0.1:1\nOPENAI_MODEL=file\n")
    desk.write(".qwen/.env", "QWEN_CFG_TIMEOUT=7\n")

    def in_vain(*words: str, **env: str) -> list[str]:
        found: list[str] = data_of(desk, 0, *words, env=env)["profiles"][0]["in_vain"]
        return found

    assert in_vain("debug=true") == ["../.env:2 DEBUG has it: excluded, since this file may not set DEBUG"]
    assert in_vain("proxy=http://127.0.0.1:1") == [
        "../.env:3 HTTPS_PROXY has it: a project's file may not set this field"
    ]
    assert in_vain("timeout=7") == ["~/.qwen/.env:1 QWEN_CFG_TIMEOUT has it: not read, since ../.env is found first"]
    assert in_vain("model=file", OPENAI_MODEL="") == [
        "../.env:4 OPENAI_MODEL has it: hidden by environment OPENAI_MODEL, which is set to nothing"
    ]
    assert in_vain("model=other") == []
    assert in_vain("api_key=file:../.env", OPENAI_API_KEY=KEY[::-1]) == [
        "../.env:1 OPENAI_API_KEY has it: overridden by environment OPENAI_API_KEY"
    ]


def test_a_value_that_is_already_in_use(project: Desk) -> None:
    outcome = project.run("why-not", "model=of the file").exits(0)
    assert outcome.out.startswith("model is of the file  [../.env:3 OPENAI_MODEL] here, by the rules of")
    assert "nothing to change\n" in outcome.out
    verdict = data_of(project, 0, "model=of the file")["profiles"][0]
    assert (verdict["wins"], verdict["fixes"]) == (True, [])


def test_the_json_output_has_everything_in_the_text(project: Desk) -> None:
    document = data_of(project, 0, "debug=true", *NEWER)
    assert [one["profile"] for one in document["profiles"]] == ["qwen-code-0.21", "documented"]
    words = [edit["words"] for fix in document["profiles"][0]["fixes"] for edit in fix["edits"]]
    assert words[:2] == ["add the flag --debug", "export DEBUG=true"]
    text = project.run("why-not", "debug=true", *NEWER).exits(0).out
    assert all(each in text for each in words)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("modle=x", "Did you mean model?"),
        ("OPENAI_MODEL=x", "Did you mean model?"),
        ("model", "model has no value"),
        ("", "unknown field"),
        (f"model={KEY}", "the value of model contains an API key"),
        ("proxy=http://me:hunter2@h.example:1", "the value of proxy contains a login"),
        (f"api_key={KEY}", "a key may not be on the command line"),
        ("api_key=hunter2", "a key may not be on the command line"),
        ("api_key=", "a key may not be on the command line"),
        ("api_key=env:", "a key may not be on the command line"),
        (f"api_key=env:{KEY}", "a key may not be on the command line"),
        (f"api_key=file:{KEY}", "a key may not be on the command line"),
    ],
)
def test_refused_command_lines(desk: Desk, wanted: str, message: str) -> None:
    for form in ("text", "json"):
        refused = desk.run("why-not", "--format", form, wanted).exits(2)
        assert message in refused.err
        assert KEY not in refused.output
        assert "hunter2" not in refused.output


def test_a_key_is_requested_by_its_origin_and_never_shown(project: Desk) -> None:
    env = {"OPENAI_API_KEY": KEY[::-1]}
    outcome = project.run("why-not", "api_key=file:../.env", env=env).exits(0)
    assert outcome.out.startswith("api_key comes from environment OPENAI_API_KEY here")
    assert "\n  1. unset OPENAI_API_KEY\n" in outcome.out
    named = project.run("why-not", "api_key=env:OPENAI_API_KEY").exits(0)
    assert "\n  1. export OPENAI_API_KEY=<the key>\n" in named.out
    [fix] = data_of(project, 0, "api_key=env:OPENAI_API_KEY")["profiles"][0]["fixes"]
    assert (fix["edits"][0]["value"], fix["edits"][0]["is_key"]) == (None, True)
    pointer = project.run("why-not", "api_key=keyring:qwen/me").exits(0)
    assert "change ../.env:1 to OPENAI_API_KEY=keyring:qwen/me" in pointer.out
    for text in (outcome.output, named.output, pointer.output):
        assert KEY not in text
        assert KEY[::-1] not in text
        assert "stand-in" not in text


def test_if_no_edit_helps_the_reason_is_shown(desk: Desk) -> None:
    out = desk.run("why-not", "timeout=soon").exits(1).out
    problem = "it is not valid: it is not a number; expected a number greater than 0, at most 3600"
    assert f"No edit has this effect:\n  {problem}\n" in out
    other = desk.run("why-not", "api_key=env:MY_KEY").exits(1).out
    assert "MY_KEY is not read as the key by these rules; they read OPENAI_API_KEY" in other
    assert "no command" not in desk.run("why-not", "api_key=file:/nowhere/.env").exits(1).out


def test_a_side_effect_is_reported(project: Desk) -> None:
    out = project.run("why-not", "auth_method=qwen-oauth").exits(0).out
    assert "       this also changes base_url: https://api.openai.com/v1 → https://" in out


def test_an_unreadable_file_is_an_error_in_this_profile_and_reported_in_others(desk: Desk) -> None:
    desk.write(".qwen/settings.json", "{")
    out = desk.run("why-not", "model=x").exits(0).out
    assert "By the rules of Qwen Code 0.21 and later, nothing resolves: ~/.qwen/settings.json:1" in out
    assert "Qwen Code would stop here" in desk.run("why-not", "model=x", *NEWER).exits(3).err
    assert data_of(desk, 0, "model=x")["profiles"][1]["error"]


def test_a_workspace_that_is_not_json_is_not_edited(desk: Desk) -> None:
    desk.write("work/app/.qwen/settings.json", "{")
    document = data_of(desk, 0, "model=x", *NEWER)
    edited = [edit["file"] for fix in document["profiles"][0]["fixes"] for edit in fix["edits"]]
    assert "./.qwen/settings.json" not in edited


def test_a_pipe_is_not_edited_nor_read_twice(desk: Desk) -> None:
    pipe = desk.cwd / ".env"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n"), daemon=True)
    writer.start()
    out = desk.run("why-not", "model=x").exits(0).out
    writer.join(timeout=10)
    assert not writer.is_alive()
    assert "model is m  [./.env:2 OPENAI_MODEL] here" in out
    assert "./.env:2 to" not in out
