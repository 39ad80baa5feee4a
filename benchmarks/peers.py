"""How fast other programs start that read settings from env files: `make bench-peers`.

What pip and npm can install is put into an environment of its own in `.venv/peers`. Each reads the same env file and
prints its values, in turn with the others; a program that cannot be installed is skipped, with a message.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import ratio_of
from .processes import NOTHING, PROGRAM, cpu_of, directory
from .report import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME = Path(sys.prefix) / "peers"
_ROUNDS = 15

# The requirement of pip, and the script; None for the program that the requirement installs.
_SCRIPTS = {
    "environs": "from environs import Env; env = Env(); env.read_env('.env'); print(env.str('OPENAI_API_KEY'))",
    "dynaconf": "from dynaconf import Dynaconf; print(Dynaconf(envvar_prefix='OPENAI', load_dotenv=True).API_KEY)",
    "pydantic-settings": (
        "from pydantic_settings import BaseSettings\n"
        "class Settings(BaseSettings, env_file='.env'):\n    openai_api_key: str\n"
        "print(Settings().openai_api_key)"
    ),
}
_NPM_PROGRAMS = {
    "varlock": ("varlock", ["load"]),
    "dotenvx": ("@dotenvx/dotenvx", ["get"]),
}


def main() -> None:
    """Write the table of peers."""
    with directory() as at:
        (at / ".env.schema").write_text("# @sensitive\nOPENAI_API_KEY=\n", encoding="utf-8")
        env = {"PATH": str(Path(shutil.which("node") or "/").parent), "PH_OPT_OUT": "true"}
        commands = {
            "`python -I -c pass`": NOTHING,
            "`qwen-cfg resolve`": [PROGRAM, "resolve"],
            "`qwen-cfg resolve --explain`": [PROGRAM, "resolve", "--explain"],
            **dict(_runnable_commands(_install_peers(), at, env)),
        }
        cpu: dict[str, list[float]] = {name: [] for name in commands}
        elapsed: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(_ROUNDS):
            for name, words in commands.items():
                began = time.perf_counter()
                cpu[name].append(cpu_of(words, at, env))
                elapsed[name].append(time.perf_counter() - began)
    least = next(iter(commands))
    rows = [
        (name, str(ratio_of(cpu[name], cpu[least])), str(ratio_of(elapsed[name], elapsed[least])))
        for name in sorted(cpu, key=lambda name: statistics.median(cpu[name]))
    ]
    write_table("peers", ("a process", "CPU time: ratio to `python -I -c pass`", "elapsed time: ratio"), rows)


def _runnable_commands(
    commands: Iterator[tuple[str, list[str]]], at: Path, env: dict[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that do not fail."""
    for name, words in commands:
        try:
            cpu_of(words, at, env)
        except (OSError, subprocess.CalledProcessError):
            print(f"skipped: {name}, which does not run here", file=sys.stderr)
        else:
            yield name, words


def _install_peers() -> Iterator[tuple[str, list[str]]]:
    """Yield the peers that can be installed, with their commands."""
    python, bin_ = _HOME / "bin" / "python", _HOME / "bin"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_HOME)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if _succeeds([*pip, "python-dotenv[cli]"]):
        yield "`dotenv list`", [str(bin_ / "dotenv"), "-f", ".env", "list"]
    for name, script in _SCRIPTS.items():
        if _succeeds([*pip, name]):
            yield name, [str(python), "-c", script]
    npm = shutil.which("npm")
    for name, (package, arguments) in _NPM_PROGRAMS.items():
        if npm and _succeeds([npm, "install", "--silent", "--prefix", str(_HOME / "npm"), package]):
            yield f"`{name} {' '.join(arguments)}`", [str(_HOME / "npm" / "node_modules" / ".bin" / name), *arguments]
        elif not npm:
            print(f"skipped: {name}: npm is not installed", file=sys.stderr)


def _succeeds(words: list[str]) -> bool:
    """Install something; tell whether that could be done."""
    ended = subprocess.run(words, capture_output=True, check=False)
    if ended.returncode:
        print(f"skipped: {words[-1]}, which could not be installed", file=sys.stderr)
    return not ended.returncode


if __name__ == "__main__":
    main()
