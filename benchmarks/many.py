"""How long it takes to check a monorepo: 2,000 artifacts, each with an env file of its own, in one call.

`python -m benchmarks.many` runs this measurement alone; it takes a minute.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_PROGRAM = str(Path(sys.executable).with_name("qwen-cfg"))
_SERVICES = 2_000
_TEAMS = 40
_ROUNDS = 3

_ENV_FILE = (
    "OPENAI_API_KEY=sk-0123456789abcdef{0:04}\nOPENAI_BASE_URL=https://s{0}.example.com/v1\nOPENAI_MODEL=model-{0}\n"
)


def main() -> None:
    """Print what a check of the whole monorepo takes, and what a loop over the command would."""
    with tempfile.TemporaryDirectory(prefix="qwen-cfg-bench-") as directory:
        root = Path(directory, "monorepo")
        environment = {"HOME": directory, "PATH": os.environ["PATH"]}
        _build(root, environment)
        many = min(_measure([_PROGRAM, "check", "."], root, environment) for _ in range(_ROUNDS))
        one = min(_measure([_PROGRAM, "check", "team00/service0000"], root, environment) for _ in range(_ROUNDS))
    print(f"{_SERVICES:,} artifacts, one call:     {many[0]:6.1f} s of CPU, {many[1]:5.1f} s elapsed")
    print(f"{_SERVICES:,} artifacts, {_SERVICES:,} calls: {one[0] * _SERVICES:6.1f} s of CPU (from one of them)")


def _build(root: Path, environment: dict[str, str]) -> None:
    """Make a repository of services, each with an artifact, an ignored env file and some sources."""
    for number in range(_SERVICES):
        service = root / f"team{number % _TEAMS:02}" / f"service{number:04}"
        for name, text in {".qwen/.env": _ENV_FILE.format(number), "src/main.py": "", "README.md": ""}.items():
            file = service / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            file.chmod(0o600)
    first = root / "team00" / "service0000"
    subprocess.run([_PROGRAM, "resolve", "-o", "qwen.toml"], cwd=first, env=environment, check=True)
    text = (first / "qwen.toml").read_text(encoding="utf-8")
    for number in range(_SERVICES):
        own = text.replace("//s0.", f"//s{number}.").replace('"model-0"', f'"model-{number}"')
        artifact = root / f"team{number % _TEAMS:02}" / f"service{number:04}" / "qwen.toml"
        artifact.write_text(own, encoding="utf-8")
    (root / ".gitignore").write_text(".env\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=root, env=environment, check=True)


def _measure(words: list[str], root: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds of CPU that a command and its processes take, and the seconds elapsed."""
    used, began = _cpu_seconds(), time.perf_counter()
    subprocess.run(words, cwd=root, env=environment, stdout=subprocess.DEVNULL, check=True)
    return _cpu_seconds() - used, time.perf_counter() - began


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
