"""`qwen-cfg resolve`: invalid values, and env files that cannot be read."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from .artifacts import WITH_KEY
from .process import KEY

if TYPE_CHECKING:
    from .process import Desk

# Invalid values.


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("OPENAI_BASE_URL", "api.example/v1", "base_url", "http"),
        ("OPENAI_BASE_URL", "ftp://api.example", "base_url", "http"),
        ("OPENAI_BASE_URL", "http://", "base_url", "host"),
        ("OPENAI_BASE_URL", "http://h:99999/v1", "base_url", "URL"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:1", "proxy", "http"),
        ("all_proxy", "127.0.0.1:3128", "proxy", "http"),
        ("QWEN_CFG_TIMEOUT", "0", "timeout", "3600"),
        ("QWEN_CFG_TIMEOUT", "3601", "timeout", "3600"),
        ("QWEN_CFG_TIMEOUT", "nan", "timeout", "3600"),
        ("QWEN_CFG_TIMEOUT", "1e3", "timeout", "3600"),
        ("QWEN_CFG_MAX_RETRIES", "21", "max_retries", "20"),
        ("QWEN_CFG_MAX_RETRIES", "1.5", "max_retries", "whole number"),
        ("QWEN_CFG_USAGE_STATISTICS", "perhaps", "usage_statistics", "true or false"),
        ("QWEN_CFG_EXCLUDED_VARIABLES", "no name", "excluded_variables", "name"),
    ],
)
def test_an_invalid_value_is_named_with_origin_and_expectation(
    desk: Desk, variable: str, value: str, field: str, expected: str
) -> None:
    outcome = desk.run("resolve", env={**WITH_KEY, variable: value}).exits(3)
    assert outcome.out == ""
    for part in (field, value, variable, "Expected ", expected):
        assert part in outcome.err
    # An env file is named with the line. (Fields of the user alone are in a file of the user.)
    file = desk.write(".qwen/.env", f"\n{variable}='{value}'\n")
    outcome = desk.run("resolve", env=WITH_KEY).exits(3)
    assert "~/.qwen/.env:2" in outcome.err
    file.unlink()


@pytest.mark.parametrize("value", [f"{KEY}\n", f" {KEY}", f"{KEY}ß", f"{KEY}\tx"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(desk: Desk, value: str) -> None:
    outcome = desk.run("resolve", env={"OPENAI_API_KEY": value}).exits(3)
    assert "api_key from environment OPENAI_API_KEY" in outcome.err
    assert KEY not in outcome.output


def test_an_invalid_value_is_not_replaced_by_a_lower_layer(desk: Desk) -> None:
    desk.write("work/app/.env", "QWEN_CFG_TIMEOUT=30\n")
    desk.run("resolve", "--timeout", "soon", env=WITH_KEY).exits(3)


def test_bytes_that_are_not_utf_8(desk: Desk) -> None:
    assert "OPENAI_MODEL" in desk.run("resolve", env={**WITH_KEY, "OPENAI_MODEL": b"\xff"}).exits(3).err
    assert "--model" in desk.run("resolve", "--model", b"\xff", env=WITH_KEY).exits(3).err


# Env files that cannot be read, or are no files.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"A=1\nOPENAI_MODEL=\xff\xfe\n", "./.env:2: the env file is not UTF-8"),
        (b"A=1\nB=2\nOPENAI_MODEL=a\x00b\n", "./.env:3: the env file contains a NUL byte"),
        (b"#" * (1024 * 1024 + 1), "./.env: the env file is over 1 MiB"),
    ],
)
def test_an_invalid_found_file_is_an_error(desk: Desk, content: bytes, message: str) -> None:
    desk.write("work/app/.env", content)
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve").exits(3)
    assert message in outcome.err
    assert outcome.out == ""


def test_an_invalid_file_that_is_not_reached_is_ignored(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    expected = desk.run("resolve").exits(0).out
    desk.write(".env", b"OPENAI_MODEL=\xff\n")
    os.mkfifo(desk.home / "work/.env")
    assert desk.run("resolve").exits(0).out == expected
    desk.run("resolve", "--explain").exits(0)


def test_an_unreadable_env_file_is_named(open_desk: Desk) -> None:
    closed = open_desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    open_desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    closed.chmod(0)
    assert "./.env: the env file cannot be read" in open_desk.run("resolve", nobody=True).exits(3).err
    closed.unlink()
    hidden = open_desk.write("work/app/.qwen/.env", "A=1\n").parent
    hidden.chmod(0)
    assert "./.qwen/.env: cannot check" in open_desk.run("resolve", nobody=True).exits(3).err


@pytest.mark.parametrize("obstacle", ["directory", "dangling link", "link loop"])
def test_a_path_that_is_no_file_is_skipped_and_reported(desk: Desk, obstacle: str) -> None:
    place = desk.cwd / ".env"
    if obstacle == "directory":
        place.mkdir()
    else:
        place.symlink_to("nowhere" if obstacle == "dangling link" else ".env")
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve").exits(0)
    assert outcome.toml["env_file"]["paths"] == ["../.env"]
    assert "QC106" in outcome.err
    assert f"./.env is a {obstacle}" in outcome.err


def test_a_fifo_is_read_once(desk: Desk) -> None:
    fifo = desk.cwd / ".env"
    os.mkfifo(fifo)
    writer = threading.Thread(
        target=lambda: fifo.write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=piped\n"), daemon=True
    )
    writer.start()
    outcome = desk.run("resolve").exits(0)
    writer.join(10)
    assert outcome.toml["config"]["model"] == "piped"
    assert outcome.toml["config"]["api_key"]["path"] == "./.env"


def test_a_fifo_without_a_writer_times_out(desk: Desk) -> None:
    os.mkfifo(desk.cwd / ".env")
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve").exits(3)
    assert "./.env" in outcome.err
    assert "FIFO" in outcome.err
