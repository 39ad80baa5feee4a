"""A notice about the project's artifact: if an exported key goes to another endpoint than the artifact's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .process import KEY

if TYPE_CHECKING:
    from .process import Desk

EXPORTED = {"OPENAI_API_KEY": KEY}
THERE = "https://gateway.example/v1"
PLAIN = ["--profile", "documented"]


@pytest.fixture
def project(desk: Desk) -> Desk:
    desk.run("resolve", *PLAIN, "--openai-base-url", THERE, "-o", "qwen.toml", env=EXPORTED).exits(0)
    (desk.cwd / "src/deep").mkdir(parents=True)
    return desk


@pytest.mark.parametrize("place", [".", "src", "src/deep"])
@pytest.mark.parametrize("argv", [["resolve"], ["resolve", "--explain"], ["resolve", "--explain", "base_url"]])
def test_the_notice_names_the_artifact_from_any_directory(project: Desk, place: str, argv: list[str]) -> None:
    outcome = project.run("-C", place, *argv, *PLAIN, env=EXPORTED).exits(0)
    (line,) = [line for line in outcome.err.splitlines() if "qwen.toml" in line]
    assert "OPENAI_API_KEY goes to https://api.openai.com/v1 here" in line
    assert "sends the key to https://gateway.example/v1" in line
    assert "--config" in line
    assert "gateway" not in outcome.out


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (["--openai-base-url", THERE], EXPORTED),
        (["--openai-base-url", f"{THERE}/"], EXPORTED),
        ([], {**EXPORTED, "OPENAI_BASE_URL": THERE}),
        (["--openai-api-key", KEY], {}),
        (["-o", "qwen.toml"], EXPORTED),
        (["-o", "../app/qwen.toml"], EXPORTED),
    ],
)
def test_no_notice_for_the_same_endpoint_or_a_key_that_is_not_exported(
    project: Desk, argv: list[str], env: dict[str, str]
) -> None:
    assert "sends the key" not in project.run("resolve", *PLAIN, *argv, env=env).exits(0).err


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["run", "--max-retries", "0", "-p", "hi"], 6),
        (["doctor"], 6),
        (["exec", "--print"], 0),
    ],
)
def test_commands_that_send_the_key_show_the_notice(project: Desk, argv: list[str], code: int) -> None:
    here = ["--openai-base-url", "http://127.0.0.1:9/v1"]
    outcome = project.run(*argv, *PLAIN, *here, *(["--", "env"] if "exec" in argv else []), env=EXPORTED).exits(code)
    assert "sends the key to https://gateway.example/v1" in outcome.err


@pytest.mark.parametrize("content", ["", "format = 99\n", "not toml ["])
def test_a_file_that_is_no_artifact_is_ignored(desk: Desk, content: str) -> None:
    desk.write("work/app/qwen.toml", content)
    assert desk.run("resolve", *PLAIN, env=EXPORTED).exits(0).err == ""
