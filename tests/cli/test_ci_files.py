"""The files for CI services: hooks for pre-commit, the GitHub action, and the GitLab template."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.git import git

from .process import KEY, SECONDS

if TYPE_CHECKING:
    from .process import Desk

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB = list(yaml.safe_load_all((ROOT / "templates/qwen-cfg.gitlab-ci.yml").read_text(encoding="utf-8")))

FILES = ["qwen.toml", "a/qwen.toml", "b c/qwen.toml", "a/.qwen/.env", "a/not-qwen.toml", "qwen.toml.bak", "README.md"]


@pytest.fixture
def services(desk: Desk) -> Desk:
    """A repository with two artifacts, one of which has drifted."""
    for name in ("a", "b c"):
        desk.write(f"work/app/{name}/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n")
        desk.run("resolve", "-o", "qwen.toml", cwd=desk.cwd / name).exits(0)
    desk.write("work/app/b c/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=n\n")
    desk.write("work/app/.gitignore", ".env\n")
    git(desk.cwd, "init", "-q")
    git(desk.cwd, "add", ".")
    return desk


def environment(desk: Desk, **more: str) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": programs, "HOME": str(desk.home), **more}


# pre-commit.


def test_the_hooks_have_the_form_that_pre_commit_requires() -> None:
    """Source: pre-commit, "Creating new hooks"."""
    assert list(HOOKS) == ["qwen-cfg-check", "qwen-cfg-check-all"]
    for hook in HOOKS.values():
        assert {"id", "name", "entry", "language"} <= hook.keys()
        assert hook["language"] == "python"
        assert hook["require_serial"] is True


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_checks_the_artifacts(services: Desk, name: str) -> None:
    hook = HOOKS[name]
    program, *words = shlex.split(hook["entry"])
    assert program == "qwen-cfg"
    if hook.get("pass_filenames", True):
        chosen = [file for file in FILES if re.search(hook["files"], file)]
        assert chosen == ["qwen.toml", "a/qwen.toml", "b c/qwen.toml"]
        words += chosen[1:]
    else:
        assert hook["always_run"]
    outcome = services.run(*words).exits(1)
    assert "2 artifacts: 1 up to date, 1 with drift" in outcome.out
    services.run(*words, "--update").exits(0)
    services.run(*words).exits(0)


@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not installed")
def test_pre_commit_itself_runs_the_hooks(services: Desk, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=hooks, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, check=True, capture_output=True, text=True)
    # The tested program, instead of one that pre-commit installs for the hook.
    here = [{"id": name, "language": "system"} for name in HOOKS]
    config = {"repos": [{"repo": str(hooks), "rev": head.stdout.strip(), "hooks": here}]}
    services.write("work/app/.pre-commit-config.yaml", json.dumps(config))
    git(services.cwd, "add", ".")
    env = environment(services, PRE_COMMIT_HOME=str(tmp_path / "cache"))
    words = ["pre-commit", "run", "--color=never"]
    process = subprocess.run(
        words, cwd=services.cwd, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert process.returncode == 1, process.stderr
    assert re.findall(r"^qwen-cfg check.*?(Failed|Passed)$", process.stdout, re.MULTILINE) == ["Failed", "Failed"]
    assert process.stdout.count("2 artifacts: 1 up to date, 1 with drift") == 2
    services.run("check", ".", "--update").exits(0)
    git(services.cwd, "add", ".")
    subprocess.run(words, cwd=services.cwd, env=env, check=True, timeout=SECONDS, capture_output=True)


# GitHub Actions.


def test_the_composite_action_passes_inputs_as_data() -> None:
    """Inputs of a workflow are data: `${{ … }}` in a script would be a part of the script."""
    assert ACTION["runs"]["using"] == "composite"
    given = {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    used = set()
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        used |= set(step["env"].values())
        assert set(re.findall(r"\$\{?(QWEN_CFG_\w+)", step["run"])) == set(step["env"])
    assert used == given
    assert all(isinstance(described["default"], str) for described in ACTION["inputs"].values())


def run_step(desk: Desk, step: dict[str, Any], inputs: dict[str, str], env: dict[str, str]) -> Any:
    """Run a step like the runner (GitHub, "Workflow syntax": bash --noprofile --norc -eo pipefail {0})."""
    values = {name: described["default"] for name, described in ACTION["inputs"].items()} | inputs
    given = {
        name: re.sub(r"\$\{\{ inputs\.(.*?) \}\}", lambda m: values[m[1]], text) for name, text in step["env"].items()
    }
    script = desk.write("runner/step.sh", step["run"])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
        cwd=desk.cwd,
        env=environment(desk, **env, **given),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def runner(desk: Desk) -> dict[str, str]:
    files = {name: str(desk.write(f"runner/{name}", "")) for name in ("output", "path", "summary")}
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_WORKSPACE": str(desk.cwd.parent),
        "GITHUB_OUTPUT": files["output"],
        "GITHUB_PATH": files["path"],
        "GITHUB_STEP_SUMMARY": files["summary"],
        "RUNNER_TEMP": str(desk.home / "runner"),
    }


@pytest.mark.parametrize(
    ("inputs", "code", "count"),
    [
        ({}, 1, 1),
        ({"paths": "a\n"}, 0, 0),
        ({"paths": "a/qwen.toml\n\nb c\n-missing.toml"}, 3, 2),
        ({"artifact-only": "true"}, 0, 0),
        ({"strict": "true", "paths": "a"}, 0, 0),
        ({"select": "all", "ignore": "all", "paths": "a"}, 0, 0),
        ({"paths": "$(touch ran)\n`touch ran`; touch ran"}, 3, 2),
        ({"select": "QC101 --update"}, 2, 0),
    ],
    ids=str,
)
def test_the_action_checks_artifacts(services: Desk, inputs: dict[str, str], code: int, count: int) -> None:
    env, step = runner(services), ACTION["runs"]["steps"][1]
    sarif = services.home / "runner/results.sarif"
    before = (services.cwd / "b c/qwen.toml").read_bytes()
    process = run_step(services, step, {**inputs, "sarif-file": str(sarif)}, env)
    assert process.returncode == code, process.stderr
    assert (services.home / "runner/output").read_text() == f"exit-code={code}\n"
    assert len(re.findall(r"^::error file=app/", process.stdout, re.MULTILINE)) == count
    assert not (services.cwd / "ran").exists()
    assert (services.cwd / "b c/qwen.toml").read_bytes() == before
    if code != 2:
        assert len(json.loads(sarif.read_text())["runs"][0]["results"]) == count
        assert (services.home / "runner/summary").read_text().startswith("### qwen-cfg check\n")


def test_the_action_installs_this_repository(services: Desk) -> None:
    """With pip itself in a new environment; the dependencies come from the environment of the tests."""
    env = runner(services)
    offline = {
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_IGNORE_INSTALLED": "1",
    }
    process = run_step(services, ACTION["runs"]["steps"][0], {"python": sys.executable}, {**env, **offline})
    assert process.returncode == 0, process.stderr
    programs = Path((services.home / "runner/path").read_text().strip())
    version = [programs / "qwen-cfg", "--version"]
    assert subprocess.run(version, env=environment(services, **offline), check=True, capture_output=True).stdout


# GitLab.


def test_the_gitlab_template_checks_artifacts(services: Desk) -> None:
    header, job = GITLAB
    defaults = {name: (value or {}).get("default") for name, value in header["spec"]["inputs"].items()}
    assert [name for name, default in defaults.items() if default is None] == ["requirement"]
    script = job["qwen-cfg-check"]["script"][-1]
    for name, value in {**defaults, "options": "--ignore all"}.items():
        script = script.replace(f"$[[ inputs.{name} ]]", value or "")
    assert "$[[" not in script
    script = script.replace(".qwen-cfg-venv/bin/qwen-cfg", "qwen-cfg")
    env = environment(services, CI_PROJECT_DIR=str(services.cwd))
    process = subprocess.run(
        ["sh", "-ec", script], cwd=services.cwd, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert process.returncode == 1, process.stderr
    reports = job["qwen-cfg-check"]["artifacts"]["reports"]
    issues = json.loads((services.cwd / reports["codequality"]).read_text())
    assert [issue["location"]["path"] for issue in issues] == ["b c/qwen.toml"]
    assert '<failure type="drift"' in (services.cwd / reports["junit"]).read_text()
