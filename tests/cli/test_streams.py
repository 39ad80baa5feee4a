"""The surroundings of a command: closed pipes, locales, signals, deleted directories, help, and imports."""

from __future__ import annotations

import os
import pwd
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from qwen_schema import declared_fields

from .process import KEY, PROGRAM, clean_environment
from .running import Running

if TYPE_CHECKING:
    from .process import Desk

WITH_KEY = {"OPENAI_API_KEY": KEY}
COMMANDS = [
    "init",
    "set",
    "resolve",
    "why-not",
    "check",
    "diff",
    "envfile",
    "run",
    "exec",
    "verify",
    "doctor",
    "auth",
    "trust",
    "terms",
    "rule",
    "schema",
    "completion",
]


# Pipes and files.


@pytest.mark.parametrize(
    "argv",
    [
        ["resolve"],
        ["resolve", "--explain"],
        ["resolve", "--format", "json", "--bad"],
        ["--help"],
        ["resolve", "--help"],
        ["--version"],
        ["completion", "bash"],
        ["envfile", *["a"] * 3],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_is_no_error(desk: Desk, argv: list[str]) -> None:
    desk.write("work/app/a", "A=1\n")
    read, write = os.pipe()
    os.close(read)
    outcome = desk.run(*argv, env=WITH_KEY, stdout=write)
    os.close(write)
    outcome.exits(2 if "--bad" in argv else 0)
    assert "Broken pipe" not in outcome.err
    assert "Exception" not in outcome.err


def test_a_pipe_that_closes_in_the_middle_is_no_error(desk: Desk) -> None:
    for number in range(300):
        desk.write(f"work/app/{number}", "A=1\n" * 100)
    process = subprocess.run(
        ["bash", "-c", '"$@" | head -1; exit ${PIPESTATUS[0]}', "sh", *PROGRAM, "envfile", *map(str, range(300))],
        cwd=desk.cwd,
        env=clean_environment(desk.home),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "0\n", "")


@pytest.mark.parametrize("argv", [["resolve"], ["resolve", "--explain"], ["resolve", "--help"]], ids=" ".join)
def test_a_full_disk_is_reported(desk: Desk, argv: list[str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        outcome = desk.run(*argv, env=WITH_KEY, stdout=full)
    assert outcome.code == 2
    assert "No space left" in outcome.err
    assert "Exception ignored" not in outcome.err
    assert "a bug in qwen-cfg" not in outcome.err


@pytest.mark.parametrize("stream", ["1", "2", "0"])
def test_a_stream_that_is_closed_at_the_start(desk: Desk, stream: str) -> None:
    """Some supervisors start programs like this. An output file is written all the same."""
    close = {"0": "<&-", "1": ">&-", "2": "2>&-"}[stream]
    process = subprocess.run(
        ["bash", "-c", f'"$@" {close}', "sh", *PROGRAM, "resolve", "-o", "a.toml"],
        cwd=desk.cwd,
        env=clean_environment(desk.home, {**WITH_KEY, "OPENAI_MODEL": ""}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    assert (desk.cwd / "a.toml").exists()
    refused = subprocess.run(
        ["bash", "-c", f'"$@" {close}', "sh", *PROGRAM, "resolve", "--no-such-flag"],
        cwd=desk.cwd,
        env=clean_environment(desk.home),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


# Locales.


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=["C", "POSIX", "C without UTF-8 mode", "latin-1"],
)
def test_a_locale_changes_no_result(desk: Desk, locale: dict[str, str]) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL='通义千问-ü'\n")
    for argv in (["resolve"], ["resolve", "--format", "json"], ["resolve", "--explain"], ["envfile", ".env"]):
        plain = desk.run(*argv, env={"LC_ALL": "C.UTF-8"}).exits(0)
        other = desk.run(*argv, env=locale).exits(0)
        assert other.out == plain.out
        assert "通义千问-ü" in other.out
    desk.run("resolve", "-o", "a.toml", env=locale).exits(0)
    assert "通义千问-ü" in (desk.cwd / "a.toml").read_text(encoding="utf-8")
    desk.run("check", "a.toml", env=locale).exits(0)


def test_a_flag_in_the_c_locale(desk: Desk) -> None:
    env = {**WITH_KEY, "LC_ALL": "C"}
    assert desk.run("resolve", "--model", "通义千问", env=env).exits(0).toml["config"]["model"] == "通义千问"


# Signals.


def test_an_interrupt_exits_with_130(desk: Desk) -> None:
    fifo = desk.cwd / ".env"
    os.mkfifo(fifo)
    with Running("resolve", cwd=desk.cwd, environment=clean_environment(desk.home)) as running:
        # Opening returns when the program has opened the other end; it waits for a text then.
        writer = os.open(fifo, os.O_WRONLY)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
        os.close(writer)
        assert (running.returncode, out) == (130, "")
    assert "interrupted" in err
    assert "Traceback" not in err


# Directories and homes.


def test_a_deleted_working_directory(desk: Desk) -> None:
    for argv in (["resolve"], ["resolve", "--explain"], ["check", "a.toml"], ["envfile", ".env"], ["run", "-p", "x"]):
        gone = desk.home / "gone"
        gone.mkdir()
        remove = f"import os; os.rmdir({str(gone)!r})"
        outcome = desk.run(*argv, env={**WITH_KEY, "PWD": str(gone)}, cwd=gone, before=remove).exits(3)
        assert outcome.out == ""
    with_pwd = desk.run("resolve", env={"PWD": str(gone)}, cwd=desk.cwd)
    assert with_pwd.code == 3


def test_without_the_variable_the_home_is_that_of_the_account(desk: Desk) -> None:
    outcome = desk.run("resolve", "--explain", "--format", "json", home=None)
    assert outcome.code in (0, 3)
    account = pwd.getpwuid(os.getuid()).pw_dir
    assert outcome.json["cwd"].startswith(("~", "/"))
    places = [place["path"] for place in outcome.json["env_file"]["search"]]
    assert "~/.qwen/.env" in places or account == "/"


@pytest.mark.parametrize("home", ["", "relative/home", "/no/such/home", "/dev/null"])
def test_an_invalid_home_is_reported(desk: Desk, home: str) -> None:
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    (desk.cwd / "relative/home").mkdir(parents=True)
    desk.write("work/app/relative/home/.env", "OPENAI_MODEL=wrong\n")
    outcome = desk.run("resolve", home=home).exits(0)
    assert "QC110" in outcome.err
    assert "HOME" in outcome.err
    assert outcome.toml["config"]["model"] == "gpt-4o"
    # The search upwards passes the directory that would have been the home.
    assert outcome.toml["env_file"]["paths"] == ["../../.env"]
    assert "QC110" in desk.run("resolve", "--explain", home=home).exits(0).out


def test_links_in_the_working_directory_are_resolved(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.write("other/.env", "OPENAI_MODEL=wrong\n")
    (desk.home / "other/link").symlink_to(desk.cwd)
    artifact = desk.run("resolve", cwd=desk.home / "other/link").exits(0).toml
    assert artifact["config"]["model"] == "gpt-4o"
    assert artifact["env_file"]["paths"] == ["./.env"]


# Help and completion.


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_terminal(desk: Desk, command: str) -> None:
    argv = [command, "--help"] if command else ["--help"]
    out = desk.run(*argv, env={"COLUMNS": "80"}).exits(0).out
    assert max(map(len, out.splitlines())) <= 80
    assert out.startswith("usage: qwen-cfg")
    if not command:
        assert re.findall(r"^    ([\w-]+)", out, re.MULTILINE) == COMMANDS
        assert "130" in out
    assert desk.run(*argv).exits(0).out.splitlines()[0].startswith("usage:")


@pytest.mark.parametrize("command", ["resolve", "check", "run"])
def test_help_names_every_flag_and_variable(desk: Desk, command: str) -> None:
    out = desk.run(command, "--help", env={"COLUMNS": "80"}).exits(0).out
    closed_up = "".join(out.split())
    for field in declared_fields().values():
        for flag in field.flags:
            assert flag in out
        for variable in field.variables:
            assert variable.name in closed_up
    for option in ("--env-file", "--no-env-file", "--profile", "--env-dialect", "--secret-from"):
        assert option in out


def test_the_version(desk: Desk) -> None:
    assert re.fullmatch(r"qwen-cfg \d+\.\d+\.\d+\S*\n", desk.run("--version").exits(0).out)


def test_no_command(desk: Desk) -> None:
    outcome = desk.run().exits(2)
    assert outcome.out == ""
    assert "--help" in outcome.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_scripts(desk: Desk, shell: str) -> None:
    script = desk.run("completion", shell).exits(0).out
    for word in (*COMMANDS, "--env-file", "--openai-base-url", "--artifact-only", "--inline-secrets"):
        assert word.lstrip("-") in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=30)
        completion = (
            f'{script}\nCOMP_WORDS=(qwen-cfg resolve --inl) COMP_CWORD=2\n_shtab_qwen_cfg\necho "${{COMPREPLY[@]}}"\n'
        )
        completed = subprocess.run(["bash"], input=completion, text=True, check=True, capture_output=True, timeout=30)
        assert completed.stdout.split() == ["--inline-secrets"]


# Start-up.


def imported_modules(desk: Desk, *argv: str, **env: str) -> set[str]:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "qwen_cfg", *argv],
        cwd=desk.cwd,
        env=clean_environment(desk.home, env),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in process.stderr.splitlines() if "|" in line}


def test_a_command_imports_what_it_needs(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n")
    slow = {"jsonschema", "httpx", "rich", "dotenv", "tomli_w", "shtab", "qwen_runtime"}
    for argv in (["--help"], ["--version"], ["resolve", "--help"], ["run", "--help"], ["envfile", "--help"]):
        assert not imported_modules(desk, *argv) & slow, argv
    assert not imported_modules(desk, "resolve") & {"httpx", "rich", "dotenv", "shtab", "qwen_runtime"}
    assert not imported_modules(desk, "resolve", "--explain") & {"httpx", "shtab", "qwen_runtime"}
