"""The demonstration: explains a project with competing settings and env files, and chats.

Run as `python -m qwen_cfg.demo`. It needs no network and no key, and leaves no files.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from .provider import provider

_FILES = {
    ".qwen/settings.json": """\
{
  // for everything that I do
  "security": {"auth": {"selectedType": "openai"}},
  "model": {"name": "qwen3-coder-plus"},
  "env": {
    "OPENAI_API_KEY": "sk-demo-home-0000000000000000000000000000home",
    "OPENAI_BASE_URL": "https://openrouter.ai/api/v1"
  }
}
""",
    "work/app/.env": """\
# settings of the application
DEBUG=true
OPENAI_API_KEY=sk-demo-app-00000000000000000000000000000app
OPENAI_MODEL=gpt-4o-mini
""",
    "work/app/src/main.py": "print('hello')\n",
}


def main() -> int:
    """Create, explain, resolve and check the project, and chat; return the first exit code other than 0."""
    with provider() as base_url, tempfile.TemporaryDirectory(prefix="qwen-cfg-demo-") as directory:
        home = Path(directory).resolve()
        for name, text in _FILES.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text, encoding="utf-8")
            if Path(name).name in (".env", "settings.json"):
                (home / name).chmod(0o600)
        _say("A home with settings of Qwen Code, and a project whose .env has a key and a model of its own:")
        for name in _FILES:
            print(f"    ~/{name}")
        profile = ["--profile", "qwen-code-0.21"]
        commands = [
            ["resolve", "--explain", *profile],
            ["resolve", *profile, "--model", "gpt-4o-mini", "--openai-base-url", base_url, "-o", "qwen.toml"],
            ["check", "qwen.toml"],
            ["run", "--config", "qwen.toml", "-p", "Which key and which model reach you?"],
        ]
        return next((code for command in commands if (code := _run(command, home))), 0)


def _run(words: list[str], home: Path) -> int:
    _say(f"~/work/app/src $ qwen-cfg {shlex.join(words)}")
    return subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", "qwen_cfg", *words],
        cwd=home / "work/app/src",
        stdin=subprocess.DEVNULL,
        env={"HOME": str(home), "PATH": "", "TERM": "dumb", "COLUMNS": "96"},
        check=False,
    ).returncode


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
