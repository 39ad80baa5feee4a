"""A request can be turned back into its command line, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.parser import build_parser

from .process import KEY

if TYPE_CHECKING:
    from qwen_cfg.application.request import Request

    from .process import Desk


def request(*words: str) -> Request:
    return request_of(build_parser("run").parse_args(["run", *words]))


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-m", "gpt-4o-mini", "--timeout", "1.5", "--no-proxy", "a,b", "--debug"),
        ("--no-debug", "--model=", "--openai-base-url=http://h/v1?a=b"),
        ("--env-file", "../x y.env", "--env-dialect", "python"),
        ("--no-env-file", "--profile", "documented", "--trust-project"),
        ("--config", "-a b.toml", "--secret-from", "environment:WORK_KEY"),
        *(("--secret-from", f"{where}") for where in ("flag", "oauth-cache", "env-file:a:b/.env:NAME", "keyring:s/n")),
        ("--secret-from", "command:pass show 'my key'"),
    ],
)
def test_the_command_line_of_a_request_gives_the_same_request(here: Desk, words: tuple[str, ...]) -> None:
    first = request(*words)
    assert request(*first.as_words()) == first


def test_the_command_line_of_a_request_has_no_key(here: Desk) -> None:
    words = request("--model", "m", "--openai-api-key", KEY).as_words()
    assert words == ["--model=m"]
