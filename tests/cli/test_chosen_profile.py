"""The choice of the profile, in real processes: what decides it, what the screens show, and warnings."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from support.installations import PACKAGE, npm_global, npm_local, write_program

from qwen_cfg import resolve

from .process import KEY, Run, env_of, run_all

if TYPE_CHECKING:
    from pathlib import Path

    from support.provider import Provider

    from .process import Desk, Outcome

NEWER = "qwen-code-0.21"
RULES_OF_DOCUMENTS = "rules of Qwen Code's documentation"
RULES_OF_NEWER = "rules of Qwen Code 0.21 and later"
FOUND = f"{RULES_OF_NEWER} (qwen 0.24.4 on PATH)"
# Values of the project and of the home; only one of the two profiles uses those of the home.
OF_PROJECT = f"OPENAI_API_KEY={KEY}\n"
OF_HOME = "OPENAI_BASE_URL=https://home.example/v1\nOPENAI_MODEL=filled-in\n"


@pytest.fixture
def place(desk: Desk) -> Desk:
    """A desk whose home sets the model, which only the newer profile uses."""
    desk.write("work/app/.env", OF_PROJECT)
    desk.write(".qwen/.env", OF_HOME)
    return desk


def with_qwen(desk: Desk, version: str = "0.24.4", **more: str) -> dict[str, str]:
    """Return an environment with a Qwen Code on the PATH."""
    prefix = desk.home / f".nvm/{version}"
    directory = prefix / "bin" if prefix.exists() else npm_global(prefix, version)
    return {"PATH": f"{directory}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "150", **more}


def each(desk: Desk, env: dict[str, str], *lines: str) -> list[Outcome]:
    return run_all([Run(line.split(), desk.cwd, desk.home, env) for line in lines])


def test_every_command_follows_the_installed_version(place: Desk) -> None:
    env = with_qwen(place)
    artifact, explained, field, compared, written, same, valid, terms = each(
        place,
        env,
        "resolve",
        "resolve --explain",
        "resolve --explain model",
        "resolve --compare-profiles",
        "resolve -o a.toml",
        "check a.toml",
        "check a.toml --artifact-only",
        "terms",
    )
    assert (artifact.exits(0).toml["profile"], artifact.toml["config"]["model"]) == (NEWER, "filled-in")
    for screen in (explained, field, compared):
        assert screen.exits(0).out.splitlines()[0].split("  ")[-1].strip() == FOUND
    assert compared.out.index(NEWER) < compared.out.index("documented")
    assert written.exits(0).err == f"qwen-cfg: wrote a.toml by the {FOUND}\n"
    by = f", by the {RULES_OF_NEWER} (the artifact)\n"
    assert same.exits(0).output == f"a.toml: up to date{by}"
    assert valid.exits(0).output == f"a.toml: a valid artifact{by}"
    terms.exits(0)
    for outcome in (artifact, explained, compared, same):
        assert "QC120" not in outcome.output


def test_an_older_or_missing_version_follows_the_documents(place: Desk) -> None:
    older, unknown = with_qwen(place, "0.20.1"), with_qwen(place, "0.24.9")
    (place.home / f".nvm/0.24.9/lib/node_modules/{PACKAGE}/package.json").write_text("{")
    package = f"~/.nvm/0.24.9/lib/node_modules/{PACKAGE}/package.json"
    for env, because in (
        (older, "qwen 0.20.1 on PATH"),
        ({"COLUMNS": "200"}, "no qwen on PATH"),
        (
            {"COLUMNS": "200", **unknown},
            f"qwen on PATH, version unknown: {package} is not valid JSON",
        ),
    ):
        artifact, text, data = each(place, env, "resolve", "resolve --explain", "resolve --explain --format json")
        assert (artifact.exits(0).toml["profile"], artifact.toml["config"]["model"]) == ("documented", "gpt-4o")
        assert f"{RULES_OF_DOCUMENTS} ({because})" in " ".join(text.exits(0).out.splitlines()[:2])
        assert (data.exits(0).json["profile"], data.json["profile_from"]) == ("documented", because)


def test_a_named_profile_overrides_the_installed_version_with_a_warning(place: Desk) -> None:
    env = with_qwen(place)
    named = {**env, "QWEN_CFG_PROFILE": "documented"}
    for words, environ, by in (
        ("--profile documented", env, "--profile"),
        ("", named, "QWEN_CFG_PROFILE"),
        ("--profile documented", {**named, "QWEN_CFG_PROFILE": NEWER}, "--profile"),
    ):
        plain, text, field, compared, data = each(
            place,
            environ,
            f"resolve {words}",
            f"resolve --explain {words}",
            f"resolve --explain base_url {words}",
            f"resolve --compare-profiles {words}",
            f"resolve --explain --format json {words}",
        )
        assert plain.exits(0).toml["profile"] == "documented"
        message = f"qwen 0.24.4 on PATH follows the {RULES_OF_NEWER}, but {by} names documented."
        assert plain.err.startswith(f"QC120 warning: {message} ")
        for screen in (text, field, compared):
            first, second, *_ = screen.exits(0).out.splitlines()
            assert first.endswith(f"{RULES_OF_DOCUMENTS} ({by})")
            assert second == f"QC120 warning  {message}"
            assert screen.out.count("QC120") == 1
        (found,) = [d for d in data.exits(0).json["diagnostics"] if d["code"] == "QC120"]
        assert found["message"] == message
        assert data.json["profile_from"] == by
        schema = json.loads(files("qwen_cfg.explanation").joinpath("explain.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(data.json)


def test_the_profile_of_an_artifact_counts_with_a_warning(place: Desk) -> None:
    place.run("resolve", "-o", "a.toml").exits(0)
    env = with_qwen(place)
    text, data, counted, updated, again = each(
        place,
        {**env, "QWEN_CFG_PROFILE": NEWER},
        "check a.toml",
        "check a.toml --format json",
        "check a.toml --select QC120",
        f"check a.toml --update --profile {NEWER}",
        "check a.toml",
    )
    by = f"{RULES_OF_DOCUMENTS} (the artifact)"
    assert text.exits(0).out == f"a.toml: up to date, by the {by}\n"
    message = f"qwen 0.24.4 on PATH follows the {RULES_OF_NEWER}, but the artifact names documented."
    assert text.err.startswith(f"QC120 warning: {message} ")
    assert (data.exits(0).json["profile"], data.json["profile_from"]) == ("documented", "the artifact")
    assert [d["code"] for d in data.json["diagnostics"]] == ["QC120"]
    # The rule counts if it is selected, like any other.
    counted.exits(1)
    updated.exits(0)
    assert again.exits(0).output == (f"a.toml: up to date, by the {RULES_OF_NEWER} (the artifact)\n")


def test_run_shows_the_warning_too(place: Desk, server: Provider) -> None:
    place.write("work/app/.env", "")
    env = {**with_qwen(place), **env_of(server), "OPENAI_MODEL": "gpt-4o"}
    place.run("resolve", "--profile", "documented", "-o", "a.toml", env=env).exits(0)
    warning = f"QC120 warning: qwen 0.24.4 on PATH follows the {RULES_OF_NEWER}, but {{}} names documented."
    by_option, of_file, doctor, doctor_of_file, agreed = each(
        place,
        env,
        "run -p x --profile documented",
        "run -p x --config a.toml",
        "doctor --profile documented",
        "doctor --config a.toml",
        "doctor",
    )
    assert by_option.exits(0).err.startswith(warning.format("--profile"))
    assert of_file.exits(0).err.startswith(warning.format("the artifact"))
    assert doctor.exits(0).out.splitlines()[0] == f"{RULES_OF_DOCUMENTS} (--profile)"
    assert doctor_of_file.exits(0).out.splitlines()[0] == f"{RULES_OF_DOCUMENTS} (the artifact)"
    assert agreed.exits(0).out.splitlines()[0] == FOUND
    for outcome, count in ((doctor, 1), (doctor_of_file, 1), (agreed, 0)):
        assert outcome.err.count("QC120") == count


def test_init_writes_for_the_installed_version(desk: Desk) -> None:
    outcome = desk.run("init", "--no-verify", "--openai-api-key", KEY, env=with_qwen(desk)).exits(0)
    assert f"wrote qwen.toml by the {FOUND}: commit it" in outcome.out
    assert 'profile = "qwen-code-0.21"' in (desk.cwd / "qwen.toml").read_text()
    assert desk.run("check", "qwen.toml").exits(0).err == ""


def test_a_cloned_repository_does_not_choose_the_profile(place: Desk) -> None:
    """The PATH has the repository's own qwen, as with npm and direnv, and relative directories."""
    local = npm_local(place.cwd)
    (place.cwd / "qwen").symlink_to(local / "qwen")
    for path in (str(local), "node_modules/.bin", ".", ""):
        env = {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "150"}
        (text,) = each(place, env, "resolve --explain")
        assert text.exits(0).out.splitlines()[0].endswith(f"{RULES_OF_DOCUMENTS} (no qwen on PATH)")
    env = with_qwen(place)
    (text,) = each(place, {**env, "PATH": f"{local}{os.pathsep}{env['PATH']}"}, "resolve --explain")
    assert text.exits(0).out.splitlines()[0].endswith(FOUND)


