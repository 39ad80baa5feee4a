"""`qwen-cfg schema`, and the line of an artifact that names its schema."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from qwen_cfg.application.schemas import SCHEMAS
from qwen_schema.artifact_schema import artifact_schema

from .process import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from .process import Desk

WITH_KEY = {"OPENAI_API_KEY": KEY}
LINE = "#:schema "


def read(desk: Desk, name: str) -> str:
    return (desk.home / name).read_text(encoding="utf-8")


def first_line(desk: Desk, name: str) -> str:
    return read(desk, name).splitlines()[0]


@pytest.fixture
def project(desk: Desk) -> Desk:
    """A git work tree with a schema at its top."""
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    desk.write("work/app/qwen.schema.json", desk.run("schema", "resolved").exits(0).out)
    return desk


# The command.


def test_the_artifact_schema_is_printed(desk: Desk):
    outcome = desk.run("schema", "resolved").exits(0)
    assert outcome.json == artifact_schema()
    assert desk.run("schema", "artifact").exits(0).out == outcome.out
    assert "urn:" not in outcome.out


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_each_schema_is_printed_and_listed(desk: Desk, schema: object):
    assert desk.run("schema", schema.name).exits(0).json == schema.load()
    assert any(line.startswith(schema.name) for line in desk.run("schema").exits(0).out.splitlines())
    (names,) = [text for text in desk.run("schema", "-h").exits(0).out.split("\n\n") if "NAME  " in text]
    assert schema.name in names.replace(",", " ").split()


def test_the_explanation_conforms_to_its_printed_schema(desk: Desk):
    explained = desk.run("resolve", "--explain", "--format", "json", env=WITH_KEY).exits(0).json
    assert list(Draft202012Validator(desk.run("schema", "explain").exits(0).json).iter_errors(explained)) == []


def test_the_json_of_check_conforms_to_its_printed_schema(desk: Desk):
    """For one artifact and for many, for every status, and for errors."""
    validator = Draft202012Validator(desk.run("schema", "check").exits(0).json)
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=a\n")
    desk.write("work/app/cut/qwen.toml", "format = 1\n")
    for name in ("one.toml", "two.toml"):
        desk.run("resolve", "-o", name).exits(0)
    statuses = set()
    for code, model, words in (
        (0, "a", ["one.toml"]),
        (0, "a", ["--artifact-only", "one.toml"]),
        (1, "a", ["--select", "all", "--ignore", "QC103", "one.toml"]),
        (1, "b", ["--strict", "one.toml"]),
        (1, "b", ["one.toml", "two.toml"]),
        (0, "b", ["--update", "one.toml"]),
        (3, "b", ["one.toml", "two.toml", "cut"]),
        (3, "b", ["cut"]),
        (2, "b", ["--select", "QC999", "one.toml"]),
    ):
        desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL={model}\n")
        printed = desk.run("check", "--format", "json", *words).exits(code).json
        assert [error.message for error in validator.iter_errors(printed)] == [], words
        statuses |= {each.get("status") for each in printed.get("artifacts", [printed])}
    assert statuses == {"same", "valid", "findings", "drift", "updated", "error", None}
    for changed in ({**printed, "exit_code": "2"}, {"format": 1}, {}):
        assert not validator.is_valid(changed)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, ("resolve", "--explain", "--format", "json", "--profile", "nonsense")),
        (2, ("diff", "--format", "json", "one", "two")),
        (2, ("why-not", "--format", "json", "nothing=1")),
        (2, ("verify", "--format", "json", "--", "nothing")),
        (3, ("check", "--format", "json", "nothing")),
        (2, ("doctor", "--format", "json", "--nothing")),
        (2, ("rule", "--format", "json", "QC999")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_an_error_document_conforms_to_its_printed_schema(desk: Desk, code: int, words: tuple[str, ...]):
    validator = Draft202012Validator(desk.run("schema", "error").exits(0).json)
    printed = desk.run(*words).exits(code).json
    assert [error.message for error in validator.iter_errors(printed)] == []
    assert printed["exit_code"] == code


def test_an_unknown_schema_is_refused_with_a_suggestion(desk: Desk):
    outcome = desk.run("schema", "resolve").exits(2)
    assert "Did you mean resolved?" in outcome.err
    assert outcome.out == ""


def test_the_command_needs_no_directory_key_or_home(desk: Desk):
    (desk.cwd / "qwen.toml").write_text("no artifact", encoding="utf-8")
    desk.run("schema", "fields", env={"QWEN_CFG_PROFILE": "nonsense", "HOME": "/nonexistent"}).exits(0)


# The line.


def test_without_a_schema_there_is_no_line(desk: Desk):
    desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    assert LINE not in read(desk, "work/app/qwen.toml")


@pytest.mark.parametrize(
    ("directory", "named"),
    [("work/app", "./qwen.schema.json"), ("work/app/services/one", "../../qwen.schema.json")],
)
def test_an_artifact_names_the_schema_beside_or_above_it(project: Desk, directory: str, named: str):
    there = project.home / directory
    there.mkdir(parents=True, exist_ok=True)
    project.run("resolve", "-o", "qwen.toml", cwd=there, env=WITH_KEY).exits(0)
    assert first_line(project, f"{directory}/qwen.toml") == f"{LINE}{named}"
    assert project.run("resolve", cwd=there, env=WITH_KEY).exits(0).out == read(project, f"{directory}/qwen.toml")
    project.run("check", cwd=there, env=WITH_KEY).exits(0)


def test_the_path_in_the_line_starts_from_the_artifact(project: Desk):
    (project.cwd / "build").mkdir()
    project.run("resolve", "-o", "build/q.toml", env=WITH_KEY).exits(0)
    assert first_line(project, "work/app/build/q.toml") == f"{LINE}../qwen.schema.json"


def test_the_nearest_schema_counts(project: Desk):
    project.write("work/app/one/qwen.schema.json", "{}")
    project.run("resolve", "-o", "one/qwen.toml", env=WITH_KEY).exits(0)
    assert first_line(project, "work/app/one/qwen.toml") == f"{LINE}./qwen.schema.json"


def test_a_schema_above_the_project_is_ignored(project: Desk):
    project.write("work/app/sub/.git/HEAD", "ref: refs/heads/main\n")
    project.run("resolve", "-o", "sub/qwen.toml", env=WITH_KEY).exits(0)
    assert LINE not in read(project, "work/app/sub/qwen.toml")


def test_a_directory_with_that_name_is_ignored(desk: Desk):
    (desk.cwd / "qwen.schema.json").mkdir()
    desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    assert LINE not in read(desk, "work/app/qwen.toml")


def test_json_has_no_line(project: Desk):
    outcome = project.run("resolve", "--format", "json", env=WITH_KEY).exits(0)
    assert "schema" not in outcome.json
    project.run("resolve", "-o", "qwen.json", env=WITH_KEY).exits(0)
    assert read(project, "work/app/qwen.json") == outcome.out
    project.run("check", "--update", "qwen.json", env=WITH_KEY).exits(0)
    assert read(project, "work/app/qwen.json") == outcome.out


def test_an_artifact_without_the_line_has_not_drifted(desk: Desk):
    desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    before = read(desk, "work/app/qwen.toml")
    desk.write("work/app/qwen.schema.json", "{}")
    assert "up to date" in desk.run("check", "--strict", env=WITH_KEY).exits(0).out
    assert read(desk, "work/app/qwen.toml") == before
    desk.run("check", "--update", env=WITH_KEY).exits(0)
    assert read(desk, "work/app/qwen.toml") == f"{LINE}./qwen.schema.json\n{before}"
    assert "up to date" in desk.run("check", "--update", env=WITH_KEY).exits(0).out


def test_without_the_schema_the_line_is_removed(project: Desk):
    project.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    (project.cwd / "qwen.schema.json").unlink()
    project.run("check", env=WITH_KEY).exits(0)
    project.run("check", "--update", env=WITH_KEY).exits(0)
    assert LINE not in read(project, "work/app/qwen.toml")


@pytest.mark.parametrize("named", ["https://intranet.example/qwen/1.json", "./schemas/mine.json"])
def test_the_users_own_line_is_kept(project: Desk, named: str):
    project.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    body = read(project, "work/app/qwen.toml").partition("\n")[2]
    project.write("work/app/qwen.toml", f"{LINE}{named}\n{body}")
    project.run("check", "--update", "--model", "another", env=WITH_KEY).exits(0)
    project.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    assert read(project, "work/app/qwen.toml") == f"{LINE}{named}\n{body}"


def test_a_line_with_control_characters_is_removed(desk: Desk):
    desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    body = read(desk, "work/app/qwen.toml")
    desk.write("work/app/qwen.toml", f"{LINE}./a\u202e.json\n{body}")
    desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    assert read(desk, "work/app/qwen.toml") == body


def test_init_writes_the_line(project: Desk):
    project.run("init", "--no-verify", "--model", "m", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    assert first_line(project, "work/app/qwen.toml") == f"{LINE}./qwen.schema.json"


# Programs that read the line, if they are installed.


def with_error(text: str) -> str:
    return text.replace('auth_method = "openai"', 'auth_method = "openia"')


@pytest.mark.parametrize(
    "words",
    [
        ("check-jsonschema", "--schemafile", "qwen.schema.json"),
        ("taplo", "lint"),
        ("tombi", "lint", "--offline"),
    ],
    ids=lambda words: words[0],
)
def test_other_programs_use_the_line(project: Desk, words: tuple[str, ...]):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    project.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    project.write("work/app/bad.toml", with_error(read(project, "work/app/qwen.toml")))
    good, bad = (run_program(project.cwd, project.home, *words, name) for name in ("qwen.toml", "bad.toml"))
    assert (good.returncode, "arning" in good.stdout) == (0, False), good.stdout
    assert (bad.returncode, "openia" in bad.stdout) == (1, True), bad.stdout
    assert "arning" not in bad.stdout


def test_the_named_schema_refuses_an_invalid_artifact(project: Desk):
    """The same as above, without other programs."""
    project.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    text = read(project, "work/app/qwen.toml")
    schema = project.cwd / first_line(project, "work/app/qwen.toml").removeprefix(LINE)
    validator = Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    assert list(validator.iter_errors(tomllib.loads(text))) == []
    assert [e.json_path for e in validator.iter_errors(tomllib.loads(with_error(text)))] == ["$.config.auth_method"]


def run_program(cwd: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with both streams as one text."""
    return subprocess.run(
        words,
        cwd=cwd,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
