"""`qwen-cfg envfile`: shows how env files are read, many of them in one call."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .process import KEY, PASSED_PIPE, open_pipe
from .terminal import run_on_screen

if TYPE_CHECKING:
    from .process import Desk, Outcome

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/dotenv_cases.jsonl").read_text(encoding="utf-8").splitlines()
]


def documents(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.out.split("\n")[:-1]]


def test_all_recorded_cases_in_one_call(desk: Desk) -> None:
    names = [f"case-{number}" for number in range(len(CASES))]
    for name, case in zip(names, CASES, strict=True):
        desk.write(f"work/app/{name}", case["text"])
    outcome = desk.run("envfile", "--format", "json", "--show-secrets", "--force", *names).exits(0)
    read = documents(outcome)
    assert len(read) == 1500
    for name, case, document in zip(names, CASES, read, strict=True):
        assert document["path"] == name
        assert document["values"] == case["parsed"]
        assert {a["name"]: a["value"] for a in document["assignments"]} == case["parsed"]


def test_several_thousand_files_in_one_call(desk: Desk) -> None:
    names = [f"{number}.env" for number in range(4000)]
    for name in names:
        desk.write(f"work/app/{name}", f"# of {name}\nOPENAI_MODEL='m {name}'\n")
    read = documents(desk.run("envfile", "--format", "json", *names).exits(0))
    assert [document["path"] for document in read] == names
    assert all(d["values"] == {"OPENAI_MODEL": f"m {d['path']}"} for d in read)
    assert len(desk.run("envfile", *names).exits(0).out.splitlines()) == 2 * len(names)


def test_the_lines_in_both_dialects(desk: Desk) -> None:
    desk.write("work/app/.env", "# mine\nexport A='1'\n\nB=x#y\nA: 2\r\nC=\"two\nlines\"\nD=3\nnothing\n")
    (document,) = documents(desk.run("envfile", "--format", "json", "--show-secrets", "--force", ".env").exits(0))
    assert document.keys() == {"path", "assignments", "values", "unread", "differs"}
    assert document["assignments"] == [
        {"name": "A", "value": "1", "line": 2},
        {"name": "B", "value": "x", "line": 4},
        {"name": "A", "value": "2", "line": 5},
        {"name": "C", "value": "two\nlines", "line": 6},
        {"name": "D", "value": "3", "line": 8},
    ]
    assert document["values"] == {"A": "2", "B": "x", "C": "two\nlines", "D": "3"}
    # python-dotenv keeps `#y` and does not support the colon.
    assert [(d["name"], d["dotenv"], d["python"]) for d in document["differs"]] == [("B", "x", "x#y"), ("A", "2", "1")]
    text = desk.run("envfile", "--show-secrets", "--force", ".env").exits(0).out
    lines = text.splitlines()
    assert lines[0] == ".env"
    for number, name, value in ((2, "A", "1"), (4, "B", "x"), (5, "A", "2"), (8, "D", "3")):
        assert any(line.split()[:2] == [str(number), name] and repr(value) in line for line in lines)
    assert any("B" in line and "'x'" in line and "'x#y'" in line for line in lines)


def test_lines_that_are_not_read_are_shown_in_their_place(desk: Desk) -> None:
    lines = [
        "OPENAI_MODEL=a#b",
        "OPENAI_BASE_URL : https://gateway.example/v1",
        "# a comment",
        "",
        "QWEN_MODEL: m",
        "\u200bOPENAI_API_KEY=open-sesame",
        "mysterious words",
        "DEBUG=1",
        "'QWEN_CFG_TIMEOUT'=7",
        "PROMPT='x",
        "set OPENAI_MODEL=in quotes'",
    ]
    desk.write("work/app/.env", "".join(f"{line}\r\n" for line in lines))
    outcome = desk.run("envfile", ".env").exits(0)
    rows = [line.split(maxsplit=1) for line in outcome.out.splitlines()[1:]]
    # A difference between the dialects is below its line.
    assert [int(number) for number, _ in rows] == [1, 1, 2, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10]
    unread = {number: words for number, words in rows if words.startswith("not an assignment")}
    assert unread.keys() == {"2", "6", "7", "9"}
    assert "OPENAI_BASE_URL" in unread["2"]
    assert "OPENAI_API_KEY" in unread["6"]
    (document,) = documents(desk.run("envfile", "--format", "json", ".env").exits(0))
    assert [line["line"] for line in document["unread"]] == [2, 6, 7, 9]
    assert [d["line"] for d in document["differs"]] == sorted(d["line"] for d in document["differs"])
    for text in (outcome.output, json.dumps(document)):
        assert "open-sesame" not in text
        assert "mysterious" not in text


def test_a_file_that_cannot_be_read_does_not_stop_the_others(desk: Desk) -> None:
    desk.write("work/app/first", "OPENAI_MODEL=1\n")
    desk.write("work/app/bad", b"A=\xff\n")
    desk.write("work/app/nul", b"A=\x00\n")
    desk.write("work/app/large", b"#" * (1024 * 1024 + 1))
    (desk.cwd / "directory").mkdir()
    (desk.cwd / "dangling").symlink_to("nowhere")
    (desk.cwd / "loop").symlink_to("loop")
    desk.write("work/app/last", "OPENAI_MODEL=2\n")
    unreadable = ["bad", "nul", "large", "directory", "dangling", "loop", "missing"]
    names = ["first", *unreadable, "last"]
    outcome = desk.run("envfile", "--format", "json", *names).exits(3)
    read = documents(outcome)
    assert [document["path"] for document in read] == names
    assert (read[0]["values"], read[-1]["values"]) == ({"OPENAI_MODEL": "1"}, {"OPENAI_MODEL": "2"})
    for document in read[1:-1]:
        assert document["exit_code"] == 3
        assert document["error"]["class"] == "EnvFileError"
        assert document["path"] in outcome.err
    text = desk.run("envfile", *names).exits(3)
    assert text.out.splitlines()[0] == "first"
    assert text.out.splitlines()[2] == "last"
    assert all(name in text.err for name in unreadable)


def test_a_file_without_permission_does_not_stop_the_others(open_desk: Desk) -> None:
    open_desk.write("work/app/closed", "A=1\n").chmod(0)
    open_desk.write("work/app/open", "A=1\n")
    outcome = open_desk.run("envfile", "closed", "open", nobody=True).exits(3)
    assert "closed" in outcome.err
    assert outcome.out.splitlines()[0] == "open"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_value_like_a_secret_is_masked(desk: Desk, form: str) -> None:
    by_name = ["OPENAI_API_KEY", "GITHUB_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY", "CREDENTIALS"]
    shaped = ["sk-Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OQ", "gsk_Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OQ"]
    text = "".join(f"{name}=not-shaped-like-one-{n}\n" for n, name in enumerate(by_name))
    text += "".join(f"PLAIN_{n}=before {value} after\n" for n, value in enumerate(shaped))
    text += "URL=https://user:open-sesame-0@host/v1\nOPENAI_MODEL=visible\n"
    desk.write("work/app/.env", text)
    secrets = [*(f"not-shaped-like-one-{n}" for n in range(len(by_name))), *shaped, "open-sesame-0"]
    hidden = desk.run("envfile", "--format", form, ".env").exits(0)
    assert not [secret for secret in secrets if secret in hidden.output]
    assert "visible" in hidden.out
    shown = desk.run("envfile", "--format", form, "--show-secrets", "--force", ".env").exits(0)
    assert not [secret for secret in secrets if secret not in shown.out]
    assert "shown in full" in shown.err
    assert not [secret for secret in secrets if secret in shown.err]


VARIABLES_OF_OTHERS = {
    "DB_PASS": "correct-horse",
    "SESSION": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "SLACK_WEBHOOK": "https://hooks.slack.test/services/T0/B0/hookhookhook",
    "GITHUB": "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "postgres://me:open-sesame@db.test/app",
    "PIN": "1234-5678",
    "HIDDEN": "two\nlines-of-it",
}


@pytest.mark.parametrize("form", ["text", "json"])
def test_variables_of_other_programs_are_masked(desk: Desk, form: str) -> None:
    ours = {"OPENAI_MODEL": "visible-1", "OPENAI_BASE_URL": "https://visible-2.test/v1", "QWEN_CFG_TIMEOUT": "30"}
    text = "".join(f"{name}='{value}'\n" for name, value in {**ours, **VARIABLES_OF_OTHERS}.items())
    # After an open quote, the next line is a part of the value.
    desk.write("work/app/.env", text + "QWEN_MODEL='m\nADMIN=swallowed-secret\nX='\n")
    output = desk.run("envfile", "--format", form, ".env").exits(0).output
    secrets = [*VARIABLES_OF_OTHERS.values(), "lines-of-it", "swallowed-secret"]
    assert [secret for secret in secrets if secret in output] == []
    assert [value for value in ours.values() if value not in output] == []
    assert [name for name in VARIABLES_OF_OTHERS if name not in output] == []


def test_show_secrets_needs_a_terminal_or_force(desk: Desk) -> None:
    desk.write("work/app/.env", "DB_PASS=correct-horse\nset DB_PASS=battery\n")
    refused = desk.run("envfile", "--show-secrets", ".env").exits(2)
    assert refused.out == ""
    assert "--force" in refused.err
    forced = desk.run("envfile", "--show-secrets", "--force", ".env").exits(0)
    assert "correct-horse" in forced.out
    assert "battery" in forced.out
    assert "correct-horse" in run_on_screen(desk, "envfile", "--show-secrets", ".env").text


def test_both_readings_of_a_secret_are_masked(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}#tail-of-the-secret\nA='x'{KEY}\n")
    for form in ("text", "json"):
        output = desk.run("envfile", "--format", form, ".env").exits(0).output
        assert KEY not in output
        assert "tail-of-the-secret" not in output


@pytest.mark.parametrize("name", ["OPENAI-BASE-URL", "openai.baseUrl", "Openai_Model2", "X-Api-Key", "My.Settings-URL"])
def test_a_name_of_words_is_shown(desk: Desk, name: str) -> None:
    desk.write("work/app/.env", f"{name}=https://llm.example/v1\n")
    outcome = desk.run("envfile", ".env").exits(0)
    assert f"{name} = " in outcome.out
    (document,) = documents(desk.run("envfile", "--format", "json", ".env").exits(0))
    assert document["assignments"][0]["name"] == name


@pytest.mark.parametrize(
    "name",
    [
        "QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        "sk-proj-Abcdefghijklmnop0123456789",
        "ghp_abcdEFGHijklMNOPqrst",
        "aB3.xY9-Qw7ZtR5uKp2L",
    ],
)
def test_a_name_that_may_be_a_part_of_a_key_is_masked(desk: Desk, name: str) -> None:
    desk.write("work/app/.env", f"{name}=1\n")
    for form in ("text", "json"):
        assert name not in desk.run("envfile", "--format", form, ".env").exits(0).output


def test_control_characters_do_not_reach_a_terminal(desk: Desk) -> None:
    desk.write("work/app/a\x1b[2Jb", "A=\x1b[2J\x9b31m\n")
    desk.write("work/app/c\x1b[2Jd", b"\xff")
    for form in ("text", "json"):
        output = desk.run("envfile", "--format", form, "a\x1b[2Jb", "c\x1b[2Jd", "e\x1b[2Jf").exits(3).output
        assert "\x1b" not in output
        assert "\x9b" not in output


def test_a_fifo_and_a_file_name_that_is_not_utf_8(desk: Desk) -> None:
    before = open_pipe(b"OPENAI_MODEL=piped\n")
    outcome = desk.run("envfile", "--format", "json", PASSED_PIPE, before=before).exits(0)
    assert documents(outcome)[0]["values"] == {"OPENAI_MODEL": "piped"}
    (Path(os.fsdecode(bytes(desk.cwd) + b"/\xff.env"))).write_text("OPENAI_MODEL=1\n")
    assert documents(desk.run("envfile", "--format", "json", b"\xff.env").exits(0))[0]["values"] == {
        "OPENAI_MODEL": "1"
    }
    assert "OPENAI_MODEL = '1'" in desk.run("envfile", b"\xff.env").exits(0).out


def test_a_file_without_variables(desk: Desk) -> None:
    desk.write("work/app/empty", "")
    assert documents(desk.run("envfile", "--format", "json", "empty").exits(0)) == [
        {"path": "empty", "assignments": [], "values": {}, "unread": [], "differs": []}
    ]
    assert "sets nothing" in desk.run("envfile", "empty").exits(0).out
