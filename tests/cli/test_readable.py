"""Readability in a terminal: lines break between words, URLs are complete, and color follows the settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from qwen_cfg.cli.output import wrap_lines

from .process import KEY, env_of
from .terminal import Typing, run_on_screen

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

ENTER = "\r"
URL = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
PLAIN = ["--profile", "documented"]


def words_of(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize(
    "argv",
    [
        ["resolve", "--explain", "modle"],
        ["resolve", *PLAIN, "--no-env-file"],
        ["resolve", "--inline-secrets"],
        ["rule", "QC117"],
        ["terms", *PLAIN, "--no-env-file"],
        ["check"],
        ["check", "-m", "a-much-longer-name-of-a-model"],
        ["envfile", "other.env"],
        ["-h"],
        ["--help"],
        ["check", "-h"],
        ["run", "--help"],
        [],
    ],
    ids=lambda argv: " ".join(argv) or "nothing",
)
def test_lines_break_between_words(desk: Desk, argv: list[str], width: int) -> None:
    """A word that the terminal breaks is not one of the program's words."""
    desk.write("work/app/other.env", f"OPENAI_MODEL={'long-name-' * 3}\nexport nothing that is an assignment\n")
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://localhost/v1", "OPENAI_MODEL": "m"}
    desk.run("resolve", *PLAIN, "-o", "qwen.toml", env=env).exits(0)
    piped = desk.run(*argv, env={"COLUMNS": "96"})
    screen = run_on_screen(desk, *argv, width=width)
    longest = max(map(len, words_of(piped.output)))
    if longest < width - 20:
        assert sorted(set(words_of(screen.text))) == sorted(set(words_of(piped.output)))
    else:
        broken = set(words_of(screen.text)) - set(words_of(piped.output))
        assert all(any(word in whole for whole in words_of(piped.output) if len(whole) > width - 20) for word in broken)


@pytest.mark.parametrize("columns", [1, 20, 40])
def test_a_longer_word_stays_whole(columns: int) -> None:
    text = wrap_lines(f"qwen-cfg: cannot reach {URL} in time\n  try it-again\n\n", columns)
    assert URL in text
    assert text.endswith("\n\n")
    assert " ".join(text.split()) == f"qwen-cfg: cannot reach {URL} in time try it-again"


@pytest.mark.parametrize("width", [56, 60, 80])
def test_the_urls_of_terms_are_whole(desk: Desk, width: int) -> None:
    argv = ["terms", *PLAIN, "--no-env-file"]
    piped = {word for word in words_of(desk.run(*argv).exits(0).out) if word.startswith("https://")}
    assert piped
    assert piped <= set(words_of(run_on_screen(desk, *argv, width=width).text))


def test_an_error_that_is_piped_stays_one_line(desk: Desk) -> None:
    lines = desk.run("resolve", "--explain", "modle", env={"COLUMNS": "40"}).exits(2).err.splitlines()
    assert len(lines) == 2


@pytest.mark.parametrize("width", [60, 64, 70])
def test_a_url_is_not_cut_on_a_narrow_screen(desk: Desk, width: int) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": URL, "COLUMNS": str(width)}
    assert URL in words_of(desk.run("resolve", "--explain", *PLAIN, env=env).exits(0).out)


@pytest.mark.parametrize("width", [74, 80, 90, 96, 120])
def test_no_value_and_no_source_is_cut_in_a_table(desk: Desk, width: int) -> None:
    """If columns are too narrow for a URL, a path or a variable, the cells are shown below each other."""
    model = "a-vendor/" + "a-long-name-of-a-model-" * 2
    desk.write(".qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL=https://api.openai.com/v1\nOPENAI_MODEL={model}\n")
    env = {"OPENAI_BASE_URL": URL, "COLUMNS": str(width)}
    for argv in (["--explain", "--all"], ["--explain", "base_url"], ["--explain", "model"]):
        words = set(words_of(desk.run("resolve", *argv, "--profile", "qwen-code-0.21", env=env).out))
        assert {URL, "OPENAI_BASE_URL"} <= words or argv[1] == "model"
        assert {model, "OPENAI_MODEL"} <= words or argv[1] == "base_url"


def test_colour_is_forced_and_forbidden(desk: Desk) -> None:
    argv = ["resolve", "--explain", *PLAIN]
    env = {"OPENAI_API_KEY": KEY}
    for variables, is_colored in (
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "true"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ):
        assert ("\x1b[" in desk.run(*argv, env={**env, **variables}).exits(0).out) is is_colored, variables
    assert "\x1b[" not in desk.run(*argv, "--color", "never", env={**env, "FORCE_COLOR": "1"}).exits(0).out


EXPORTED = {"OPENAI_API_KEY": KEY}

