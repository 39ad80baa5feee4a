"""Two profiles on the command line: `--explain`, `--compare-profiles`, `check` and `QWEN_HOME`."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from qwen_cfg import resolve
from qwen_cfg.rules import diagnose

from .process import KEY

if TYPE_CHECKING:
    from .process import Desk, Outcome

NEWER = "qwen-code-0.21"
URL = "https://openrouter.ai/api/v1"


@pytest.fixture
def differing(desk: Desk) -> Desk:
    """A desk that the two profiles resolve differently: only the home has a base URL, and it also sets DEBUG."""
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    desk.write(".qwen/.env", f"OPENAI_BASE_URL={URL}\nOPENAI_MODEL=theirs\n")
    desk.write(".env", "DEBUG=1\n")
    return desk


# Variables that decide method and endpoint under both profiles, for tests about something else.
OPENAI = ["--auth-type", "openai", "--openai-base-url", "http://127.0.0.1:1/v1"]
ALL_THREE = [*OPENAI, "--model", "m"]
METHOD = OPENAI[:2]


def explain(desk: Desk, *argv: str, columns: int = 150, **env: str) -> Outcome:
    return desk.run("resolve", "--explain", *argv, env={"COLUMNS": str(columns), **env})


def compare(desk: Desk, *argv: str, columns: int = 150, **env: str) -> Outcome:
    return desk.run("resolve", "--compare-profiles", *argv, env={"COLUMNS": str(columns), **env})


def after(text: str, start: str) -> list[str]:
    """Return the words of each line from the one with this beginning to the next empty line."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(start))
    return [" ".join(line.split()) for line in [*lines[begin + 1 :], ""][: [*lines[begin + 1 :], ""].index("")]]


# One line for each field.


def test_each_profile_reports_the_other_in_one_line_per_field(differing: Desk) -> None:
    documented = explain(differing).exits(0).out
    assert after(documented, "Qwen Code 0.21 and later resolves differently (QC112") == [
        f"base_url {URL} ~/.qwen/.env:1 OPENAI_BASE_URL",
        "debug true ~/.env:1 DEBUG",
    ]
    newer = explain(differing, "--profile", NEWER).exits(0).out
    assert after(newer, "Qwen Code up to 0.15 resolves differently (QC112") == [
        "base_url https://api.openai.com/v1 default",
        "debug false default",
    ]


