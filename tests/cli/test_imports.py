"""The modules that each command loads: libraries and parts of the program only if they are used."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from qwen_schema.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from .process import Desk

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"

# All libraries that a command may load, by module name.
LIBRARIES = {
    "certifi",
    "dotenv",
    "httpx",
    "idna",
    "jsonschema",
    "markdown_it",
    "prompt_toolkit",
    "rich",
    "segno",
    "shtab",
    "tomli_w",
}
# Slow modules of the standard library that few commands need.
SLOW_MODULES = {
    "ast",
    "base64",
    "dataclasses",
    "inspect",
    "asyncio",
    "bz2",
    "difflib",
    "hashlib",
    "importlib.metadata",
    "json",
    "locale",
    "logging",
    "lzma",
    "pathlib",
    "shlex",
    "shutil",
    "ssl",
    "subprocess",
    "tempfile",
    "tomllib",
    "traceback",
    "urllib.request",
}

_PROGRAM = """
import sys, builtins, gc
made = [0]
build = builtins.__build_class__
def counted(*args, **options):
    # Those of the program itself; libraries and other versions of Python have more or fewer.
    made[0] += sys._getframe(1).f_globals.get('__name__', '').startswith('qwen_')
    return build(*args, **options)
builtins.__build_class__ = counted
sys.argv[0] = 'qwen-cfg'
import atexit
atexit.register(lambda: print('LOADED', made[0], int(gc.isenabled()), *sys.modules, file=sys.stderr))
from qwen_cfg.__main__ import entry
entry()
"""


@record
class LoadedModules:
    """The loaded modules of a process, its number of the program's classes, and whether it collected garbage."""

    modules: frozenset[str]
    classes: int
    collects: bool

    @property
    def libraries(self) -> set[str]:
        return {name for name in self.modules if name in LIBRARIES}

    @property
    def slow_modules(self) -> set[str]:
        return {name for name in self.modules if name in SLOW_MODULES}

    @property
    def own(self) -> set[str]:
        return {name for name in self.modules if name.startswith("qwen_")}


def load(desk: Desk, *words: str, code: int = 0, **env: str) -> LoadedModules:
    """Return what a command line loads in a new process."""
    process = subprocess.run(
        [sys.executable, "-I", "-c", _PROGRAM, *words],
        cwd=desk.cwd,
        env={"HOME": str(desk.home), "PATH": "", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == code, process.stderr
    _, classes, collects, *modules = process.stderr.splitlines()[-1].split()
    return LoadedModules(frozenset(modules), int(classes), collects == "1")


@pytest.fixture
def project(desk: Desk) -> Desk:
    """A project with a key and an artifact."""
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    return desk


# By command line: the libraries, the slow modules of the standard library, and the maximum numbers of own classes and
# own modules. Adding to this list makes every start of that command slower.
COMMAND_LINES = {
    "--version": (set(), set(), 48, 25),
    "--help": (set(), set(), 48, 25),
    "resolve --help": (set(), {"pathlib"}, 150, 128),
    "schema resolved": (set(), {"json", "pathlib"}, 150, 35),
    "rule QC103": (set(), {"pathlib", "tomllib"}, 135, 108),
    "envfile .env": ({"dotenv"}, {"bz2", "logging", "lzma", "pathlib", "shutil", "tempfile", "traceback"}, 150, 94),
    "resolve": ({"tomli_w"}, {"pathlib"}, 150, 133),
    "resolve --format json": (set(), {"json", "pathlib"}, 150, 133),
    "check qwen.toml": (set(), {"pathlib", "tomllib"}, 155, 143),
    "why-not model=x": (
        {"dotenv"},
        {"bz2", "json", "logging", "lzma", "pathlib", "shlex", "shutil", "tempfile", "traceback"},
        160,
        151,
    ),
    "diff qwen.toml qwen.toml": (set(), {"pathlib", "tomllib"}, 150, 140),
    "exec --print -- /bin/true": (set(), {"hashlib", "json", "pathlib", "shlex"}, 165, 166),
    "verify --help": (set(), {"pathlib"}, 125, 90),
}


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_loads_the_libraries_that_it_uses(project: Desk, line: str):
    libraries, slow_modules, classes, modules = COMMAND_LINES[line]
    found = load(project, *line.split())
    assert (found.libraries, found.slow_modules) == (libraries, slow_modules)
    assert found.classes <= classes, found.classes
    assert len(found.own) <= modules, len(found.own)
    assert not any(name.startswith("qwen_runtime") for name in found.own)


def test_only_a_screen_with_colours_loads_rich(project: Desk):
    found = load(project, "resolve", "--explain")
    assert (found.libraries, found.slow_modules) == (set(), {"pathlib"})
    assert len(found.own) <= 162, len(found.own)
    assert load(project, "resolve", "--explain", "--color", "always").libraries == {"rich"}


@pytest.mark.parametrize("line", ["--version", "--help", "-h"])
def test_help_loads_no_command(project: Desk, line: str):
    own = load(project, line).own
    assert [
        name for name in own if name.startswith(("qwen_cfg.cli.commands.", "qwen_cfg.core.", "qwen_cfg.rules"))
    ] == []


def test_a_command_loads_no_other(project: Desk):
    for name in ("resolve", "check", "run"):
        own = load(project, name, "--help").own
        assert [o for o in own if o.startswith("qwen_cfg.cli.commands.")] == [f"qwen_cfg.cli.commands.{name}"]


def test_an_invalid_value_loads_jsonschema(project: Desk):
    assert "jsonschema" in load(project, "resolve", "--timeout", "0", code=3).libraries
    assert "traceback" in load(project, "resolve", "--debug", "--max-retries", "x", code=3).modules


def test_the_second_dialect_is_loaded_only_if_it_may_differ(project: Desk):
    assert "dotenv" not in load(project, "resolve").modules
    project.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=a#b\n")
    assert "dotenv" in load(project, "resolve").modules


def test_only_long_commands_collect_garbage(project: Desk):
    assert not load(project, "resolve").collects
    assert not load(project, "rule").collects
    assert load(project, "run", "-p", "x", "--no-env-file", code=3).collects
    assert load(project, "doctor", "--no-env-file", code=3).collects


def test_an_exception_is_shown_without_text_if_nothing_can_be_loaded(tmp_path: Path):
    """The interpreter's files may have become unreadable: text that cannot be redacted is not shown."""
    code = (
        "import sys\nfrom qwen_cfg.cli.hooks import install\ninstall()\nsys.path.clear()\nsys.meta_path.clear()\n"
        f"raise ValueError({KEY!r})\n"
    )
    process = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert process.stderr == "qwen-cfg: an error occurred that cannot be shown\n"