LONG_URL = "https://gateway.internal.a-company.example/openai/deployments/the-usual-one/v1"
OTHER_URL = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
LONG_PLACE = "work/a-rather-long-name-of-a-customer-of-ours/and a project/of-the-year"
# Command lines, and the URLs and paths that each shows in full.
LONG_TEXTS = [
    (["--explain"], [LONG_URL, OTHER_URL, f"~/{LONG_PLACE}/src", "../.env", "./.qwen/.env", "~/.qwen/.env"]),
    (["--explain", "base_url"], [LONG_URL, OTHER_URL, f"~/{LONG_PLACE}/src"]),
    (["--explain", "--profile", "qwen-code-0.21"], [LONG_URL, OTHER_URL, "./.qwen/settings.json", "~/.qwen/.env"]),
    (["--explain", "--env-file", "../LONG NAMED/an-env-file.env"], ["../LONG NAMED/an-env-file.env", OTHER_URL]),
    (["--compare-profiles"], [LONG_URL]),
]


def make_long_project(desk: Desk) -> Desk:
    """Make a project with a long name and long URLs, and return its desk."""
    desk.write(".qwen/.env", f"OPENAI_BASE_URL={OTHER_URL}\n")
    desk.write(f"{LONG_PLACE}/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={LONG_URL}\nDEBUG=1\n")
    desk.write(f"{LONG_PLACE}/LONG NAMED/an-env-file.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={OTHER_URL}\n")
    (desk.home / LONG_PLACE / "src").mkdir()
    return desk


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_url_and_no_path_is_cut_on_a_screen(desk: Desk, width: int) -> None:
    """They may be wider than the screen, and no word is broken."""
    make_long_project(desk)
    for argv, texts in LONG_TEXTS:
        words = ["-C", f"../../{LONG_PLACE}/src", "resolve", *argv]
        lines = run_on_screen(desk, *words, width=width, env={"NO_COLOR": "1"}).raw.decode().splitlines()
        for text in texts:
            assert any(text in line for line in lines), (argv, text)
        whole = set(words_of(desk.run(*words, env={"COLUMNS": "200"}).out))
        shown_words = {word.rstrip(":") for word in words_of("\n".join(lines))}
        assert shown_words <= {word.rstrip(":") for word in whole}, argv
        # All other text fits the screen.
        assert [line for line in lines if len(line) > width and len(line.split()) > 3] == [], argv


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_url_is_cut_by_the_doctor(desk: Desk, server: Provider, width: int) -> None:
    make_long_project(desk)
    url = f"{server.url}/v1/a-rather-long-path/of-a-gateway/with-a-deployment-of-ours"
    env = env_of(server, OPENAI_BASE_URL=url, NO_COLOR="1")
    lines = (
        run_on_screen(desk, "-C", f"../../{LONG_PLACE}/src", "doctor", *PLAIN, env=env, width=width)
        .raw.decode()
        .splitlines()
    )
    assert any(url in line for line in lines)
    assert any("OPENAI_BASE_URL" in line for line in lines)


@pytest.mark.parametrize("width", [40, 50])
def test_a_row_of_the_settings_is_not_wrapped_into_the_next(desk: Desk, width: int) -> None:
    lines = run_on_screen(
        desk, "resolve", "--explain", "--profile", "qwen-code-0.21", width=width, env={"NO_COLOR": "1"}
    ).lines
    (row,) = [number for number, line in enumerate(lines) if "workspace" in line]
    assert lines[row].lstrip().startswith("absent  workspace")
    assert "settings.json" in lines[row] or lines[row + 1] == "    ./.qwen/settings.json"


# Command lines, their exit codes, and their colored texts.
COLOURED = [
    (["--help"], 0, "options:"),
    (["resolve", "-h"], 0, "usage:"),
    (["help", "trust"], 0, "examples:"),
    (["rule"], 0, "QC103  note"),
    (["rule", "QC201"], 0, "QC201 error"),
    (["terms", *PLAIN], 0, "This program"),
    (["envfile", ".env", "other.env"], 0, "other.env"),
    (["envfile", ".env"], 0, "not an assignment"),
    (["check", *PLAIN], 1, "    is"),
    (["check", *PLAIN, "--openai-base-url", "https://a.example/v1"], 0, "up to date"),
    (["check", "--select", "all", *PLAIN, "--openai-base-url", "https://a.example/v1"], 1, "QC127 warning"),
    (["trust", "--yes", *PLAIN], 0, "trusted:"),
    (["trust", "list"], 0, "/work/app/.env"),
    (["trust", "revoke", "./.env"], 0, "no longer trusted:"),
    (["check", "missing.toml"], 3, "qwen-cfg:"),
    (["reslove"], 2, "qwen-cfg:"),
    (["resolve", *PLAIN, "--timeout", "soon"], 3, "QC201"),
    (["resolve", "-o", "/dev/null", *PLAIN], 0, "QC127 warning"),
]