def test_without_a_difference_there_is_one_line(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    out = explain(desk, *ALL_THREE).exits(0).out
    assert out.rstrip().endswith("Qwen Code 0.21 and later gives the same result")
    newer = explain(desk, *ALL_THREE, "--profile", NEWER).exits(0).out
    assert newer.rstrip().endswith("Qwen Code up to 0.15 gives the same result")


def test_the_explanation_of_one_field_compares_only_that_field(differing: Desk) -> None:
    out = explain(differing, "base_url").exits(0).out
    assert after(out, "Qwen Code 0.21") == [f"base_url {URL} ~/.qwen/.env:1 OPENAI_BASE_URL"]
    assert "Qwen Code 0.21 and later gives the same result for this field" in explain(differing, "model").exits(0).out


def test_the_same_value_from_another_origin_is_reported_as_equal(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nQWEN_MODEL=m\n")
    desk.write(".env", "OPENAI_MODEL=m\n")
    out = explain(desk, *OPENAI).exits(0).out
    assert after(out, "Qwen Code 0.21 and later has the same values, some from other sources") == [
        "model m (the same) ~/.env:1 OPENAI_MODEL"
    ]
    assert "QC112" not in out


def test_another_key_is_reported_and_not_shown(desk: Desk) -> None:
    other = "sk-of-the-home-0123456789-abcdefghijklmnop"
    desk.write("work/app/.env", "OPENAI_API_KEY=\n")
    desk.write(".env", f"OPENAI_API_KEY={other}\n")
    for outcome in (
        explain(desk),
        explain(desk, "--format", "json"),
        compare(desk),
        compare(desk, "--format", "json"),
    ):
        assert other not in outcome.exits(3).out + outcome.err
        assert "~/.env:1" in outcome.out
    assert other in compare(desk, "--show-secrets", "--force").exits(3).out


def test_an_unreadable_file_of_the_other_profile_is_reported(differing: Desk) -> None:
    differing.write(".qwen/.env", b"A=\xff\n")
    assert "Qwen Code 0.21 and later: not known. ~/.qwen/.env:1" in explain(differing).exits(0).out
    both = compare(differing).exits(0).out
    assert f"{NEWER} (Qwen Code 0.21 and later) resolves nothing: ~/.qwen/.env:1" in both
    assert "gpt" not in both
    assert "mine" in both
    turned = compare(differing, "--profile", NEWER).exits(3)
    assert f"{NEWER} (Qwen Code 0.21 and later) resolves nothing: ~/.qwen/.env:1" in turned.out
    assert "mine" in turned.out
    data = compare(differing, "--profile", NEWER, "--format", "json").exits(3).json
    assert data["profiles"][NEWER]["error"]["class"] == "EnvFileError"
    assert data["profiles"]["documented"]["fields"]["model"]["value"] == "mine"
    # A check with a comparison does not treat an unknown value as equal.
    differing.run("resolve", "-o", "a.toml").exits(0)
    outcome = differing.run("check", "a.toml", "--select", "QC112").exits(1)
    assert "Qwen Code 0.21 and later reads ~/.qwen/.env:1, which cannot be read" in outcome.out
    (differing.home / ".qwen/.env").unlink()
    os.mkfifo(differing.home / ".qwen/.env")
    out = explain(differing, *OPENAI).exits(0).out
    assert after(out, "Qwen Code 0.21 and later resolves differently") == [
        "debug true ~/.env:1 DEBUG",
        "not known: ~/.qwen/.env is a FIFO, which was not read",
    ]
    (differing.home / ".env").unlink()
    out = explain(differing, *OPENAI).exits(0).out
    assert after(out, "Qwen Code 0.21 and later reads files that were not read here") == [
        "not known: ~/.qwen/.env is a FIFO, which was not read"
    ]
    outcome = differing.run("check", "a.toml", "--select", "QC112").exits(1)
    assert "Qwen Code 0.21 and later reads ~/.qwen/.env, a FIFO" in outcome.out


def test_the_comparison_reads_a_fifo_of_the_other_profile(differing: Desk) -> None:
    (differing.home / ".qwen/.env").unlink()
    os.mkfifo(differing.home / ".qwen/.env")
    writer = os.fork()
    if writer == 0:  # pragma: no cover - another process
        (differing.home / ".qwen/.env").write_text(f"OPENAI_BASE_URL={URL}\n", encoding="utf-8")
        os._exit(0)
    out = compare(differing).exits(0).out
    os.waitpid(writer, 0)
    assert URL in out
    assert "2 of 14 fields differ: base_url, debug" in out


KEY_OF_THE_HOME = "zx81Qw77plMnbVtr55KkOo99"


def test_a_value_equal_to_a_key_of_an_unreached_file_is_not_shown(desk: Desk) -> None:
    """One profile reads the text as a key, so it is not shown or written under the other either."""
    desk.write("work/app/.env", f"OPENAI_MODEL={KEY_OF_THE_HOME}\n")
    desk.write(".env", f"OPENAI_API_KEY={KEY_OF_THE_HOME}\n")
    env = {"OPENAI_API_KEY": "another-key-of-the-shell"}
    outcomes = [
        explain(desk, **env),
        explain(desk, "--profile", NEWER, **env),
        explain(desk, "model", **env),
        compare(desk, **env),
        compare(desk, "--format", "json", **env),
        desk.run("resolve", env=env).exits(3),
        desk.run("resolve", "-o", "a.toml", env=env).exits(3),
    ]
    for outcome in outcomes:
        assert KEY_OF_THE_HOME not in outcome.out + outcome.err
    assert "a.toml" not in " ".join(desk.files())


def test_no_artifact_overwrites_an_env_file_of_either_profile(differing: Desk) -> None:
    differing.write("q/.env", "OPENAI_MODEL=m\n")
    env = {"QWEN_HOME": "~/q"}
    for profile in ("documented", NEWER):
        for path in ("~/q/.env", "~/.qwen/.env", "~/.env", "./.env"):
            written = path.replace("~", str(differing.home))
            refused = differing.run("resolve", "--profile", profile, "-o", written, env=env).exits(2)
            assert "this is an env file, which is not overwritten" in refused.err
    above = differing.write(".env", "OPENAI_API_KEY=of-a-directory-above\n")
    words = ["--profile", NEWER, *OPENAI, "-o", str(above)]
    refused = differing.run("resolve", *words, env={"HOME": str(differing.cwd)}).exits(2)
    assert "this is an env file, which is not overwritten" in refused.err


def test_secret_from_applies_to_both_profiles(differing: Desk) -> None:
    differing.write("work/app/.env", "OPENAI_MODEL=mine\n")
    differing.write(".qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    out = explain(differing, *OPENAI, "--secret-from", "environment:CI_KEY").exits(0).out
    assert after(out, "Qwen Code 0.21 and later") == ["debug true ~/.env:1 DEBUG"]


def test_the_comparison_as_data(differing: Desk) -> None:
    data = explain(differing, "--format", "json").exits(0).json
    (other,) = data["other_profiles"]
    assert (other["profile"], other["qwen_code"], other["agrees"]) == (NEWER, "Qwen Code 0.21 and later", False)
    (base_url, debug) = other["differences"]
    assert (base_url["field"], base_url["value"], base_url["origin"]) == ("base_url", URL, "~/.qwen/.env:1")
    assert (debug["field"], debug["value"], debug["same_value"]) == ("debug", "true", False)
    assert [d["field"] for d in data["diagnostics"] if d["code"] == "QC112"] == ["base_url", "debug"]


# The first file, files that add values, and files that are not reached.


def test_the_search_distinguishes_the_first_file_from_later_ones(differing: Desk) -> None:
    differing.write("work/.env", "OPENAI_MODEL=between\n")
    out = explain(differing, "--profile", NEWER).exits(0).out
    assert after(out, "env files: the first one found, then the home's files") == [
        "absent ./.qwen/.env",
        "> found ./.env sets api_key, model",
        "not reached ../.env would set model",
        "+ fills in ~/.qwen/.env sets base_url; not used: model",
        "+ fills in ~/.env sets debug",
    ]
    places = explain(differing, "--profile", NEWER, "--format", "json").exits(0).json["env_file"]
    assert places["read"] == ["./.env", "~/.qwen/.env", "~/.env"]
    assert {place["path"]: place["outcome"] for place in places["search"] if place["exists"]} == {
        "./.env": "found",
        "../.env": "not-reached",
        "~/.qwen/.env": "filled-in",
        "~/.env": "filled-in",
    }


def test_the_artifact_lists_files_in_their_order(differing: Desk) -> None:
    artifact = differing.run("resolve", "--profile", NEWER).exits(0).toml
    assert artifact["env_file"] == {"paths": ["./.env", "~/.qwen/.env", "~/.env"], "chosen_by": "search"}
    assert artifact["provenance"]["model"]["origin"] == "./.env:2"
    assert artifact["provenance"]["base_url"]["origin"] == "~/.qwen/.env:1"
    # A setting of the machine.
    assert artifact["provenance"]["debug"]["origin"] == "default"
    assert differing.run("resolve").exits(0).toml["env_file"]["paths"] == ["./.env"]


# Side by side.


def test_a_full_comparison_has_both_profiles_side_by_side(differing: Desk) -> None:
    out = compare(differing).exits(0).out
    words = [" ".join(line.split()) for line in out.splitlines()]
    assert "documented qwen-code-0.21" in words
    assert "Qwen Code up to 0.15 Qwen Code 0.21 and later" in words
    at = words.index(f"* base_url https://api.openai.com/v1 default {URL}")
    assert words[at + 1] == "~/.qwen/.env:1 OPENAI_BASE_URL"
    at = words.index("model mine mine")
    assert words[at + 1] == "./.env:2 OPENAI_MODEL ./.env:2 OPENAI_MODEL"
    at = words.index("env files read ./.env ./.env")
    assert words[at + 1 : at + 3] == ["~/.qwen/.env", "~/.env"]
    assert words[-1] == "* 2 of 14 fields differ: base_url, debug"
    for name in ("auth_method", "api_key", "timeout", "usage_statistics"):
        assert any(line.startswith(f"{name} ") for line in words)


def test_the_chosen_profile_is_first_and_sets_the_exit_code(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=m\n")
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    env = {"OPENAI_BASE_URL": URL}
    first = compare(desk, **env).exits(3)
    assert "documented is incomplete" in first.out
    assert "QC203 error" in first.out
    assert "not reached" in first.out
    assert first.out.index("documented") < first.out.index(NEWER)
    second = compare(desk, "--profile", NEWER, **env).exits(0)
    assert second.out.index(NEWER) < second.out.index("documented")
    assert "documented is incomplete" in second.out


def test_a_full_comparison_without_differences(desk: Desk) -> None:
    out = compare(desk, *ALL_THREE, OPENAI_API_KEY=KEY).exits(0).out
    assert "every field has the same value under every profile" in out
    assert "none" in out


@pytest.mark.parametrize("columns", [20, 30, 59, 60, 80])
def test_a_full_comparison_in_a_narrow_terminal(differing: Desk, columns: int) -> None:
    for outcome in (compare(differing, columns=columns), explain(differing, "--profile", NEWER, columns=columns)):
        # A line that is too long is a single word, such as a URL.
        lines = outcome.exits(0).out.splitlines()
        assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)
        assert URL in outcome.out or columns >= 60


def test_a_full_comparison_as_data(differing: Desk) -> None:
    schema = json.loads(files("qwen_cfg.explanation").joinpath("explain.schema.json").read_text(encoding="utf-8"))
    data = compare(differing, "--format", "json").exits(0).json
    assert list(data) == ["format", "exit_code", "profiles"]
    assert list(data["profiles"]) == ["documented", NEWER]
    for name, document in data["profiles"].items():
        Draft202012Validator(schema).validate(document)
        alone = explain(differing, "--profile", name, "--format", "json").exits(0).json
        assert document == alone
    assert data["profiles"][NEWER]["fields"]["base_url"]["value"] == URL


def test_options_that_compare_profiles_refuses(differing: Desk) -> None:
    for words in (["--explain"], ["-o", "a.toml"], ["--all"], ["--inline-secrets"], ["--format", "toml"]):
        refused = compare(differing, *words).exits(2)
        assert "--compare-profiles" in refused.err
    assert compare(differing, "--format", "text").exits(0).out == compare(differing).exits(0).out
    compare(differing, "--show-secrets").exits(2)
    assert sorted(differing.files()) == [".env", ".qwen/.env", "work/app/.env"]


# check.


def test_a_check_uses_the_artifacts_profile(differing: Desk) -> None:
    differing.run("resolve", "--profile", NEWER, "-o", "a.toml").exits(0)
    differing.run("check", "--strict", "a.toml").exits(0)
    assert "base_url" in differing.run("check", "a.toml", "--profile", "documented").exits(1).out
    differing.write(".env", "DEBUG=0\nQWEN_CFG_TIMEOUT=7\n")
    assert "timeout" in differing.run("check", "a.toml").exits(1).out
    (differing.home / ".env").unlink()
    strict = differing.run("check", "--strict", "a.toml", "--format", "json").exits(1).json
    (listed,) = [d for d in strict["differences"] if d["field"] == "env_file"]
    assert (listed["part"], listed["old"], listed["new"]) == ("missing file", "~/.env", "does not exist here")


def test_an_update_can_change_the_profile(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve", *ALL_THREE, "-o", "a.toml").exits(0)
    desk.run("check", "a.toml", "--profile", NEWER).exits(0)
    assert 'profile = "documented"' in (desk.cwd / "a.toml").read_text(encoding="utf-8")
    assert "updated" in desk.run("check", "--update", "a.toml", "--profile", NEWER).exits(0).out
    assert f'profile = "{NEWER}"' in (desk.cwd / "a.toml").read_text(encoding="utf-8")
    assert "updated" not in desk.run("check", "--update", "a.toml", "--profile", NEWER).exits(0).out
    desk.write(".env", "QWEN_CFG_TIMEOUT=7\n")
    both = desk.run("check", "--update", "a.toml", "--select", "QC112").exits(1)
    assert "1 finding; updated" in both.out


def test_a_difference_to_another_profile_is_a_finding_only_on_request(differing: Desk) -> None:
    differing.run("resolve", "-o", "a.toml").exits(0)
    plain = differing.run("check", "a.toml").exits(0)
    assert "QC112" not in plain.out + plain.err
    outcome = differing.run("check", "a.toml", "--select", "QC112").exits(1)
    assert "2 findings" in outcome.out
    assert f"For Qwen Code 0.21 and later, base_url is {URL} from ~/.qwen/.env:1 OPENAI_BASE_URL." in outcome.out
    assert "debug is true from ~/.env:1 DEBUG." in outcome.out
    assert differing.run("check", "a.toml", "--select", "QC112", "--ignore", "QC112").exits(0).out == plain.out
    differing.run("check", "a.toml", "--select", "QC101, qc102").exits(0)
    for nothing in ("", ",", " , "):
        assert "no rule is named" in differing.run("check", "a.toml", f"--select={nothing}").exits(2).err
    data = differing.run("check", "a.toml", "--select", "all", "--format", "json").exits(1).json
    assert (data["status"], data["exit_code"], data["differences"]) == ("findings", 1, [])
    assert {"QC103", "QC104", "QC112"} == {d["code"] for d in data["diagnostics"]}
    github = differing.run("check", "a.toml", "--select", "QC112", "--format", "github").exits(1).out
    assert github.count("::notice file=a.toml,line=") == 2


def test_a_check_shows_warnings_and_does_not_fail(differing: Desk) -> None:
    env = {"OPENAI_MODEL": "exported"}
    differing.run("resolve", "-o", "a.toml", env=env).exits(0)
    outcome = differing.run("check", "a.toml", env=env).exits(0)
    assert "QC102 warning: environment OPENAI_MODEL is used" in outcome.err
    assert "QC102" not in outcome.out
    assert "QC102" not in differing.run("check", "a.toml", "--ignore", "QC102", env=env).exits(0).err
    counted = differing.run("check", "a.toml", "--select", "QC102", env=env).exits(1)
    assert "QC102 warning" in counted.out
    github = differing.run("check", "a.toml", "--format", "github", env=env).exits(0).out
    assert github.startswith("::warning file=.env,line=2,title=qwen-cfg%3A QC102::")
    json_form = differing.run("check", "a.toml", "--format", "json", env=env).exits(0).json
    assert [d["code"] for d in json_form["diagnostics"]] == ["QC102"]
    assert json_form["status"] == "same"


def test_rules_that_a_check_cannot_select(differing: Desk) -> None:
    differing.run("resolve", "-o", "a.toml").exits(0)
    assert "QC999" in differing.run("check", "a.toml", "--select", "QC999").exits(2).err
    assert "--ignore" in differing.run("check", "a.toml", "--ignore", KEY).exits(2).err
    assert "--select" in differing.run("check", "a.toml", "--select", "all", "--artifact-only").exits(2).err


# QWEN_HOME.


def resolve_newer(desk: Desk, *argv: str, **env: str) -> dict[str, Any]:
    return desk.run("resolve", "--profile", NEWER, *argv, env=env).exits(0).toml


def test_qwen_home_comes_before_the_directory_in_the_home(differing: Desk) -> None:
    differing.write("q/.env", "OPENAI_BASE_URL=http://127.0.0.1:1/v1\nDEBUG=0\n")
    artifact = resolve_newer(differing, QWEN_HOME=str(differing.home / "q"))
    assert artifact["env_file"]["paths"] == ["./.env", "~/q/.env", "~/.qwen/.env", "~/.env"]
    assert artifact["provenance"]["base_url"]["origin"] == "~/q/.env:1"
    assert artifact["provenance"]["base_url"]["reach"] == "user"
    assert artifact["config"]["debug"] is False
    for spelling in ("~/q", "~/q/", "~/./q"):
        assert resolve_newer(differing, QWEN_HOME=spelling) == artifact
    relative = resolve_newer(differing, QWEN_HOME="../../q")
    assert (relative["config"], relative["env_file"]) == (artifact["config"], artifact["env_file"])
    for default in ("", "~/.qwen", str(differing.home / ".qwen")):
        assert resolve_newer(differing, QWEN_HOME=default)["env_file"]["paths"] == ["./.env", "~/.qwen/.env", "~/.env"]
    (differing.home / "link").symlink_to("q")
    assert resolve_newer(differing, QWEN_HOME="~/link") == artifact


def test_a_relative_qwen_home_gives_a_project_no_reach_of_the_user(differing: Desk) -> None:
    """It leads into the present project, and no file of a project may set the proxy."""
    differing.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nHTTPS_PROXY=http://stranger:1\n")
    for home in (".qwen", "./.qwen", "../app/.qwen"):
        resolved = differing.run("resolve", "--profile", NEWER, env={"QWEN_HOME": home}).exits(0)
        assert resolved.toml["config"]["proxy"] == ""
        assert resolved.toml["provenance"]["api_key"]["reach"] == "project"
        assert "QC107" in resolved.err
    differing.write(".env", "QWEN_HOME=.qwen\n")
    assert differing.run("resolve", "--profile", NEWER).exits(0).toml["config"]["proxy"] == ""


def test_qwen_home_counts_in_one_profile(differing: Desk) -> None:
    differing.write("q/.env", "OPENAI_BASE_URL=http://127.0.0.1:1/v1\n")
    env = {"QWEN_HOME": "~/q"}
    assert differing.run("resolve", env=env).exits(0).toml == differing.run("resolve").exits(0).toml
    out = explain(differing, **env).exits(0).out
    assert after(out, "Qwen Code 0.21")[0] == "base_url http://127.0.0.1:1/v1 ~/q/.env:1 OPENAI_BASE_URL"
    assert "QWEN_HOME" not in out


def test_qwen_home_may_be_set_only_in_a_file_of_the_home(differing: Desk) -> None:
    differing.write("q/.env", "OPENAI_BASE_URL=http://127.0.0.1:1/v1\n")
    differing.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nQWEN_HOME=~/q\n")
    assert resolve_newer(differing, *METHOD)["config"]["base_url"] == URL
    differing.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nQWEN_HOME=~/q\n")
    assert resolve_newer(differing, *METHOD)["config"]["base_url"] == URL
    differing.write(".env", "QWEN_HOME=~/q\n")
    assert resolve_newer(differing, *METHOD)["config"]["base_url"] == "http://127.0.0.1:1/v1"
    # The first of the two counts; the environment overrides both; if it is empty there, it means ~/.qwen.
    differing.write(".qwen/.env", f"OPENAI_BASE_URL={URL}\nQWEN_HOME=~/.qwen\n")
    assert resolve_newer(differing, *METHOD)["config"]["base_url"] == URL
    differing.write(".qwen/.env", f"OPENAI_BASE_URL={URL}\n")
    assert resolve_newer(differing, *METHOD, QWEN_HOME="")["config"]["base_url"] == URL
    # Without a search, no file sets it.
    named = differing.run("resolve", "--profile", NEWER, "--env-file", "~/.env", env={"OPENAI_API_KEY": KEY})
    named.exits(3)


def test_the_explanation_names_the_origin_of_qwen_home(differing: Desk) -> None:
    differing.write("q/.env", "OPENAI_MODEL=m\n")
    out = explain(differing, "--profile", NEWER, QWEN_HOME="~/q").exits(0).out
    assert after(out, "env files: ")[0] == "environment QWEN_HOME moves ~/.qwen to ~/q"
    assert "+ fills in ~/q/.env" in " ".join(out.split())
    differing.write(".env", "QWEN_HOME=~/q\n")
    out = explain(differing, "--profile", NEWER).exits(0).out
    assert after(out, "env files: ")[0] == "~/.env:1 QWEN_HOME moves ~/.qwen to ~/q"
    data = explain(differing, "--profile", NEWER, "--format", "json").exits(0).json["env_file"]["qwen_directory"]
    assert data == {"path": "~/q", "moved_by": "~/.env:1 QWEN_HOME", "text": "~/q", "problem": None}


def test_the_login_and_the_settings_move_with_it(desk: Desk) -> None:
    desk.write("q/oauth_creds.json", "{}")
    desk.write("q/settings.json", "{}")
    desk.write(".qwen/settings.json", "{}")
    artifact = resolve_newer(desk, "--auth-type", "qwen-oauth", QWEN_HOME="~/q")
    assert artifact["config"]["api_key"] == {"from": "oauth-cache", "path": "~/q/oauth_creds.json"}
    desk.run("resolve", "--profile", NEWER).exits(3)
    desk.run("resolve", env={"QWEN_HOME": "~/q"}).exits(3)
    out = explain(desk, "--profile", NEWER, "--auth-type", "qwen-oauth", QWEN_HOME="~/q").exits(0).out
    assert "> read    user       ~/q/settings.json" in out
    assert "~/.qwen/settings.json" not in out.partition("Qwen Code up to 0.15")[0]
    options = ["--secret-from", "oauth-cache", "--auth-type", "qwen-oauth", "--profile", NEWER]
    named = desk.run("resolve", *options, "-o", "a.toml", env={"QWEN_HOME": "~/q"}).exits(0)
    assert named.out == ""
    assert "~/q/oauth_creds.json" in (desk.cwd / "a.toml").read_text(encoding="utf-8")
    desk.run("check", "--strict", "a.toml", env={"QWEN_HOME": "~/q"}).exits(0)


def test_a_missing_qwen_home(differing: Desk) -> None:
    missing = explain(differing, "--profile", NEWER, QWEN_HOME="~/nowhere").exits(0)
    assert "absent ~/nowhere/.env" in " ".join(missing.out.split())
    here = {"cwd": differing.cwd, "home": differing.home, "profile": NEWER}
    found = diagnose(resolve(**here, environ={"QWEN_HOME": "a\0b"}))
    assert [d.finding.message for d in found if d.code == "QC110"] == [
        "environment QWEN_HOME is ignored: QWEN_HOME contains a NUL character."
    ]
    file = differing.run("resolve", "--profile", NEWER, env={"QWEN_HOME": "~/.qwen/.env"}).exits(0)
    assert "QC110 warning: environment QWEN_HOME is ignored: QWEN_HOME names a file: ~/.qwen/.env" in file.err
    long = differing.run("resolve", "--profile", NEWER, env={"QWEN_HOME": "x" * 5000}).exits(0)
    assert "Traceback" not in long.err
    homeless = differing.run("resolve", "--profile", NEWER, *METHOD, env={"QWEN_HOME": "~/q", "HOME": ""}).exits(0)
    assert "QWEN_HOME starts from the home (~), but there is no home" in homeless.err
    absolute = differing.run(
        "resolve", "--profile", NEWER, env={"QWEN_HOME": str(differing.home / ".qwen"), "HOME": ""}
    ).exits(0)
    assert absolute.toml["config"]["base_url"] == URL


def test_run_uses_qwen_home(differing: Desk) -> None:
    """The endpoint in use is that of the moved directory, where no server answers."""
    differing.write("q/.env", "OPENAI_BASE_URL=http://127.0.0.1:9/v1\nQWEN_CFG_MAX_RETRIES=0\n")
    failed = differing.run("run", "-p", "hello", "--profile", NEWER, env={"QWEN_HOME": "~/q"}).exits(6)
    assert "127.0.0.1" in failed.err