def test_no_program_is_started_and_a_fifo_does_not_block(place: Desk) -> None:
    env = with_qwen(place)
    module = place.home / f".nvm/0.24.4/lib/node_modules/{PACKAGE}"
    (module / "cli-entry.js").write_text(f"#!/bin/sh\ntouch {place.home}/it-ran\n")
    (module / "package.json").unlink()
    os.mkfifo(module / "package.json")
    (text,) = each(place, env, "resolve --explain")
    assert "package.json is a fifo)" in " ".join(text.exits(0).out.splitlines()[:2])
    assert not (place.home / "it-ran").exists()


def test_an_odd_path_is_no_command_to_a_terminal_or_a_ci_job(place: Desk) -> None:
    name = os.fsdecode(b"\xff\x1b[31m\n##[debug]\xe2\x80\xae")
    directory = write_program(place.home / name / "bin/qwen", "#!/bin/sh\n").parent
    env = {"PATH": f"{directory}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}
    for words in (["--explain"], ["--explain", "--format", "json"], ["-o", "a.toml"]):
        outcome = place.run("resolve", *words, env=env).exits(0)
        assert "does not name a program of" in outcome.output
        assert "\x1b" not in outcome.output
        assert "\u202e" not in outcome.output
        assert "##[debug]" not in outcome.output


def test_a_python_program_passes_the_path(place: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = {"cwd": place.cwd, "home": place.home}
    env = with_qwen(place)
    monkeypatch.setenv("PATH", env["PATH"])
    assert resolve(environ={}, **here).profile.name == "documented"  # type: ignore[arg-type]
    assert resolve(environ={"PATH": env["PATH"]}, **here).profile.name == NEWER  # type: ignore[arg-type]
    assert resolve(environ=env, profile="documented", **here).profile.name == "documented"  # type: ignore[arg-type]
    named = {**env, "QWEN_CFG_PROFILE": "documented"}
    assert resolve(environ=named, **here).profile.name == "documented"  # type: ignore[arg-type]