def colored_texts(text: str) -> list[str]:
    return re.findall(r"\x1b\[[0-9;]+m(.*?)\x1b\[0m", text)


def make_project_with_findings(desk: Desk) -> None:
    """Make a project without approval, with an invalid line in its env file, and with an old artifact."""
    desk.write("work/app/other.env", "B=1\n")
    for host in ("a", "b"):
        url = f"https://{host}.example/v1"
        desk.write("work/app/.env", f"OPENAI_BASE_URL : x\nOPENAI_BASE_URL={url}\n")
        if host == "a":
            desk.run("resolve", *PLAIN, "-o", "qwen.toml", env=EXPORTED).exits(0)


def restore(desk: Desk, state: dict[str, bytes]) -> None:
    """Restore the files of a home."""
    for path in desk.files().keys() - state.keys():
        (desk.home / path).unlink()
    for path, content in state.items():
        desk.write(path, content)


@pytest.mark.parametrize("where", ["terminal", "pipe"])
def test_every_command_is_coloured_only_if_allowed_and_otherwise_unchanged(desk: Desk, where: str) -> None:
    make_project_with_findings(desk)
    for argv, code, part in COLOURED:
        outputs, state = [], desk.files()
        for env in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
            restore(desk, state)
            if where == "terminal":
                screen = run_on_screen(desk, *argv, env={**EXPORTED, **env}, term=env.get("TERM", "xterm-256color"))
                assert screen.code == code, argv
                outputs.append(screen.raw.decode())
            else:
                forced = {**EXPORTED, "FORCE_COLOR": "1", "TERM": "xterm", **env}
                outputs.append(desk.run(*argv, env=forced).exits(code).output)
        coloured, plain, dumb = outputs
        assert any(part in each for each in colored_texts(coloured)), argv
        assert re.sub(r"\x1b\[[0-9;]+m", "", coloured) == plain == dumb, argv
        assert "\x1b" not in plain, argv


def test_piped_output_has_no_colour(desk: Desk) -> None:
    make_project_with_findings(desk)
    for argv, code, _ in COLOURED:
        assert "\x1b" not in desk.run(*argv, env={**EXPORTED, "TERM": "xterm-256color"}).exits(code).output, argv


def test_an_error_has_the_colour_that_an_option_chooses(desk: Desk) -> None:
    argv = ["resolve", "--explain", "--env-file", "missing", "--color"]
    assert colored_texts(desk.run(*argv, "always").exits(3).err) == ["qwen-cfg:"]
    assert "\x1b" not in desk.run(*argv, "never", env={"FORCE_COLOR": "1"}).exits(3).err
    assert b"\x1b" not in run_on_screen(desk, *argv, "never").raw


def test_a_written_file_is_named_in_a_terminal(desk: Desk) -> None:
    argv = ["resolve", *PLAIN, "-o", "qwen.toml"]
    assert "wrote qwen.toml" in run_on_screen(desk, *argv, env={"OPENAI_API_KEY": KEY}).text
    assert desk.run(*argv, env={"OPENAI_API_KEY": KEY}).exits(0).output == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [("missing.toml", None), ("a,b.toml", "format = "), ("a.toml", "format = 1\n[config]\ncolour = 1\n")],
)
def test_a_workflow_sees_an_artifact_that_cannot_be_checked(desk: Desk, name: str, content: str | None) -> None:
    if content is not None:
        desk.write(f"work/app/{name}", content)
    outcome = desk.run("check", name, "--format", "github")
    assert outcome.code in (2, 3)
    escaped_name = name.replace(",", "%2C")
    assert outcome.out.startswith(f"::error file={escaped_name},line=")
    assert outcome.out.count("\n") == 1
    assert outcome.err.startswith("qwen-cfg: ")
    assert desk.run("check", name).out == ""


@pytest.mark.parametrize("word", ["exit", "QUIT", "q", "Q", ":q", "quit()", "bye"])
def test_the_words_that_end_other_programs_end_a_conversation(desk: Desk, server: Provider, word: str) -> None:
    with Typing(desk, "run", env=env_of(server)) as chat:
        chat.until("0 tokens")
        chat.type(f"help{ENTER}").until("/stats", "\n>")
        assert chat.type(f"{word}{ENTER}").exit_code() == 0
    assert [request for request in server.take_requests() if request.path.endswith("/completions")] == []


def test_a_refused_key_in_a_conversation_suggests_auth(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", env=env_of(server, "refuses/v1")) as chat:
        chat.until("0 tokens")
        chat.type(f"hello there{ENTER}").until("key here: /auth", "\n>")
        chat.type(f"/model{ENTER}").until("does not list its models", "To change the key here: /auth")
