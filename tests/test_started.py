"""Every program that is started is listed in `docs/security.md`, and nothing else in the source starts one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("qwen_cfg", "runtime", "schema")

# The modules that exist to start programs, or whose use starts one.
STARTING_MODULES = {
    *("subprocess", "_posixsubprocess", "_winapi", "multiprocessing", "pty", "popen2", "commands", "pexpect", "sh"),
    *("webbrowser", "antigravity", "pydoc", "pip", "ensurepip", "venv", "concurrent.futures.process", "ctypes", "cffi"),
}
# The names that start a program, whatever module they are taken from: `os.execv`, `asyncio.create_subprocess_exec`.
STARTING_NAMES = re.compile(
    r"exec(l|le|lp|lpe|v|ve|vp|vpe)|spawn(l|le|lp|lpe|v|ve|vp|vpe)|posix_spawnp?|fork|forkpty|popen|system|startfile"
    r"|create_subprocess_(exec|shell)|subprocess_(exec|shell)|ProcessPoolExecutor|run_in_terminal|run_system_command"
    r"|open_in_editor|getoutput|getstatusoutput|find_library|PROC_OPEN"
)
# The module that ends this process by becoming another program.
REPLACING = "qwen_cfg/starting/program.py"
# The one module that forks this process.
SHARING = "qwen_cfg/cli/workers.py"
# The one module that compiles source: the names of the declared fields of a class, as `dataclasses` does.
COMPILING = "schema/qwen_schema/records.py"
# Names that can hide any of these.
HIDING = {"__import__", "eval", "exec"}


def starts_in(source: str) -> set[str]:
    """Return what a source names by which programs are started."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names if is_starting_module(alias.name)}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                full = {f"{module}.{alias.name}" for alias in names}
                found |= {name for name in full if is_starting_module(name) or is_starting(name.rpartition(".")[2])}
            case ast.Attribute(value=ast.Name(id="self" | "args")):
                # What this program calls so itself: `args.system` is an option.
                pass
            case ast.Attribute(attr=name) if is_starting(name):
                found.add(ast.unparse(node))
            case ast.Constant(value=str(text)) if is_starting_module(text):
                # `import_module("subprocess")`, `python -m webbrowser`.
                found.add(repr(text))
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]) if is_starting(
                name
            ):
                found.add(f"getattr(…, {name!r})")
            case ast.Call(func=ast.Name(id=name)) if name in HIDING:
                found.add(name)
    return found


def is_starting_module(name: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in STARTING_MODULES)


def is_starting(name: str) -> bool:
    return STARTING_NAMES.fullmatch(name) is not None


def starting_files() -> dict[str, set[str]]:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    found = {file.relative_to(ROOT).as_posix(): starts_in(file.read_text(encoding="utf-8")) for file in files}
    return {file: names for file, names in found.items() if names}


def listed() -> list[str]:
    section = (ROOT / "docs/security.md").read_text(encoding="utf-8").partition("\n## What is started\n")[2]
    return re.findall(r"^\| `([^`]+\.py)` \|", section.partition("\n## ")[0], re.MULTILINE)


def test_every_module_that_starts_a_program_is_listed_and_no_other() -> None:
    assert sorted(listed()) == sorted(starting_files().keys() - {COMPILING})


def test_each_of_them_starts_programs_by_subprocess_alone_and_without_a_shell() -> None:
    files = starting_files()
    assert files.pop(COMPILING) == {"exec"}
    # `exec` has one purpose: the user's own program takes the place of this process.
    assert files.pop(REPLACING) == {"os.execve"}
    # A fork of this process does a share of its work.
    assert files.pop(SHARING) == {"os.fork"}
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
        # git gets the names of files through a pipe of its own; nothing reads our own standard input.
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
def test_the_scan_finds_a_start(source: str) -> None:
    assert starts_in(source)


@pytest.mark.parametrize("source", ["import os\nos.environ", "x.execute()", "def run(): ...", "'a subprocess of ours'"])
def test_the_scan_finds_nothing_else(source: str) -> None:
    assert not starts_in(source)
