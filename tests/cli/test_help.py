"""Help: short for `-h`, complete for `--help`, with examples that are valid command lines."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qwen_cfg.cli.parser import COMMANDS, build_parser
from qwen_schema import declared_fields

if TYPE_CHECKING:
    from .process import Desk

MAN_PAGE = Path(__file__).parents[2] / "docs/man/qwen-cfg.1"
A_SCREEN = 45


def helps(desk: Desk, option: str) -> dict[str, str]:
    lines = [[option], *([command, option] for command in COMMANDS)]
    outcomes = desk.run_each(lines, {"COLUMNS": "80"})
    return {line[0]: outcome.exits(0).out for line, outcome in zip(lines, outcomes, strict=True)}


def test_the_short_help_fits_a_screen_and_has_examples(desk: Desk) -> None:
    whole = helps(desk, "--help")
    for command, text in helps(desk, "-h").items():
        lines = text.splitlines()
        assert len(lines) <= A_SCREEN, command
        assert max(map(len, lines)) <= 80, command
        assert re.match(rf"usage: qwen-cfg {'' if command == '-h' else command}", text)
        assert re.fullmatch(r"More: qwen-cfg .*--help", lines[-1])
        assert "examples:" in text
        whole_text = whole["--help" if command == "-h" else command]
        assert len(lines) < len(whole_text.splitlines()), command
        assert set(re.findall(r"--[a-z][a-z-]+", text)) <= set(
            re.findall(r"--[a-z][a-z-]+", whole_text + lines[-1])
        ) | {"--help"}


def test_every_example_is_a_command_line(desk: Desk) -> None:
    found = [line.strip() for text in helps(desk, "-h").values() for line in re.findall(r"^  qwen-cfg .*", text, re.M)]
    parser = build_parser()
    for example in found:
        words = shlex.split(re.split(" [<>] ", example)[0])[1:]
        assert parser.parse_args(words).command == words[0], example
    assert len(found) > 2 * len(COMMANDS)


def test_shared_options_are_described_in_the_help_of_each_command(desk: Desk) -> None:
    description = declared_fields()["usage_statistics"].description.split()[:4]
    for command, text in helps(desk, "--help").items():
        closed_up = " ".join(text.split())
        assert (" ".join(description) in closed_up) is (command in ("resolve", "check", "run")), command
        if command in ("init", "doctor", "auth", "trust", "terms"):
            assert [f for f in declared_fields().values() if f.flags[0] not in text] == []
            assert "qwen-cfg resolve --help" in text


def test_the_man_page_describes_each_option_once() -> None:
    page = MAN_PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    # An option with another meaning: the time limit of the started program.
    before, _, verify = page.partition(".SH OPTIONS \\fI\\,'qwen-cfg verify'")
    page = before + verify.partition(".SH COMMAND")[2]
    for field in declared_fields().values():
        for flag in field.flags:
            assert len(re.findall(rf"^\\fB{flag}\\fR|, \\fB{flag}\\fR", page, re.M)) == 1, flag
    for option in ("--env-file", "--trust-project", "--env-dialect", "--secret-from"):
        assert len(re.findall(rf"^\\fB{option}\\fR", page, re.M)) == 1, option


def test_the_help_covers_every_profile(desk: Desk) -> None:
    """The help gives defaults for each version of Qwen Code, and what overrides a flag."""
    text = " ".join(desk.run("resolve", "--help", env={"COLUMNS": "80"}).exits(0).out.split())
    for default in ("gpt-4o; 0.21 and later: qwen3.7-max", "https://api.openai.com/v1; 0.21 and later: https://dash"):
        assert f"(default: {default}" in text
    assert "a provider entry of settings.json overrides it" in text
    assert "settings.json counts too" in desk.run("--help").exits(0).out


@pytest.mark.parametrize("words", [("run", "--help"), ("set", "--help"), ("resolve", "--help"), ("trust", "--help")])
def test_at_60_columns_a_paragraph_fills_its_lines(desk: Desk, words: tuple[str, ...]) -> None:
    text = desk.run(*words, env={"COLUMNS": "60"}).exits(0).out
    # The long description of the fields, and the text below the examples.
    prose = re.findall(r"(?m)^( {0,2})(?=[A-Z])(.*\n(?:\1[A-Za-z./(].*\n)*)", text)
    for indent, paragraph in prose:
        lines = [f"{indent}{line.strip()}" for line in paragraph.splitlines()]
        assert max(map(len, lines)) <= 60, paragraph
        for line, following in pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > 57 or "  " in line.strip(), paragraph
