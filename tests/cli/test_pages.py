"""The examples of the pages, run in trees like theirs: the output is what the pages show."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from .process import KEY

if TYPE_CHECKING:
    from .process import Desk, Outcome

DOCS = Path(__file__).parents[2] / "docs"


def example(page: str, first: str) -> list[str]:
    """Return the lines of the page's indented block that begins with a line."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip() == first)
    block = []
    for line in lines[start:]:
        if line and not line.startswith("    "):
            break
        block.append(line)
    return textwrap.dedent("\n".join(block)).rstrip().splitlines()


def output_lines(outcome: Outcome) -> list[str]:
    return [line.rstrip() for line in outcome.out.rstrip().splitlines()]


def test_the_settings_of_the_page_resolve_as_it_shows(desk: Desk) -> None:
    files = example("settings.md", "$ cat ~/.qwen/settings.json")
    env_file = files.index("$ cat .env")
    desk.write(".qwen/settings.json", "\n".join(files[1:env_file]))
    desk.write("work/app/.env", "\n".join(files[env_file + 1 :]))
    desk.write(".qwen/.env", "DASHSCOPE_API_KEY=sk-dashscope-0123456789abcdefghi-home\n")
    command, *lines = example("settings.md", "$ qwen-cfg resolve --explain --profile qwen-code-0.21")
    env = {"OPENAI_API_KEY": "sk-shell-0123456789abcdefghijklm-89ab", "COLUMNS": "104"}
    assert output_lines(desk.run(*command.split()[2:], env=env).exits(0)) == lines


def services(desk: Desk, *names: str) -> None:
    for name in names:
        desk.write(f"work/app/services/{name}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=qwen3-coder-plus\n")
        desk.run("resolve", "-o", "qwen.toml", cwd=desk.cwd / "services" / name).exits(0)


def test_many_artifacts_are_reported_as_the_page_shows(desk: Desk) -> None:
    services(desk, "a", "b")
    desk.write("work/app/services/b/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=qwen3-max\n")
    lines = example(
        "ci.md", "./services/a/qwen.toml: up to date, by the rules of Qwen Code's documentation (the artifact)"
    )
    assert output_lines(desk.run("check", ".").exits(1)) == lines


def test_two_artifacts_differ_as_the_page_shows(desk: Desk) -> None:
    desk.write("work/app/services/a/.env", "\n\nOPENAI_BASE_URL=https://one.example/v1\n")
    desk.write("work/app/services/b/.qwen/.env", "\nOPENAI_BASE_URL=https://two.example/v1\n")
    for name in ("a", "b"):
        at = desk.cwd / "services" / name
        desk.run("resolve", "-o", "qwen.toml", cwd=at, env={"OPENAI_API_KEY": KEY}).exits(0)
    command, *lines = example("diff.md", "$ qwen-cfg diff services/a services/b/qwen.toml")
    assert output_lines(desk.run(*command.split()[2:]).exits(1)) == lines
