"""`qwen-cfg resolve`: the artifact, its output file, and the errors if there is none."""

from __future__ import annotations

import os
import stat
import threading
import tomllib
from typing import TYPE_CHECKING

import pytest

from qwen_schema import declared_fields, load

from .artifacts import WITH_KEY, names_in
from .process import KEY

if TYPE_CHECKING:
    from .process import Desk

# The artifact and its forms.


def test_toml_and_json_have_the_same_data(desk: Desk) -> None:
    desk.write("work/app/.env", f"DEBUG=1\nOPENAI_API_KEY={KEY}\nOPENAI_MODEL='日本'\n")
    toml = desk.run("resolve").exits(0)
    data = desk.run("resolve", "--format", "json").exits(0)
    assert toml.toml == data.json
    assert load(toml.out) == load(data.out)
    assert toml.err == data.err == ""


def test_every_field_is_written_with_its_origin(desk: Desk) -> None:
    desk.write("work/.env", "# mine\nOPENAI_MODEL=from-file\nDEBUG=1\n")
    artifact = desk.run("resolve", "--timeout", "7", env=WITH_KEY).exits(0).toml
    assert artifact["format"] == 1
    assert set(artifact["config"]) == set(artifact["provenance"]) == set(declared_fields())
    assert artifact["config"]["api_key"] == {"from": "environment", "variable": "OPENAI_API_KEY"}
    origins = {name: (p["layer"], p["origin"]) for name, p in artifact["provenance"].items()}
    assert origins["api_key"] == ("environment", "OPENAI_API_KEY")
    assert origins["model"] == ("env-file", "../.env:2")
    assert origins["timeout"] == ("flag", "--timeout")
    assert origins["base_url"] == ("default", "default")
    assert artifact["env_file"]["paths"] == ["../.env"]
    assert artifact["excluded"] == [{"variable": "DEBUG", "origin": "../.env:3"}]


@pytest.mark.parametrize(
    ("name", "format_options", "form"),
    [
        ("a.toml", [], "toml"),
        ("a.json", [], "json"),
        ("a", [], "toml"),
        ("a.json", ["--format", "toml"], "toml"),
        ("a.toml", ["--format", "json"], "json"),
    ],
)
def test_a_file_and_standard_output_get_the_same_text(
    desk: Desk, name: str, format_options: list[str], form: str
) -> None:
    outcome = desk.run("resolve", "--format", form, env=WITH_KEY).exits(0)
    written = desk.run("resolve", "-o", name, *format_options, env=WITH_KEY).exits(0)
    assert written.output == ""
    assert (desk.cwd / name).read_text() == outcome.out
    assert names_in(desk.cwd) == [name]


def test_the_same_tree_elsewhere_gives_the_same_bytes(desk: Desk) -> None:
    for app in ("work/app", "other/place/app"):
        desk.write(f"{app}/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    first = desk.run("resolve").exits(0)
    second = desk.run("resolve", cwd=desk.home / "other/place/app").exits(0)
    third = desk.run("resolve", env={"A": "1", "ZZ": "2", "LANG": "C"}).exits(0)
    assert first.out == second.out == third.out
    assert str(desk.home) not in first.out


# The output file.


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("missing/a.toml", id="missing directory"),
        pytest.param("taken", id="a directory"),
        pytest.param("loop", id="a link loop"),
    ],
)
def test_a_failed_write_leaves_no_file(desk: Desk, target: str) -> None:
    (desk.cwd / "taken").mkdir()
    (desk.cwd / "loop").symlink_to("loop")
    outcome = desk.run("resolve", "-o", target, env=WITH_KEY).exits(2)
    assert outcome.out == ""
    assert target in outcome.err
    assert names_in(desk.cwd) == ["loop", "taken"]
    assert names_in(desk.cwd / "taken") == []


def test_an_unwritable_directory_is_unchanged(open_desk: Desk) -> None:
    kept = open_desk.write("work/app/a.toml", "as it was\n")
    open_desk.cwd.chmod(0o555)
    outcome = open_desk.run("resolve", "-o", "a.toml", env=WITH_KEY, nobody=True).exits(2)
    assert "a.toml" in outcome.err
    assert outcome.out == ""
    assert kept.read_text() == "as it was\n"
    assert names_in(open_desk.cwd) == ["a.toml"]


def test_a_full_disk_leaves_the_old_file_unchanged(desk: Desk) -> None:
    kept = desk.write("work/app/a.toml", "as it was\n")
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    outcome = desk.run("resolve", "-o", "a.toml", env=WITH_KEY, before=full).exits(2)
    assert "a.toml" in outcome.err
    assert kept.read_text() == "as it was\n"
    assert names_in(desk.cwd) == ["a.toml"]


