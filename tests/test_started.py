"""Modules that start programs: `docs/security.md` lists each of them, and a scan of the source finds no other."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("qwen_cfg", "runtime", "schema")

# Modules whose purpose or use is to start programs.
START_MODULES = {
    *("subprocess", "_posixsubprocess", "_winapi", "multiprocessing", "pty", "popen2", "commands", "pexpect", "sh"),
    *("webbrowser", "antigravity", "pydoc", "pip", "ensurepip", "venv", "concurrent.futures.process", "ctypes", "cffi"),
}
# Functions that start a program, whatever module they come from: `os.execv`, `asyncio.create_subprocess_exec`.
START_NAMES = re.compile(
    r"exec(l|le|lp|lpe|v|ve|vp|vpe)|spawn(l|le|lp|lpe|v|ve|vp|vpe)|posix_spawnp?|fork|forkpty|popen|system|startfile"
    r"|create_subprocess_(exec|shell)|subprocess_(exec|shell)|ProcessPoolExecutor|run_in_terminal|run_system_command"
    r"|open_in_editor|getoutput|getstatusoutput|find_library|PROC_OPEN"
)
# The module that replaces this process with another program.
EXEC_MODULE = "qwen_cfg/starting/program.py"
# The only module that forks this process.
FORK_MODULE = "qwen_cfg/cli/workers.py"
# The only module that compiles source: from the fields of a class, like `dataclasses`.
COMPILE_MODULE = "schema/qwen_schema/records.py"
# Functions that can hide any of these.
HIDING_NAMES = {"__import__", "eval", "exec"}


def starts_in(source: str) -> set[str]:
    """Return the names in a source that start programs."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names if is_start_module(alias.name)}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                full = {f"{module}.{alias.name}" for alias in names}
                found |= {name for name in full if is_start_module(name) or is_start(name.rpartition(".")[2])}
            case ast.Attribute(value=ast.Name(id="self" | "args")):
                # A name of this program: `args.system` is an option.
                pass
            case ast.Attribute(attr=name) if is_start(name):
                found.add(ast.unparse(node))
            case ast.Constant(value=str(text)) if is_start_module(text):
                # `import_module("subprocess")`, `python -m webbrowser`.
                found.add(repr(text))
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]) if is_start(name):
                found.add(f"getattr(…, {name!r})")
            case ast.Call(func=ast.Name(id=name)) if name in HIDING_NAMES:
                found.add(name)
    return found


def is_start_module(name: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in START_MODULES)


def is_start(name: str) -> bool:
    return START_NAMES.fullmatch(name) is not None


@cache
def files_that_start_programs() -> dict[str, set[str]]:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    found = {file.relative_to(ROOT).as_posix(): starts_in(file.read_text(encoding="utf-8")) for file in files}
    return {file: names for file, names in found.items() if names}


def listed_files() -> list[str]:
    section = (ROOT / "docs/security.md").read_text(encoding="utf-8").partition("\n## What is started\n")[2]
    return re.findall(r"^\| `([^`]+\.py)` \|", section.partition("\n## ")[0], re.MULTILINE)


def test_exactly_the_modules_that_start_programs_are_listed() -> None:
    assert sorted(listed_files()) == sorted(files_that_start_programs().keys() - {COMPILE_MODULE})


def test_programs_are_started_by_subprocess_without_a_shell() -> None:
    files = dict(files_that_start_programs())
    assert files.pop(COMPILE_MODULE) == {"exec"}
    # `exec` has one purpose: it replaces this process with the user's program.
    assert files.pop(EXEC_MODULE) == {"os.execve"}
    # A fork of this process does a part of its work.
    assert files.pop(FORK_MODULE) == {"os.fork"}
    assert {name for names in files.values() for name in names} == {"subprocess", "'webbrowser'"}
    calls = [
        (file, call)
        for file in files
        for call in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("subprocess.run", "subprocess.Popen")
    ]
    assert {file for file, _ in calls} == set(files)
    for file, call in calls:
        words = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        # git gets the file names through its own pipe; no program reads our standard input.
        assert words.get("stdin") in ("subprocess.DEVNULL", "subprocess.PIPE") or words["input"] == "input_", file
        assert "env" in words, file
        assert not {"shell", "executable", "preexec_fn", None} & set(words), file


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "import subprocess as s",
        "from subprocess import run",
        "from asyncio import create_subprocess_exec",
        "import asyncio\nasyncio.create_subprocess_shell",
        "import os\nos.system('x')",
        "from os import execvp",
        "import os\nos.spawnlp",
        "import os\nf = os.posix_spawn",
        "import os\nos.fork()",
        "import os\ngetattr(os, 'popen')('x')",
        "import os\nos.startfile('x')",
        "import pty",
        "from pty import fork",
        "import multiprocessing.pool",
        "from concurrent.futures import ProcessPoolExecutor",
        "import webbrowser",
        "from importlib import import_module\nimport_module('subprocess')",
        "__import__('o' + 's')",
        "def f():\n    import webbrowser",
        "import ctypes",
        "exec('x')",
    ],
)
def test_the_scan_finds_each_way_to_start_a_program(source: str) -> None:
    assert starts_in(source)


@pytest.mark.parametrize("source", ["import os\nos.environ", "x.execute()", "def run(): ...", "'a subprocess of ours'"])
def test_the_scan_ignores_other_code(source: str) -> None:
    assert not starts_in(source)
