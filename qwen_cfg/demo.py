"""The demonstration: a real project with env files that compete, and the explanation of which one counts.

Run as `python -m qwen_cfg.demo`. It needs no network, no key of the user's, and leaves nothing behind.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

_FILES = {
    ".qwen/.env": """\
# for everything that I do
OPENAI_API_KEY=sk-demo-home-0000000000000000000000000000home
OPENAI_BASE_URL=https://openrouter.ai/api/v1
""",
    "work/app/.env": """\
# the application's own
DEBUG=true
OPENAI_API_KEY=sk-demo-app-00000000000000000000000000000app
OPENAI_MODEL=qwen3-coder-plus
""",
    "work/app/src/main.py": "print('hello')\n",
}


def main() -> int:
    """Make the project, show it, explain it, compile it and check it; return the first exit code that is not 0."""
    with tempfile.TemporaryDirectory(prefix="qwen-cfg-demo-") as directory:
        home = Path(directory).resolve()
        for name, text in _FILES.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text, encoding="utf-8")
        _say("A home with a key and an endpoint, and a project whose .env has a key of its own:")
        for name in _FILES:
            print(f"    ~/{name}")
        commands = [
            ["resolve", "--explain", "--model", "gpt-4o-mini"],
            ["resolve", "--model", "gpt-4o-mini", "-o", "qwen.toml"],
            ["check", "qwen.toml"],
        ]
        return next((code for command in commands if (code := _run(command, home))), 0)


def _run(words: list[str], home: Path) -> int:
    _say(f"~/work/app/src $ qwen-cfg {' '.join(words)}")
    return subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "qwen_cfg", *words],
        cwd=home / "work/app/src",
        env={"HOME": str(home), "PATH": "", "TERM": "dumb", "COLUMNS": "96"},
        check=False,
    ).returncode


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
