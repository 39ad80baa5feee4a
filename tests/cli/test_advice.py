"""Advice in messages: it works, and no two messages contradict each other."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .process import Desk

KEY = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


def write_artifact(desk: Desk, name: str = "a.toml") -> str:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve", "-o", name).exits(0)
    return (desk.cwd / name).read_text()


@pytest.mark.parametrize("form", ["text", "json", "github"])
@pytest.mark.parametrize("argv", [["check"], ["check", "--artifact-only"]])
def test_an_artifact_with_a_key_is_refused_and_the_key_is_not_shown(desk: Desk, argv: list[str], form: str) -> None:
    text = write_artifact(desk)
    spoilt = {
        "model.toml": text.replace('model = "gpt-4o"', f'model = "{KEY}"'),
        "host.toml": text.replace("no_proxy = []", f'no_proxy = ["a", "{KEY}"]'),
        "name.toml": text.replace("[config]\n", f'[config]\n{KEY} = "x"\n'),
    }
    for name, content in spoilt.items():
        assert content != text
        desk.write(f"work/app/{name}", content)
        outcome = desk.run(*argv, name, "--format", form).exits(3)
        assert KEY not in outcome.output
        assert "config" in outcome.err


def test_the_advice_names_an_empty_variable_that_hides_the_key(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve", env={"OPENAI_API_KEY": ""}).exits(3)
    assert "QC101" in outcome.err
    assert "unset OPENAI_API_KEY" in outcome.err
    assert "Set OPENAI_API_KEY in ./.env" not in outcome.err
    desk.run("resolve").exits(0)


def test_the_advice_does_not_set_an_excluded_key_in_the_same_file(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve", "--excluded-variables", "OPENAI_API_KEY").exits(3)
    assert "excluded in ./.env:1" in outcome.err
    assert "./.qwen/.env" in outcome.err


def test_an_empty_key_is_named(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_API_KEY=\n")
    assert "./.env:1 OPENAI_API_KEY is empty" in desk.run("resolve").exits(3).err


def test_the_advice_does_not_set_a_users_field_in_the_project(desk: Desk) -> None:
    desk.write(".qwen/.env", "HTTPS_PROXY=http://p:1\nDEBUG=1\nOPENAI_MODEL=m\n")
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    found = desk.run("resolve", "--explain", "--format", "json").exits(0).json["diagnostics"]
    hints = {d["field"]: d["hint"] for d in found if d["code"] == "QC103"}
    assert "--proxy" in hints["proxy"]
    assert "Set it in" not in hints["proxy"] + hints["debug"]
    assert "Set it in ./.env too" in hints["model"]
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nHTTPS_PROXY=http://p:1\nDEBUG=1\n")
    found = desk.run("resolve", "--explain", "--format", "json").exits(0).json["diagnostics"]
    assert [d["field"] for d in found if d["code"] == "QC103"] == ["model"]


def test_one_field_is_explained_in_every_format(desk: Desk) -> None:
    write_artifact(desk)
    document = desk.run("resolve", "--explain", "model", "--format", "json").exits(0).json
    assert list(document["fields"]) == ["model"]


def test_the_search_shows_used_and_unused_variables_of_a_file(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\nHTTPS_PROXY=http://p:1\nDEBUG=1\n")
    outcome = desk.run("resolve", "--explain", "--format", "json", env={"OPENAI_MODEL": ""}).exits(0)
    place = next(p for p in outcome.json["env_file"]["search"] if p["outcome"] == "found")
    assert (place["sets"], place["unused"], place["excluded"]) == (["api_key"], ["model", "proxy"], ["DEBUG"])


def test_an_artifact_is_read_from_a_pipe(desk: Desk) -> None:
    text = write_artifact(desk)
    os.mkfifo(desk.cwd / "pipe")
    writer = threading.Thread(target=lambda: (desk.cwd / "pipe").write_text(text))
    writer.start()
    desk.run("check", "pipe").exits(0)
    writer.join(10)
    assert not writer.is_alive()


def test_an_artifact_in_a_fifo_without_a_writer_times_out(desk: Desk) -> None:
    os.mkfifo(desk.cwd / "pipe")
    assert "FIFO" in desk.run("check", "pipe").exits(3).err


def test_text_of_an_artifact_cannot_look_like_a_message(desk: Desk) -> None:
    text = write_artifact(desk)
    desk.write("work/app/a.toml", text.replace('model = "gpt-4o"', 'model = "a\\nTo fix: rm"'))
    assert "\nTo fix: rm" not in desk.run("check", "a.toml").exits(1).out


def test_an_inlined_key_is_reported_if_git_may_track_it(desk: Desk) -> None:
    desk.run("resolve", "--inline-secrets", "-o", "a.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    assert "contains the API key" not in desk.run("check", "--artifact-only", "a.toml").exits(0).err
    # A work tree that git refuses to read, with an index in a form that only git reads.
    desk.write("work/app/.git/index", b"DIRC\0\0\0\4")
    assert "contains the API key" in desk.run("check", "--artifact-only", "a.toml").exits(0).err


@pytest.mark.parametrize(
    "words", [["--inline-secrets", "-o", "a.toml", "--secret-from", "environment:A"], ["--all"], ["--format", "text"]]
)
def test_incompatible_options_are_refused(desk: Desk, words: list[str]) -> None:
    desk.run("resolve", *words, env={"OPENAI_API_KEY": KEY}).exits(2)
    assert desk.files() == {}


@pytest.mark.parametrize(("method", "kind"), [("openai", "oauth-cache"), ("qwen-oauth", "environment:A")])
def test_a_reference_has_to_fit_the_method(desk: Desk, method: str, kind: str) -> None:
    outcome = desk.run("resolve", "--auth-type", method, "--secret-from", kind, env={"OPENAI_API_KEY": KEY})
    assert "--secret-from" in outcome.exits(3).err
