"""Links to devices and kernel files, in a project or in the home: each command refuses them at once with a message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .process import KEY, Run, run_all

if TYPE_CHECKING:
    from .process import Desk

PLACES = ["work/app/.env", "work/app/.qwen/.env", ".env", ".qwen/.env"]


@pytest.mark.parametrize("path", ["/proc/version", "/proc/kmsg"])
@pytest.mark.parametrize("place", PLACES)
def test_a_kernel_file_as_env_file_is_refused(desk: Desk, place: str, path: str) -> None:
    if not os.access(path, os.R_OK):
        pytest.skip(f"{path} cannot be read here")
    file = desk.home / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(path)
    # It also reads the home's file, which may switch statistics on.
    refused = [["resolve"], ["resolve", "--explain"], ["run", "-p", "x"], ["trust"]]
    commands = [*refused, ["rule", "QC103"], ["--version"]]
    outcomes = run_all([Run(words, desk.cwd, desk.home, {"OPENAI_API_KEY": KEY}) for words in commands])
    assert [outcome.code for outcome in outcomes] == [3, 3, 3, 3, 0, 0]
    for outcome in outcomes[:4]:
        assert file.name in outcome.err
        assert "a file of the kernel" in outcome.output
        assert "Traceback" not in outcome.output


def test_a_kernel_file_on_the_command_line_is_refused(desk: Desk) -> None:
    if not Path("/proc/version").exists():
        pytest.skip("no /proc here")
    (desk.cwd / "link").symlink_to("/proc/version")
    commands = [
        ["envfile", "link"],
        ["check", "link"],
        ["run", "--config", "link", "-p", "x"],
        ["resolve", "--env-file", "link"],
    ]
    for outcome in run_all([Run(words, desk.cwd, desk.home, {"OPENAI_API_KEY": KEY}) for words in commands]):
        assert outcome.exits(3).out == ""
        assert "link: the " in outcome.err
        assert "a file of the kernel" in outcome.err
        assert "Name a file." in outcome.err
