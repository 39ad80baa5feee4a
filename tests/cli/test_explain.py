"""`qwen-cfg resolve --explain`: the screen at any width, on a terminal and in a pipe, and the data."""

from __future__ import annotations

import json
import os
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from qwen_schema import declared_fields, declared_profiles

from .process import KEY
from .terminal import run_on_screen

if TYPE_CHECKING:
    from .process import Desk, Outcome

OTHER_KEY = "sk-another-key-of-the-home-0123456789"
LONG_URL = "https://" + "long-host-name." * 4 + "example/v1"
OTHER_PROFILE = "Qwen Code 0.21 and later resolves differently"
COLOURED = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m")


def explain(desk: Desk, *argv: str, columns: int = 200, **env: str) -> Outcome:
    return desk.run("resolve", "--explain", *argv, env={"COLUMNS": str(columns), **env})


def line_with(text: str, *parts: str) -> str:
    """Return the one line that has all parts, in their order."""
    found = [line for line in text.splitlines() if re.search(".*".join(map(re.escape, parts)), line)]
    assert len(found) == 1, f"{parts}: {len(found)} lines\n{text}"
    return found[0]


@pytest.fixture
def overview(desk: Desk) -> Desk:
    """A desk with an excluded variable, an exported one that overrides a file, and a home that is not reached."""
    desk.write("work/.env", f"DEBUG=1\n\nOPENAI_API_KEY={KEY}\nOPENAI_MODEL=qwen3-coder-plus\nHTTPS_PROXY=http://p:1\n")
    desk.write(".qwen/.env", f"OPENAI_BASE_URL={LONG_URL}\nOPENAI_API_KEY={OTHER_KEY}\nUNDECLARED=x\n")
    desk.write(".env", "UNDECLARED=x\n")
    (desk.cwd / ".env").mkdir()
    desk.write(".qwen/settings.json", "{}")
    desk.write(".qwen/oauth_creds.json", "{}")
    return desk


# The content.


def test_used_and_overridden_values(overview: Desk) -> None:
    out = explain(overview, "--model", "gpt-4o-mini", OPENAI_MODEL="exported").exits(0).out
    assert "~/work/app" in out.splitlines()[0]
    assert "rules of Qwen Code's documentation (no qwen on PATH)" in out.splitlines()[0]
    line_with(out, "auth_method", "openai", "an API key is set")
    line_with(out, "api_key", "sk-0", f"({len(KEY)} characters)", "../.env:3 OPENAI_API_KEY")
    line_with(out, "model", "gpt-4o-mini", "--model")
    line_with(out, "exported", "environment OPENAI_MODEL, overridden")
    line_with(out, "qwen3-coder-plus", "../.env:4 OPENAI_MODEL, overridden")
    line_with(out, "gpt-4o ", "default, overridden")
    line_with(out, "base_url", "https://api.openai.com/v1", "default")
    line_with(out, LONG_URL, "~/.qwen/.env:1", "not reached")
    assert KEY not in out
    assert OTHER_KEY not in out


def test_the_order_of_sections(overview: Desk) -> None:
    out = explain(overview).exits(0).out
    marks = ["auth_method", "env file:", "excluded", "QC107"]
    assert [out.index(f"\n{mark}") if mark != "auth_method" else out.index(mark) for mark in marks] == sorted(
        out.index(f"\n{mark}") if mark != "auth_method" else out.index(mark) for mark in marks
    )


def test_the_search_as_an_ordered_list(overview: Desk) -> None:
    lines = explain(overview).exits(0).out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("env file:"))
    rows = [line.split() for line in lines[start + 1 : lines.index("", start)]]
    assert [" ".join(words[:3]) for words in rows[:4]] == [
        "absent ./.qwen/.env",
        "skipped ./.env a",
        "absent ../.qwen/.env",
        "> found ../.env",
    ]
    assert [" ".join(words[:3]) for words in rows[4:]] == ["not reached ~/.qwen/.env", "not reached ~/.env"]
    assert "directory" in " ".join(rows[1])
    assert "1 excluded" in " ".join(rows[3])
    assert rows[4][3:] == ["would", "set", "api_key,", "base_url"]
    assert "would set" not in " ".join(rows[5])


