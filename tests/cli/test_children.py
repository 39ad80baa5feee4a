"""Child processes: no program that qwen-cfg starts gets a key, and a conversation starts none."""

from __future__ import annotations

import ast
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import qwen_cfg
import qwen_runtime
import qwen_schema

from .process import KEY, env_of
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

ENTER, CTRL_D, CTRL_X_CTRL_E, ALT_BANG, ESCAPE_V = "\r", "\x04", "\x18\x05", "\x1b!", "\x1bv"
PACKAGES = (qwen_schema, qwen_cfg, qwen_runtime)
# The functions that start a program, by module and name.
STARTING = {"os": ("exec", "spawn", "posix_spawn", "popen", "system", "startfile"), "webbrowser": ("",), "pty": ("",)}


def spy_program(desk: Desk, name: str) -> tuple[Path, Path]:
    """Make a program that writes its environment to a file; return both paths."""
    log = desk.home / f"{name}.seen"
    program = desk.write(f"bin/{name}", f'#!/bin/sh\nenv >> "{log}"\necho "$@" >> "{log}"\nexit 1\n')
    program.chmod(0o755)
    return program, log


@pytest.mark.parametrize(
    "keys", [CTRL_X_CTRL_E, ALT_BANG + "{program}", ESCAPE_V], ids=["editor", "shell", "editor of vi"]
)
def test_no_key_press_starts_an_editor_or_a_shell(desk: Desk, server: Provider, keys: str) -> None:
    program, log = spy_program(desk, "editor")
    programs = dict.fromkeys(("EDITOR", "VISUAL", "PAGER", "SHELL", "BROWSER"), str(program))
    with Typing(desk, "run", env=env_of(server, **programs)) as chat:
        chat.until("0 tokens")
        chat.type(f"a draft{keys.format(program=program)}").until("> a draft")
        chat.type(" and more").until("more")
        chat.type(ENTER).until("pong from m", "\n>")
        assert chat.type(CTRL_D).exit_code() == 0
    assert not log.exists()


def test_git_gets_no_key(desk: Desk) -> None:
    program, log = spy_program(desk, "git")
    (desk.home / ".git").mkdir()
    path = f"{program.parent}:{os.environ['PATH']}"
    desk.run("resolve", "--inline-secrets", "-o", "a.toml", env={"OPENAI_API_KEY": KEY, "PATH": path}).exits(0)
    assert "ls-files" in log.read_text()
    assert KEY not in log.read_text()
    assert "OPENAI" not in log.read_text()


@cache
def calls() -> list[tuple[str, ast.Call, str]]:
    """Yield every call of a function of a module, with its file and its name."""
    files = [file for package in PACKAGES for file in Path(package.__path__[0]).rglob("*.py")]
    nodes = [(file.name, node) for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return [(file, node, ast.unparse(node.func)) for file, node in nodes if isinstance(node, ast.Call)]


def test_every_program_gets_an_explicit_environment() -> None:
    # A class for results, which starts nothing.
    started = [(f, call) for f, call, name in calls() if re.fullmatch(r"subprocess\.(?!CompletedProcess).*", name)]
    assert "git_command.py" in {file for file, _ in started}
    assert [file for file, call in started if "env" not in {keyword.arg for keyword in call.keywords}] == []


def test_no_other_function_starts_programs() -> None:
    others = [
        (file, name)
        for file, _, name in calls()
        for module, starts in STARTING.items()
        if any(name.startswith(f"{module}.{start}") for start in starts)
    ]
    # `exec` becomes the program that the user names, which gets the key.
    assert others == [("program.py", "os.execve")]
