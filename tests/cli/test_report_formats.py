"""Formats of `check` for other programs: each has the required form, and all have the same problems."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from support.report_schemas import CODE_QUALITY, SARIF

from qwen_cfg.cli.formats import PROBLEM_FORMATS, RENDERERS
from qwen_cfg.cli.parser import build_parser

from .process import KEY

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from .process import Desk

ODD = "b <&\"'>]]> %20 é"
NAMES = ("a", ODD, "c")
ANNOTATION = re.compile(r"::(error|warning|notice) file=([^,]*),line=(\d+),title=([^:]*)::(.*)")


@pytest.fixture
def services(desk: Desk) -> Desk:
    """A repository with three artifacts: one up to date whose key git would add, one with drift, one invalid."""
    for name in NAMES:
        desk.write(f"work/app/{name}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n")
        desk.run("resolve", "-o", "qwen.toml", cwd=desk.cwd / name).exits(0)
    environment = {"PATH": os.environ["PATH"], "HOME": str(desk.home)}
    subprocess.run(["git", "init", "-q", str(desk.cwd.parent)], env=environment, check=True)
    desk.write("work/.gitignore", "**/[bc]*/.env\n")
    desk.write(f"work/app/{ODD}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL='x<y>&\"z'\n")
    (desk.cwd / "c/qwen.toml").write_text("format = 1\n\n?", encoding="utf-8")
    return desk


def report(desk: Desk, form: str, *words: str, code: int = 3, **env: str) -> str:
    return desk.run("check", *(words or (".",)), "--format", form, env=env).exits(code).out


def results(desk: Desk, *words: str, code: int = 3) -> list[dict[str, Any]]:
    document = json.loads(report(desk, "sarif", *words, code=code))
    Draft202012Validator(SARIF).validate(document)
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert run["invocations"][0]["exitCode"] == code
    return run["results"]  # type: ignore[no-any-return]


def place(result: dict[str, Any]) -> tuple[str, int]:
    where = result["locations"][0]["physicalLocation"]
    return unquote(where["artifactLocation"]["uri"]), where["region"]["startLine"]


def test_sarif_has_rules_levels_and_regions(services: Desk) -> None:
    found = [(result["ruleId"], result["level"], *place(result)) for result in results(services)]
    lines = (services.cwd / ODD / "qwen.toml").read_text().splitlines()
    model = next(number for number, line in enumerate(lines, 1) if line.startswith("model ="))
    assert sorted(found) == [
        ("QC304", "warning", "app/a/.env", 1),
        ("drift", "error", f"app/{ODD}/qwen.toml", model),
        ("invalid", "error", "app/c/qwen.toml", 1),
    ]


def test_sarif_of_one_artifact_is_a_subset_of_that_of_all(services: Desk) -> None:
    alone = [
        r
        for name, code in zip(NAMES, (0, 1, 3), strict=True)
        for r in results(services, f"{name}/qwen.toml", code=code)
    ]
    together = results(services, *NAMES)
    assert [r["partialFingerprints"] for r in alone] == [r["partialFingerprints"] for r in together]
    assert [r["message"] for r in alone] == [r["message"] for r in together]


def test_sarif_without_results_is_valid(services: Desk) -> None:
    assert results(services, "a", ODD, "--artifact-only", code=0) == []


def test_a_file_outside_of_the_repository_has_an_absolute_uri(services: Desk) -> None:
    (services.home / "else where").mkdir()
    (services.cwd / "c/qwen.toml").rename(services.home / "else where/qwen.toml")
    (result,) = results(services, "../../else where/qwen.toml")
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": (services.home / "else where/qwen.toml").as_uri()}


def test_code_quality_has_the_form_that_gitlab_requires(services: Desk) -> None:
    issues = json.loads(report(services, "gitlab"))
    Draft202012Validator(CODE_QUALITY).validate(issues)
    assert {issue["check_name"]: (issue["severity"], issue["location"]["path"]) for issue in issues} == {
        "qwen-cfg: QC304": ("minor", "app/a/.env"),
        "qwen-cfg: drift": ("major", f"app/{ODD}/qwen.toml"),
        "qwen-cfg: invalid": ("major", "app/c/qwen.toml"),
    }
    assert json.loads(report(services, "gitlab")) == issues
    below = json.loads(report(services, "gitlab", CI_PROJECT_DIR=str(services.cwd)))
    assert [issue["location"]["path"] for issue in below] == ["a/.env", f"{ODD}/qwen.toml", "c/qwen.toml"]


def test_no_two_issues_have_the_same_fingerprint(desk: Desk) -> None:
    desk.run("resolve", "-o", "a.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=n\nDEBUG=1\n")
    issues = json.loads(report(desk, "gitlab", "a.toml", "--strict", code=1))
    Draft202012Validator(CODE_QUALITY).validate(issues)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) > 5


def test_junit_has_a_case_for_each_artifact(services: Desk) -> None:
    root = ET.fromstring(report(services, "junit"))
    (suite,) = root
    for counted in (root, suite):
        assert {name: counted.get(name) for name in ("tests", "failures", "errors")} == {
            "tests": "3",
            "failures": "1",
            "errors": "1",
        }
    cases = {case.get("file"): case for case in suite}
    assert list(cases) == ["app/a/qwen.toml", f"app/{ODD}/qwen.toml", "app/c/qwen.toml"]
    assert [case.get("name") for case in suite] == ["./a/qwen.toml", f"./{ODD}/qwen.toml", "./c/qwen.toml"]
    same, drifted, broken = cases.values()
    assert [part.tag for part in same] == ["system-out"]
    assert "QC304" in (same[0].text or "")
    assert (drifted[0].tag, drifted[0].get("type")) == ("failure", "drift")
    assert 'x<y>&"z' in drifted[0].get("message", "")
    assert broken[0].tag == "error"
    assert ET.fromstring(report(services, "junit", "a", code=0))[0].get("tests") == "1"


def test_problems_fail_in_every_format(services: Desk) -> None:
    words = ("a", "--select", "QC304")
    assert ET.fromstring(report(services, "junit", *words, code=1))[0][0][0].get("type") == "QC304"
    assert [r["ruleId"] for r in results(services, *words, code=1)] == ["QC304"]


@pytest.mark.parametrize("form", list(PROBLEM_FORMATS))
def test_every_format_has_the_same_problems(services: Desk, form: str) -> None:
    out = report(services, form)
    for code in ("QC304", "drift", "TOML"):
        assert code in out
    assert KEY not in out


@pytest.mark.parametrize("form", list(PROBLEM_FORMATS))
def test_an_error_is_in_every_format_and_on_standard_error(services: Desk, form: str) -> None:
    """Also with one artifact, or with none."""
    for name in ("c", "missing.toml"):
        outcome = services.run("check", name, "--format", form).exits(3)
        assert "qwen-cfg: " in outcome.err
        assert f"app/{'c/qwen.toml' if name == 'c' else name}" in outcome.out or form == "junit"
        assert outcome.out.count("invalid") or form == "github"


def test_paths_start_from_the_workspace_in_every_directory(services: Desk) -> None:
    for cwd in (services.cwd, services.cwd / "c", services.home):
        name = os.path.relpath(services.cwd / "c/qwen.toml", cwd)
        for env, expected in (
            ({}, "app/c/qwen.toml"),
            ({"GITHUB_WORKSPACE": str(services.home)}, "work/app/c/qwen.toml"),
            ({"CI_PROJECT_DIR": str(services.cwd)}, "c/qwen.toml"),
        ):
            out = services.run("check", name, "--format", "github", cwd=cwd, env=env).exits(3).out
            match = ANNOTATION.fullmatch(out.strip())
            assert match
            assert match[2] == expected


def test_all_formats_are_in_the_table() -> None:
    assert list(RENDERERS) == ["text", "json", *PROBLEM_FORMATS]
    for name, command in build_parser().commands.items():
        for action in command.actions:
            if "--format" in action.option_strings:
                assert set(action.choices or ()) <= {*RENDERERS, "toml"}, name


# Other commands with problems.


@pytest.fixture
def history(services: Desk) -> Desk:
    """A repository in which the last commit changes one artifact, adds one, removes one and breaks one."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(services.home)}

    def git(*words: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        subprocess.run(["git", *identity, *words], cwd=services.cwd, env=environment, check=True, capture_output=True)

    text = (services.cwd / "a/qwen.toml").read_text()
    for name in ("c", "removed"):
        services.write(f"work/app/{name}/qwen.toml", text)
    git("add", "*.toml")
    git("commit", "-qm", "one")
    (services.cwd / "removed/qwen.toml").unlink()
    services.write("work/app/added/qwen.toml", text)
    services.write(f"work/app/{ODD}/qwen.toml", text.replace('model = "m"', 'model = "<&>"'))
    services.write("work/app/c/qwen.toml", "?")
    git("add", "--all", "*.toml")
    git("commit", "-qm", "two")
    return services


def test_a_diff_has_every_format(history: Desk) -> None:
    words, below = ("diff", "HEAD~1", "HEAD", "--format"), history.cwd / "a"
    document = json.loads(history.run(*words, "sarif", cwd=below).exits(3).out)
    Draft202012Validator(SARIF).validate(document)
    found = {(result["ruleId"], place(result)[0]) for result in document["runs"][0]["results"]}
    expected = {("change", "added"), ("change", ODD), ("change", "removed"), ("invalid", "c")}
    assert found == {(code, f"app/{name}/qwen.toml") for code, name in expected}
    issues = json.loads(history.run(*words, "gitlab").exits(3).out)
    Draft202012Validator(CODE_QUALITY).validate(issues)
    assert {issue["location"]["path"] for issue in issues} == {file for _, file in found}
    suite = ET.fromstring(history.run(*words, "junit").exits(3).out)[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "3", "1")
    lines = history.run(*words, "github", cwd=below).exits(3).out.splitlines()
    assert all(ANNOTATION.fullmatch(line) for line in lines)
    assert {line.split(",")[0] for line in lines} >= {
        "::error file=app/c/qwen.toml",
        "::warning file=app/removed/qwen.toml",
    }


# The summary of a job.


@pytest.fixture
def place_for_summary(services: Desk) -> Path:
    return services.write("runner/step_summary", "before\n")


def test_the_summary_of_a_job_is_a_table(services: Desk, place_for_summary: Path) -> None:
    env = {"GITHUB_STEP_SUMMARY": str(place_for_summary)}
    report(services, "github", **env)
    first, *lines = place_for_summary.read_text().splitlines()
    assert first == "before"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 5
    assert "c/qwen.toml" in table[2]
    assert "a/qwen.toml" in table[4]
    assert table[2].startswith("| ❌ |")
    assert table[4].startswith("| ✅ |")
    assert "</code> | up to date" in table[4]
    assert KEY not in place_for_summary.read_text()
    # Names and values cannot add syntax to the table.
    for line in table[2:]:
        cells = re.sub(r"</?code>|<br>|&#\d+;", "", line)
        assert cells.count("|") == 4
        assert not set(cells) & set("<>*_`[]\\&#@:")
    report(services, "github", **env)
    assert place_for_summary.read_text().count("### qwen-cfg check") == 2


def test_a_summary_is_written_for_github_alone(services: Desk, place_for_summary: Path) -> None:
    for form in ("text", "json", "sarif", "junit", "gitlab"):
        report(services, form, GITHUB_STEP_SUMMARY=str(place_for_summary))
    assert place_for_summary.read_text() == "before\n"


@pytest.mark.parametrize(
    "kind", ["a link of the project", "a link on the way", "a directory", "a pipe", "missing", "NUL"]
)
def test_an_unwritable_summary_file_is_reported_only(services: Desk, place_for_summary: Path, kind: str) -> None:
    place = services.cwd / "summary"
    match kind:
        case "a link of the project":
            place.symlink_to(place_for_summary)
        case "a link on the way":
            place.symlink_to(place_for_summary.parent)
            place = place / "step_summary"
        case "a directory":
            place.mkdir()
        case "a pipe":
            os.mkfifo(place)
    outcome = services.run("check", ".", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(place)}).exits(3)
    assert "no summary is written" in outcome.err
    assert outcome.out == report(services, "github")
    assert place_for_summary.read_text() == "before\n"


def test_a_long_summary_is_shortened(services: Desk, place_for_summary: Path) -> None:
    text = (services.cwd / "a/qwen.toml").read_text()
    for number in range(210):
        services.write(f"work/app/many/{number}/qwen.toml", text)
    report(services, "github", ".", "--artifact-only", GITHUB_STEP_SUMMARY=str(place_for_summary))
    lines = place_for_summary.read_text().splitlines()
    assert sum(line.startswith("|") for line in lines) == 202
    assert "13 more are not shown." in lines
    assert sys.getsizeof(place_for_summary.read_bytes()) < 1 << 20
