"""`exec` with the real Qwen Code: no env file and no settings file overrides the artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.process import KEY
from support.exec_trees import OTHER, TREES

if TYPE_CHECKING:
    from cli.process import Desk
    from support.provider import Provider


@pytest.mark.parametrize("tree", TREES)
def test_no_env_file_or_settings_override_the_artifact(
    desk: Desk, server: Provider, tree: str, path_with_qwen: str
) -> None:
    url = f"{server.url}/v1"
    words = ("--no-env-file", "--profile", "documented", "--openai-base-url", url, "--model", "m", "-o", "../qwen.toml")
    desk.run("resolve", *words, env={"OPENAI_API_KEY": KEY}).exits(0)
    for path, text in TREES[tree].items():
        desk.write(path, text.replace("{URL}", url))
    env = {"PATH": path_with_qwen, "OPENAI_API_KEY": KEY, "OTHER": OTHER, "QWEN_MODEL": "exported"}
    outcome = desk.run("exec", "--config", "../qwen.toml", "--", "qwen", "-p", "ping", env=env)
    requests = server.take_requests()
    assert outcome.code == 0, outcome.output
    assert "overrides" not in outcome.err
    assert {(one.authorization, one.body["model"], one.path) for one in requests} == {
        (f"Bearer {KEY}", "m", "/v1/chat/completions")
    }
    assert "pong" in outcome.out