def test_excluded_refused_and_ignored_values(overview: Desk) -> None:
    out = explain(overview).exits(0).out
    line_with(out, "  DEBUG  ../.env:1")
    # The sections about the search and exclusion are not repeated.
    assert not {"QC104", "QC113"} & set(out.split())
    codes = [d["code"] for d in data_of(overview)["diagnostics"]]
    assert codes.count("QC113") == codes.count("QC104") == 1
    line_with(explain(overview, "debug").exits(0).out, "QC113 note", "DEBUG", "../.env:1")
    line_with(out, "QC107 warning", "HTTPS_PROXY", "../.env:5", "proxy")
    line_with(out, "QC103 note", "OPENAI_BASE_URL", "~/.qwen/.env:1", "../.env came first")
    line_with(out, "QC106 warning", "./.env is a directory")
    line_with(out, "QC108 note", "~/.qwen/oauth_creds.json", "an API key is set")
    line_with(out, "QC109 warning", "~/.qwen/settings.json is not read")
    line_with(out, "http://p:1", "../.env:5", "refused")


def test_an_exported_variable_that_overrides_the_file_is_reported(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    line_with(explain(desk, OPENAI_MODEL="theirs").exits(0).out, "QC102 warning", "OPENAI_MODEL", "./.env:2")
    assert "QC102" not in explain(desk, OPENAI_MODEL="mine").exits(0).out
    emptied = explain(desk, OPENAI_MODEL="").exits(0).out
    line_with(emptied, "QC101 warning", "OPENAI_MODEL", "./.env:2")
    line_with(emptied, "model", "gpt-4o", "default")
    line_with(emptied, "mine", "./.env:2", "hidden by an empty variable")


def test_a_login_used_in_spite_of_a_key(desk: Desk) -> None:
    desk.write(".qwen/oauth_creds.json", "{}")
    out = explain(desk, OPENAI_API_KEY=KEY, QWEN_OAUTH="1").exits(0).out
    line_with(out, "QC108 note", "OPENAI_API_KEY", "QWEN_OAUTH")
    line_with(out, "auth_method", "qwen-oauth", "environment QWEN_OAUTH")


def test_an_empty_config_is_explained(desk: Desk) -> None:
    outcome = explain(desk).exits(3)
    fields = outcome.out.partition(OTHER_PROFILE)[0]
    for name in ("auth_method", "api_key", "base_url", "model"):
        line_with(fields, f"  {name}")
    assert "./.qwen/.env" in outcome.out
    assert "~/.env" in outcome.out
    assert "no env file found" in outcome.out
    line_with(outcome.out, "QC203 error", "no cached Qwen OAuth login", "the API key is not set")
    assert outcome.err == ""


def test_an_incomplete_config_is_explained_and_not_written(desk: Desk) -> None:
    assert explain(desk, "-o", "a.toml").exits(3).out
    assert desk.files() == {}
    assert explain(desk, "-o", "a.toml", OPENAI_API_KEY=KEY).exits(0).out
    assert list(desk.files()) == ["work/app/a.toml"]


def test_all_shows_every_field_and_place(overview: Desk) -> None:
    some, everything = explain(overview).exits(0).out, explain(overview, "--all").exits(0).out
    before = everything.partition(OTHER_PROFILE)[0]
    for name in declared_fields():
        line_with(before, f"  {name} ")
    hidden = [name for name in declared_fields() if f"  {name} " not in some]
    assert f"{len(hidden)} more fields" in some
    assert "more field" not in everything


@pytest.mark.parametrize("name", declared_fields())
def test_all_details_of_one_field(overview: Desk, name: str) -> None:
    out = explain(overview, name, "--model", "m", OPENAI_MODEL="exported").exits(0).out
    field = declared_fields()[name]
    assert " ".join(field.description.split()) in " ".join(out.split())
    others = [other for other in declared_fields() if other not in (name, "debug", "model", "proxy", "no_proxy")]
    assert not [other for other in others if re.search(rf"^  {other} ", out, re.MULTILINE)]
    layers = re.findall(r"^  (flag|environment|env-file|default)\b", out.rpartition(" overrides ")[2], re.MULTILINE)
    assert layers == ["flag", "environment", "env-file", "default"]
    if name == "model":
        for value in ("m", "exported", "qwen3-coder-plus", "gpt-4o"):
            assert re.search(rf" {value} +(--|default, overridden|environment OPENAI|\S+ OPENAI)", out)


@pytest.mark.parametrize("name", declared_fields())
def test_an_unset_field_is_shown_with_ways_to_set_it(desk: Desk, name: str) -> None:
    out = explain(desk, name).exits(3).out
    field, reads = declared_fields()[name], declared_profiles()["documented"].reads
    for part in (*field.flags, *(variable.name for variable in field.variables if reads(variable))):
        assert part in out
    assert [variable.name for variable in field.variables if not reads(variable) and variable.name in out] == []


def test_a_field_is_shown_only_with_the_variables_of_its_method(desk: Desk) -> None:
    out = (
        explain(desk, "model", "--profile", "qwen-code-0.21", "--auth-type", "gemini", GEMINI_API_KEY="k").exits(0).out
    )
    assert "GEMINI_MODEL" in out
    assert "ANTHROPIC_MODEL" not in out
    assert "A provider entry overrides a flag only where one is used" in out


def test_no_key_is_used_under_qwen_oauth(desk: Desk) -> None:
    out = explain(desk, "api_key", "--auth-type", "qwen-oauth", OPENAI_API_KEY="sk-one-0123456789").exits(0).out
    assert re.search(r"\(none\) +not needed: Qwen OAuth", out)
    assert re.search(r"environment OPENAI_API_KEY, not read under this method", " ".join(out.split()))


def test_an_unknown_field_is_reported_with_the_known_ones(desk: Desk) -> None:
    outcome = desk.run("resolve", "--explain", "colour").exits(2)
    assert "base_url" in outcome.err
    assert outcome.out == ""


def test_options_of_explain_need_explain(desk: Desk) -> None:
    for argv in (["--all"], ["--show-secrets"], ["--format", "text"]):
        assert argv[0] in desk.run("resolve", *argv).exits(2).err
    desk.run("resolve", "--explain", "--format", "toml").exits(2)


# The layout.


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("argv", [[], ["--all"], ["base_url"], ["api_key"], ["proxy"]], ids=" ".join)
def test_nothing_is_cut_off_at_any_width(overview: Desk, columns: int, argv: list[str]) -> None:
    url, model = "http://h/" + "ж" * 230, "щ" * 230
    out = explain(overview, *argv, "--openai-base-url", url, columns=columns, OPENAI_MODEL=model).exits(0).out
    # Only words that cannot be broken are wider than the screen.
    assert [line for line in out.splitlines() if len(line) > columns and " " in line.strip()] == []
    assert "…" not in out.replace("sk-0…wxyz", "").replace("sk-a…6789", "")
    assert "~/work/app" in "".join(out.split())
    # A long value is complete on its line.
    for letter, field in (("ж", "base_url"), ("щ", "model")):
        explained = [field] if not argv or argv[0] in ("--all", field) else []
        assert {line.count(letter) for line in out.splitlines()} <= {0, 230}
        assert (out.count(letter) > 0) == bool(explained)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_screen_uses_the_width_of_the_terminal(overview: Desk, width: int) -> None:
    screen = run_on_screen(overview, "resolve", "--explain", width=width)
    assert screen.code == 0
    piped = explain(overview, columns=width).exits(0).out
    shown = re.sub(r"\x1b\[[0-9;]*m", "", screen.raw.decode()).splitlines()
    assert [line.rstrip() for line in shown] == piped.splitlines()
    assert max(map(len, screen.lines)) > min(width, 120) * 0.6


def test_color_only_on_a_terminal(overview: Desk) -> None:
    assert COLOURED.search(run_on_screen(overview, "resolve", "--explain").raw)
    assert "\x1b" not in explain(overview).out
    assert "\x1b" not in explain(overview, FORCE_COLOR="0", TERM="xterm-256color").out
    assert COLOURED.search(explain(overview, FORCE_COLOR="1", TERM="xterm-256color").out.encode())
    assert COLOURED.search(explain(overview, "--color", "always", TERM="xterm").out.encode())


@pytest.mark.parametrize(
    ("argv", "env", "term"),
    [([], {"NO_COLOR": "1"}, "xterm"), (["--color", "never"], {}, "xterm"), ([], {}, "dumb"), ([], {}, "")],
    ids=["NO_COLOR", "never", "dumb", "no TERM"],
)
def test_no_color_if_the_user_disables_it(overview: Desk, argv: list[str], env: dict[str, str], term: str) -> None:
    screen = run_on_screen(overview, "resolve", "--explain", *argv, env=env, term=term)
    assert not COLOURED.search(screen.raw)
    assert "api_key" in screen.text
    if term in ("dumb", "") or argv:
        assert b"\x1b" not in screen.raw


HOSTILE = ["\x1b]0;title\x07", "\x1b[2J", "a\rb", "\x9b31m", "a\x7fb", "a\x08b", "\u202eabc", "\u2028x"]


HOSTILE_DATA = ["--explain", "--format", "json"]


@pytest.mark.parametrize("argv", [["--explain"], ["--explain", "model"], HOSTILE_DATA, []])
def test_control_characters_do_not_reach_a_terminal(desk: Desk, argv: list[str]) -> None:
    for number, value in enumerate(HOSTILE):
        desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL='before{value}after'\n")
        env = {"OPENAI_MODEL": f"exported{value}"} if number % 2 else {}
        outcome = desk.run("resolve", *argv, env=env)
        assert outcome.code == 3 or value == "\u202eabc"
        # Data is for programs: it may contain characters that change the text direction, but no control characters.
        obeyed = (
            "[\x00-\x09\x0b-\x1f\x80-\x9f]" if argv in ([], HOSTILE_DATA) else "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]"
        )
        assert not re.search(obeyed, outcome.output), repr(value)


def test_control_characters_in_a_path_do_not_reach_a_terminal(desk: Desk) -> None:
    inner = desk.cwd / "a\x1b[31mb"
    inner.mkdir()
    desk.write("work/app/a\x1b[31mb/.env", "OPENAI_MODEL=a#b\nHTTPS_PROXY=x\nOPENAI_API_KEY=\n")
    (inner / "below").mkdir()
    for argv in (["resolve", "--explain"], ["resolve"], ["resolve", "--explain", "--format", "json"]):
        outcome = desk.run(*argv, cwd=inner / "below").exits(3)
        assert "\x1b" not in outcome.output


# Secrets on the screen.


def test_show_secrets_on_a_terminal(overview: Desk) -> None:
    screen = run_on_screen(overview, "resolve", "--explain", "--show-secrets", width=200)
    assert screen.code == 0
    assert KEY in screen.text
    assert OTHER_KEY in screen.text
    assert "shown in full" in screen.text
    hidden = run_on_screen(overview, "resolve", "--explain", width=200)
    assert KEY.encode() not in hidden.raw
    assert OTHER_KEY.encode() not in hidden.raw


def test_show_secrets_in_a_pipe_needs_force(overview: Desk) -> None:
    refused = explain(overview, "--show-secrets").exits(2)
    assert refused.out == ""
    assert "--force" in refused.err
    forced = explain(overview, "--show-secrets", "--force").exits(0)
    assert KEY in forced.out
    assert "shown in full" in forced.err
    assert KEY not in forced.err
    data = explain(overview, "--show-secrets", "--force", "--format", "json").exits(0)
    assert data.json["fields"]["api_key"]["value"] == KEY


@pytest.mark.parametrize("key", ["ollama", "x", "hunter2-hunter2-hunter2"])
def test_a_short_key_is_fully_hidden(desk: Desk, key: str) -> None:
    out = explain(desk, "--openai-api-key", key).exits(0).out
    line = line_with(out, "  api_key", f"({len(key)} character")
    assert not re.search(rf"\b{key}\b", line)
    assert key[:4] not in line.partition("hidden")[2] or len(key) < 4


# The data.


def data_of(desk: Desk, code: int = 0, *argv: str, **env: str) -> dict[str, Any]:
    document: dict[str, Any] = explain(desk, "--format", "json", *argv, **env).exits(code).json
    schema = json.loads((files("qwen_cfg.explanation") / "explain.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == code
    return document


def test_the_json_output_has_everything_on_the_screen(overview: Desk) -> None:
    document = data_of(overview, 0, "--model", "gpt-4o-mini", OPENAI_MODEL="exported")
    assert document["cwd"] == "~/work/app"
    assert list(document["fields"]) == list(declared_fields())
    model = document["fields"]["model"]
    assert (model["value"], model["layer"], model["origin"]) == ("gpt-4o-mini", "flag", "--model")
    assert [(o["value"], o["origin"], o["fate"]) for o in model["shadowed"]] == [
        ("exported", "OPENAI_MODEL", "beaten"),
        ("qwen3-coder-plus", "../.env:4", "beaten"),
        ("gpt-4o", "default", "beaten"),
    ]
    base_url = document["fields"]["base_url"]
    assert [(o["value"], o["origin"]) for o in base_url["unreached"]] == [(LONG_URL, "~/.qwen/.env:1")]
    places = document["env_file"]["search"]
    outcomes = [(p["path"], p["outcome"]) for p in places if p["exists"]]
    assert outcomes == [
        ("./.env", "skipped"),
        ("../.env", "found"),
        ("~/.qwen/.env", "not-reached"),
        ("~/.env", "not-reached"),
    ]
    assert next(p["sets"] for p in places if p["path"] == "~/.qwen/.env") == ["api_key", "base_url"]
    assert document["excluded"] == [{"variable": "DEBUG", "origin": "../.env:1"}]
    assert document["not_considered"] == ["~/.qwen/settings.json"]
    codes = {(d["code"], d["path"], d["line"]) for d in document["diagnostics"]}
    assert {("QC103", "~/.qwen/.env", 1), ("QC107", "../.env", 5)} <= codes


def test_the_data_names_every_place_up_to_the_root(desk: Desk) -> None:
    places = [p["path"] for p in data_of(desk, 3)["env_file"]["search"]]
    levels = len(desk.cwd.parts)
    assert len(places) == 2 * levels
    assert places[:6] == ["./.qwen/.env", "./.env", "../.qwen/.env", "../.env", "~/.qwen/.env", "~/.env"]


def test_the_data_of_an_incomplete_config(desk: Desk) -> None:
    document = data_of(desk, 3)
    assert document["complete"] is False
    assert document["fields"]["api_key"]["value"] is None
    assert [d["code"] for d in document["diagnostics"] if d["severity"] == "error"] == ["QC203"]


def test_the_screen_has_everything_in_the_data(overview: Desk) -> None:
    document = data_of(overview, 0, OPENAI_MODEL="exported")
    out = " ".join(explain(overview, "--all", OPENAI_MODEL="exported", columns=200).exits(0).out.split())
    for field in document["fields"].values():
        for offer in (field, *field["shadowed"], *field["unreached"]):
            # An empty list is "none" in the data, as in a flag.
            assert (offer["value"] if offer["value"] != "none" else "(empty)") in out
            assert offer["origin"] in out
    for place in document["env_file"]["search"]:
        assert place["path"] in out
    elsewhere = ("QC104", "QC112", "QC113")
    codes = [diagnostic["code"] for diagnostic in document["diagnostics"] if diagnostic["code"] not in elsewhere]
    assert sum(out.count(f"{code} ") for code in set(codes)) == len(codes)
    (other,) = document["other_profiles"]
    assert other["differences"]
    for difference in other["differences"]:
        assert f"{difference['field']} {difference['value']} {difference['won_by']}" in out.partition("QC112")[2]


def test_a_fifo_that_is_not_reached_is_not_read(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    os.mkfifo(desk.home / ".env")
    place = next(p for p in data_of(desk)["env_file"]["search"] if p["path"] == "~/.env")
    assert (place["outcome"], place["kind"], place["sets"]) == ("not-reached", "fifo", [])