def test_a_link_outside_a_project_stays_a_link(desk: Desk) -> None:
    real = desk.write("work/shared/a.toml", "old\n")
    link = desk.home / "a.toml"
    link.symlink_to("work/shared/a.toml")
    desk.run("resolve", "-o", link, env=WITH_KEY).exits(0)
    assert str(link.readlink()) == "work/shared/a.toml"
    assert tomllib.loads(real.read_text())["config"]["auth_method"] == "openai"
    assert names_in(real.parent) == ["a.toml"]


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o664])
def test_a_file_keeps_its_mode(desk: Desk, mode: int) -> None:
    file = desk.write("work/app/a.toml", "old\n")
    file.chmod(mode)
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY).exits(0)
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert "old" not in file.read_text()


def test_a_new_file_has_the_mode_of_the_umask(desk: Desk) -> None:
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY, before="import os; os.umask(0o027)").exits(0)
    assert stat.S_IMODE((desk.cwd / "a.toml").stat().st_mode) == 0o640


def test_a_fifo_is_written_to_and_kept(desk: Desk) -> None:
    fifo = desk.cwd / "pipe"
    os.mkfifo(fifo)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(fifo.read_text()), daemon=True)
    reader.start()
    desk.run("resolve", "-o", "pipe", env=WITH_KEY).exits(0)
    reader.join(10)
    assert tomllib.loads(received[0])["format"] == 1
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_dev_stdout_is_standard_output(desk: Desk) -> None:
    plain = desk.run("resolve", env=WITH_KEY).exits(0)
    named = desk.run("resolve", "-o", "/dev/stdout", env=WITH_KEY).exits(0)
    assert named.out == plain.out


def test_dev_stdout_appends_to_a_redirected_file(desk: Desk) -> None:
    log = desk.write("work/app/log", "before\n")
    with log.open("ab") as stream:
        desk.run("resolve", "-o", "/dev/stdout", env=WITH_KEY, stdout=stream).exits(0)
    assert log.read_text().startswith("before\n")
    assert "format = 1" in log.read_text()
    assert names_in(desk.cwd) == ["log"]


def test_dev_null_stays_a_device(desk: Desk) -> None:
    desk.run("resolve", "-o", "/dev/null", env=WITH_KEY).exits(0)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116


# Incomplete configs.


def test_an_incomplete_config_is_reported_with_the_searched_places(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=mine\n")
    desk.write(".qwen/.env", f"# mine\nOPENAI_API_KEY={KEY}\n")
    kept = desk.write("work/app/a.toml", "as it was\n")
    before = desk.files()
    for argv in (["resolve"], ["resolve", "-o", "a.toml"], ["resolve", "-o", "new.toml"]):
        outcome = desk.run(*argv).exits(3)
        assert outcome.out == ""
        assert "--openai-api-key" in outcome.err
        assert "OPENAI_API_KEY" in outcome.err
        assert "./.env" in outcome.err
        assert "~/.qwen/.env:2" in outcome.err
        assert desk.files() == before
    assert kept.read_text() == "as it was\n"


def test_an_empty_variable_that_hides_the_key_is_named(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    explained = desk.run("resolve", "--explain", env={"OPENAI_API_KEY": ""}).exits(3)
    assert "QC101" in explained.out
    assert "./.env:1" in explained.out
    refused = desk.run("resolve", env={"OPENAI_API_KEY": ""}).exits(3)
    assert refused.out == ""


@pytest.mark.parametrize(
    ("argv", "code", "kind"),
    [
        (["resolve"], 3, "IncompleteError"),
        (["resolve", "-o", "a.json"], 3, "IncompleteError"),
        (["resolve", "--model", "m", "--no-such-flag"], 2, "UsageError"),
        (["resolve", "--env-file", "missing.env"], 3, "EnvFileError"),
        (["resolve", "--inline-secrets"], 2, "UsageError"),
        (["resolve", "--openai-api-key", KEY, "-o", "missing/a.json"], 2, "OutputError"),
        (["resolve", "--secret-from", "nowhere"], 2, "UsageError"),
        (["resolve", "--max-retries", "many"], 3, "IncompleteError"),
        (["resolve", "--explain", "no-such-field"], 2, "UsageError"),
        (["check", "missing.toml"], 3, "ArtifactError"),
        (["check", "missing.toml", "--artifact-only", "--update"], 2, "UsageError"),
        (["check"], 3, "ArtifactError"),
        (["envfile"], 2, "UsageError"),
    ],
)
def test_with_json_an_error_is_one_json_object(desk: Desk, argv: list[str], code: int, kind: str) -> None:
    outcome = desk.run(*argv, "--format", "json").exits(code)
    assert outcome.json["exit_code"] == code
    error = outcome.json["error"]
    assert error["class"] == kind
    assert error["message"]
    assert error["message"] in outcome.err
    assert KEY not in outcome.output
    assert desk.files() == {}
