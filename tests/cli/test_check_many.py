"""`qwen-cfg check` for many artifacts: each in its own directory, with a line each and one summary."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.git import git

from .process import KEY, clean_environment
from .running import Running
from .terminal import run_on_screen

if TYPE_CHECKING:
    from .process import Desk

APP = "work/app"


def make_service(desk: Desk, name: str, model: str = "m") -> Path:
    """Make a directory with an env file of its own, and its artifact."""
    desk.write(f"{APP}/{name}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL={model}\n")
    desk.run("resolve", "-o", "qwen.toml", cwd=desk.cwd / name).exits(0)
    return desk.cwd / name / "qwen.toml"


def set_model(desk: Desk, name: str, model: str) -> None:
    desk.write(f"{APP}/{name}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL={model}\n")


@pytest.fixture
def services(desk: Desk) -> Desk:
    """A project with three artifacts: one is up to date, one has drifted, one is broken."""
    for name in ("a", "b", "c"):
        make_service(desk, name, f"model-of-{name}")
    set_model(desk, "b", "another")
    (desk.cwd / "c/qwen.toml").write_text("format =", encoding="utf-8")
    return desk


# The report.


def test_each_artifact_has_a_line_and_those_that_differ_have_details(services: Desk) -> None:
    outcome = services.run("check", "c/qwen.toml", "b", "a/qwen.toml").exits(3)
    lines = [line for line in outcome.out.splitlines() if line and not line.startswith(" ")]
    assert lines[0].startswith("c/qwen.toml: error: invalid TOML")
    assert lines[1].startswith("b/qwen.toml: drift in 1 of 14 fields, by ")
    assert lines[2].startswith("a/qwen.toml: up to date, by ")
    assert lines[3] == "3 artifacts: 1 up to date, 1 with drift, 1 with an error"
    assert lines[4] == "To fix: qwen-cfg check c/qwen.toml b a/qwen.toml --update"
    assert len(lines) == 5
    assert "was  model-of-b  [./.env:2 OPENAI_MODEL]\n    is   another  [./.env:2 OPENAI_MODEL]" in outcome.out
    assert outcome.err == ""


def test_the_report_of_many_equals_the_reports_of_each(services: Desk) -> None:
    names = [f"{name}/qwen.toml" for name in "abc"]
    alone = [services.run("check", name, "--format", "json", "--strict") for name in names]
    together = services.run("check", *names, "--format", "json", "--strict").exits(3).json
    assert (
        [artifact["exit_code"] for artifact in together["artifacts"]]
        == [outcome.code for outcome in alone]
        == [0, 1, 3]
    )
    for artifact, outcome in zip(together["artifacts"], alone, strict=True):
        if "error" in artifact:
            assert artifact["error"] == outcome.json["error"]
        else:
            assert artifact == outcome.json
    assert together["summary"] == {"artifacts": 3, "same": 1, "drift": 1, "error": 1}
    annotations = "".join(services.run("check", name, "--format", "github").out for name in names)
    assert services.run("check", *names, "--format", "github").exits(3).out == annotations


@pytest.mark.parametrize(("names", "code"), [("a", 0), ("ab", 1), ("abc", 3), ("ac", 3)])
def test_the_exit_code_is_the_highest_of_all(services: Desk, names: str, code: int) -> None:
    services.run("check", *(f"{name}/qwen.toml" for name in (*names, *names))).exits(code)


def test_a_file_named_twice_is_checked_once(services: Desk) -> None:
    document = services.run("check", "a", "./a/qwen.toml", "a/../a/", "a/qwen.toml", "--format", "json").exits(0).json
    assert [artifact["file"] for artifact in document["artifacts"]] == ["a/qwen.toml"]


def test_a_warning_of_many_artifacts_is_shown_once(desk: Desk) -> None:
    for name in "abcde":
        make_service(desk, name)
    git(desk.cwd, "init", "-q")
    outcome = desk.run("check", ".").exits(0)
    assert outcome.err.count("QC") == 1
    assert outcome.err.startswith("./a/qwen.toml, ./b/qwen.toml, ./c/qwen.toml and 2 more: QC")
    assert "5 artifacts: 5 with findings" in desk.run("check", ".", "--select", "all").exits(1).out


def test_a_missing_file_does_not_stop_the_others(services: Desk) -> None:
    outcome = services.run("check", "missing.toml", "a", "nowhere/", "empty", "b").exits(3)
    assert "missing.toml: error: the file does not exist" in outcome.out
    assert "nowhere/: error: " in outcome.out
    assert "5 artifacts: 1 up to date, 1 with drift, 3 with an error" in outcome.out


def test_no_key_and_no_control_character_is_shown(services: Desk) -> None:
    name = "x\x1b[2J\n::add-mask::y"
    make_service(services, name)
    # One service has another one's key as its model.
    set_model(services, name, f"m{KEY[:11]}\x1b[1m")
    set_model(services, "b", KEY)
    for form in ("text", "json", "github", "sarif", "junit", "gitlab"):
        outcome = services.run("check", ".", "--format", form)
        assert KEY not in outcome.output
        assert outcome.code == 3
        assert not set(outcome.output) & {"\x1b", "\x07", "\r"}
        assert not any(line.startswith("::add") for line in outcome.output.splitlines())


# The directory of each artifact.


def test_typed_paths_start_from_the_working_directory(desk: Desk) -> None:
    for name in ("a", "b"):
        make_service(desk, name)
    desk.write(f"{APP}/prod.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=prod\n")
    document = desk.run("check", ".", "--env-file", "prod.env", "--format", "json").exits(1).json
    assert [a["differences"][0]["new"] for a in document["artifacts"]] == ["prod", "prod"]


def test_update_writes_only_artifacts_with_drift(services: Desk) -> None:
    before = {name: (services.cwd / name / "qwen.toml").stat().st_mtime_ns for name in "ac"}
    outcome = services.run("check", ".", "--update").exits(3)
    assert "3 artifacts: 1 up to date, 1 updated, 1 with an error" in outcome.out
    assert "To fix" not in outcome.out
    assert {name: (services.cwd / name / "qwen.toml").stat().st_mtime_ns for name in "ac"} == before
    assert 'model = "another"' in (services.cwd / "b/qwen.toml").read_text()
    services.run("check", "b", "a").exits(0)


def test_a_failed_update_does_not_stop_the_others(open_desk: Desk) -> None:
    for name in ("a", "b"):
        make_service(open_desk, name)
        set_model(open_desk, name, "another")
        (open_desk.cwd / name / ".env").chmod(0o644)
        (open_desk.cwd / name / "qwen.toml").chmod(0o644)
    (open_desk.cwd / "b").chmod(0o777)
    (open_desk.cwd / "a").chmod(0o555)
    before = (open_desk.cwd / "a/qwen.toml").read_bytes()
    options = ("--env-file", "b/.env", "--update")
    outcome = open_desk.run("check", "a/qwen.toml", "b/qwen.toml", *options, nobody=True).exits(2)
    assert "a/qwen.toml: error: the file cannot be written" in outcome.out
    assert (open_desk.cwd / "a/qwen.toml").read_bytes() == before
    assert 'model = "another"' in (open_desk.cwd / "b/qwen.toml").read_text()


# The search in a directory.


def files_checked(desk: Desk, *names: str, code: int = 0) -> list[str]:
    document = desk.run("check", *names, "--artifact-only", "--format", "json").exits(code).json
    return [artifact["file"] for artifact in document["artifacts"]]


def test_files_that_git_ignores_are_not_searched(desk: Desk) -> None:
    text = make_service(desk, "a").read_text()
    for name in ("", "ignored/", "ignored/but/", "tracked/", "b/deep/er/", "node_modules/x/", ".hidden/", "named/"):
        desk.write(f"{APP}/{name}qwen.toml", text)
    git(desk.cwd, "init", "-q")
    desk.write(f"{APP}/.gitignore", "/ignored/*\n!/ignored/but\n/tracked/\nnode_modules\n/named/\n")
    git(desk.cwd, "add", "-f", "tracked/qwen.toml", "b")
    here = ["./qwen.toml", "./.hidden/qwen.toml", "./a/qwen.toml", "./b/deep/er/qwen.toml", "./ignored/but/qwen.toml"]
    assert files_checked(desk, ".") == [*here, "./tracked/qwen.toml"]
    # A directory on the command line means the artifact in it.
    assert files_checked(desk, "b", "ignored") == ["b/deep/er/qwen.toml", "ignored/qwen.toml", "ignored/but/qwen.toml"]
    assert files_checked(desk, "named", "a") == ["named/qwen.toml", "a/qwen.toml"]
    # The list of git itself.
    (desk.cwd / "b/deep/er/qwen.toml").unlink()
    assert "./b/deep/er/qwen.toml" not in files_checked(desk, ".")


def test_a_directory_of_repositories_is_searched_by_the_rules_of_each(desk: Desk) -> None:
    text = make_service(desk, "one").read_text()
    for name in ("one/out/", "one/src/", "two/out/", "two/src/", "none/out/"):
        desk.write(f"{APP}/{name}qwen.toml", text)
    for name in ("one", "two"):
        git(desk.cwd / name, "init", "-q")
        desk.write(f"{APP}/{name}/.gitignore", "out\n")
    expected = ["./none/out/qwen.toml", "./one/qwen.toml", "./one/src/qwen.toml", "./two/src/qwen.toml"]
    assert files_checked(desk, ".") == expected
    # Without git, nothing is ignored.
    alone = desk.run("check", ".", "--artifact-only", "--format", "json", env={"PATH": "/nowhere"}).exits(0)
    assert len(alone.json["artifacts"]) == 6
    note = "git did not report which files it ignores, so every directory is searched"
    assert alone.err == f"note: ./one: {note}\nnote: ./two: {note}\n"
    within = desk.run("check", "one/src", "one", "--artifact-only", env={"PATH": "/nowhere"}).exits(0)
    assert within.err == f"note: one/src: {note}\nnote: one: {note}\n"
    assert desk.run("check", "none", "--artifact-only", env={"PATH": "/nowhere"}).exits(0).err == ""


@pytest.mark.parametrize("in_git", [True, False])
def test_a_deep_directory_is_searched(desk: Desk, in_git: bool) -> None:
    text = make_service(desk, "a").read_text()
    # Deeper than Python's recursion limit, so Python can neither make nor remove the directories itself.
    below = "/".join("d" * 1200)
    subprocess.run(["mkdir", "-p", desk.cwd / below], check=True)
    desk.write(f"{APP}/{below}/qwen.toml", text)
    desk.write(f"{APP}/{below}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n")
    if in_git:
        git(desk.cwd, "init", "-q")
    outcome = desk.run("check", ".", "--format", "json")
    subprocess.run(["rm", "-r", desk.cwd / "d"], check=True)
    assert [artifact["status"] for artifact in outcome.exits(0).json["artifacts"]] == ["same", "same"]


@pytest.mark.parametrize("in_git", [True, False])
def test_the_search_follows_no_link(desk: Desk, in_git: bool) -> None:
    text = make_service(desk, "a").read_text()
    desk.write("outside/qwen.toml", text)
    desk.write("outside/deep/qwen.toml", text)
    desk.write(f"{APP}/was/qwen.toml", text)
    desk.write(f"{APP}/swapped/qwen.toml", text)
    if in_git:
        git(desk.cwd, "init", "-q")
        git(desk.cwd, "add", "was", "swapped")
    (desk.cwd / "link").symlink_to("../../outside")
    (desk.cwd / "loop").symlink_to(".")
    (desk.cwd / "was/qwen.toml").unlink()
    (desk.cwd / "was/qwen.toml").symlink_to("../../../outside/qwen.toml")
    (desk.cwd / "swapped").rename(desk.home / "moved")
    (desk.cwd / "swapped").symlink_to("../../moved")
    os.mkfifo(desk.cwd / "fifo")
    (desk.cwd / "dir/qwen.toml").mkdir(parents=True)
    assert files_checked(desk, ".", "a") == ["./a/qwen.toml"]
    # A link on the command line is followed.
    assert files_checked(desk, "link", "was") == ["link/qwen.toml", "link/deep/qwen.toml", "was/qwen.toml"]
    # Skipped directories are reported.
    left_out = "./swapped/qwen.toml, ./was/qwen.toml" if in_git else "./was/qwen.toml"
    note = f"note: not checked, because they are links or not regular files: {left_out}. To check one, name it."
    assert note in desk.run("check", ".").exits(0).err
    assert "not checked" not in desk.run("check", "was", "a").exits(0).err


@pytest.mark.parametrize("in_git", [True, False])
def test_skipped_directories_are_reported_in_one_line(desk: Desk, in_git: bool) -> None:
    make_service(desk, "a")
    for number in range(5):
        (desk.cwd / f"{number}").mkdir()
        (desk.cwd / f"{number}/qwen.toml").symlink_to("../a/qwen.toml")
    if in_git:
        git(desk.cwd, "init", "-q")
    note = "./0/qwen.toml, ./1/qwen.toml, ./2/qwen.toml and 2 more. To check one, name it."
    assert note in desk.run("check", ".").exits(0).err


def test_an_unreadable_directory_is_reported(open_desk: Desk) -> None:
    make_service(open_desk, "a")
    (open_desk.cwd / "a/.env").unlink()
    (open_desk.cwd / "a/qwen.toml").chmod(0o644)
    (open_desk.cwd / "closed/in").mkdir(parents=True)
    (open_desk.cwd / "closed").chmod(0)
    for in_git in (False, True):
        if in_git:
            git(open_desk.cwd, "init", "-q")
        outcome = open_desk.run("check", ".", "--artifact-only", nobody=True).exits(3)
        assert "./a/qwen.toml: a valid artifact" in outcome.out
        assert "Permission denied" in outcome.out
    (open_desk.cwd / "closed").chmod(0o755)


def test_a_named_artifact_of_another_user_is_checked(open_desk: Desk) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    make_service(open_desk, "a")
    artifact = make_service(open_desk, "b")
    os.chown(artifact, 12345, 12345)
    assert "b/qwen.toml: error: this artifact belongs to another user" in open_desk.run("check", ".").exits(3).out
    open_desk.run("check", "b", "a").exits(0)


def test_a_repository_runs_no_program(desk: Desk) -> None:
    make_service(desk, "a")
    make_service(desk, "b")
    git(desk.cwd, "init", "-q")
    program = desk.write("evil", f"#!/bin/sh\ntouch {desk.home}/ran\n")
    program.chmod(0o755)
    for setting in ("core.fsmonitor", "core.sshCommand", "core.editor", "core.pager"):
        git(desk.cwd, "config", setting, str(program))
    desk.run("check", ".").exits(0)
    assert not (desk.home / "ran").exists()


# A terminal.


def hold_open(fifo: Path, seconds: float) -> None:
    """Wait until a program reads a FIFO, and end its input after some time."""
    with fifo.open("wb"):
        time.sleep(seconds)


def make_slow_artifact(services: Desk) -> None:
    """Make a FIFO whose reader waits for more than a second, after which progress is shown."""
    fifo = services.cwd / "pipe.toml"
    fifo.unlink(missing_ok=True)
    os.mkfifo(fifo)
    threading.Thread(target=hold_open, args=(fifo, 1.2), daemon=True).start()


def test_a_long_check_shows_its_progress(services: Desk) -> None:
    make_slow_artifact(services)
    screen = run_on_screen(services, "check", "pipe.toml", "a", "b")
    assert b"checking 1 of 3 artifacts [##########...." in screen.raw
    assert "checking" not in screen.text
    assert screen.lines[0].startswith("pipe.toml: error: ")
    make_slow_artifact(services)
    assert b"checking" not in run_on_screen(services, "check", "pipe.toml", "a", "b", env={"CI": "true"}).raw
    assert b"checking" not in run_on_screen(services, "check", "a", "b").raw


def test_no_progress_in_a_pipe(services: Desk) -> None:
    make_slow_artifact(services)
    outcome = services.run("check", "pipe.toml", "a", "--format", "json").exits(3)
    assert "checking" not in outcome.output
    assert json.loads(outcome.out)["summary"]["artifacts"] == 2


# Interruption.


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="forks are found in /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_processes(services: Desk, number: signal.Signals, code: int) -> None:
    pipes = [f"pipe{n}.toml" for n in range(20)]
    for pipe in pipes:
        os.mkfifo(services.cwd / pipe)
    with Running("check", *pipes, cwd=services.cwd, environment=clean_environment(services.home)) as child:
        # After the first artifact, which takes a while, the process forks.
        hold_open(services.cwd / pipes[0], 0.3)
        listed = Path(f"/proc/{child.pid}/task/{child.pid}/children")
        until = time.monotonic() + 30
        while not (forks := listed.read_text().split()) and time.monotonic() < until:
            time.sleep(0.05)
        if len(os.sched_getaffinity(0)) > 1:
            assert forks
        child.send_signal(number)
        out, err = child.communicate()
        assert child.returncode == code
    assert out == ""
    assert err.count("\n") == 1
    assert not any(Path(f"/proc/{fork}").exists() for fork in forks)
