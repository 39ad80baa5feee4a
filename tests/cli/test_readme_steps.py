"""The steps of the README work in a new project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from support import stand_in

from .process import KEY, SECONDS, clean_environment

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

README = Path(__file__).parents[2] / "README.md"
# Steps with other tests or needs: a dialogue, a login at the real service, and a conversation.
ELSEWHERE = ("qwen-cfg init", "qwen-cfg auth login", "qwen-cfg run --auth-type")


def steps() -> list[str]:
    """Return the commands of the section "Use it in your project"."""
    text = README.read_text(encoding="utf-8")
    section = text.partition("## Use it in your project")[2].partition("\n## ")[0]
    return re.findall(r"^ {7}(?=qwen-cfg|git)(.+?)\s*(?: #.*)?$", section, re.MULTILINE)


def run_in_shell(desk: Desk, command: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(desk.home)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    return subprocess.run(
        ["sh", "-c", command],
        cwd=desk.cwd,
        env=environment,
        input="ping",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_each_step_of_the_readme_works(desk: Desk, server: Provider) -> None:
    assert len(steps()) >= 10
    assert "`qwen-cfg resolve -o qwen.toml`" in README.read_text(encoding="utf-8")
    assert all(any(step.startswith(name) for step in steps()) for name in ELSEWHERE)
    # The manual step of the same section.
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={server.url}/v1\nOPENAI_MODEL=gpt-4o\n")
    desk.write("work/app/.gitignore", ".qwen/.env\n")
    assert run_in_shell(desk, "qwen-cfg resolve -o qwen.toml").returncode == 0
    desk.write("work/app/app.py", "import os; assert os.environ['OPENAI_MODEL'] == 'gpt-4o-mini'\n")
    programs = stand_in.install(desk.home / "npm")
    subprocess.run(["git", "init", "-q", "."], cwd=desk.cwd, env=clean_environment(desk.home), check=True)
    for step in steps():
        # A program that may not be installed.
        command = step if shutil.which("jq") else step.partition(" | jq")[0]
        if command.startswith(ELSEWHERE):
            continue
        if command.endswith(("-- qwen", "verify")):
            command = f"PATH={programs}:$PATH {command}"
        if "--secret-from" in command:
            # This step is for a job with the key in its environment.
            command = f"OPENAI_API_KEY={KEY} {command}"
        if " set model" in command:
            # The comment in the README says what should follow.
            assert "qwen-cfg check --update" in README.read_text(encoding="utf-8").partition(command)[2].split("\n")[0]
            command = f"{command.replace('NAME', 'gpt-4o-mini')} && qwen-cfg check --update"
        process = run_in_shell(desk, command)
        assert process.returncode == 0, f"{command}\n{process.stdout}\n{process.stderr}"
        assert KEY not in process.stdout + process.stderr
    assert {request.authorization for request in server.take_requests()} == {f"Bearer {KEY}"}
