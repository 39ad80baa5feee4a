"""`qwen-cfg resolve`: the artifact, its output file, and the errors if there is none."""

from __future__ import annotations

import json
import os
import resource
import shutil
import stat
import subprocess
import threading
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from qwen_schema import declared_fields, load

from .process import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from .process import Desk, Outcome

WITH_KEY = {"OPENAI_API_KEY": KEY}


def config(outcome: Outcome) -> dict[str, Any]:
    result: dict[str, Any] = outcome.ended(0).toml["config"]
    return result


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


# The artifact and its forms.


def test_toml_and_json_have_the_same_data(desk: Desk) -> None:
    desk.write("work/app/.env", f"DEBUG=1\nOPENAI_API_KEY={KEY}\nOPENAI_MODEL='日本'\n")
    toml = desk.run("resolve").ended(0)
    data = desk.run("resolve", "--format", "json").ended(0)
    assert toml.toml == data.json
    assert load(toml.out) == load(data.out)
    assert toml.err == data.err == ""


def test_every_field_is_written_with_its_origin(desk: Desk) -> None:
    desk.write("work/.env", "# mine\nOPENAI_MODEL=from-file\nDEBUG=1\n")
    artifact = desk.run("resolve", "--timeout", "7", env=WITH_KEY).ended(0).toml
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
    said = desk.run("resolve", "--format", form, env=WITH_KEY).ended(0)
    written = desk.run("resolve", "-o", name, *format_options, env=WITH_KEY).ended(0)
    assert written.said == ""
    assert (desk.cwd / name).read_text() == said.out
    assert names_in(desk.cwd) == [name]


def test_the_same_tree_elsewhere_gives_the_same_bytes(desk: Desk) -> None:
    for app in ("work/app", "other/place/app"):
        desk.write(f"{app}/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    first = desk.run("resolve").ended(0)
    second = desk.run("resolve", cwd=desk.home / "other/place/app").ended(0)
    third = desk.run("resolve", env={"A": "1", "ZZ": "2", "LANG": "C"}).ended(0)
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
    outcome = desk.run("resolve", "-o", target, env=WITH_KEY).ended(2)
    assert outcome.out == ""
    assert target in outcome.err
    assert names_in(desk.cwd) == ["loop", "taken"]
    assert names_in(desk.cwd / "taken") == []


def test_an_unwritable_directory_is_unchanged(open_desk: Desk) -> None:
    kept = open_desk.write("work/app/a.toml", "as it was\n")
    open_desk.cwd.chmod(0o555)
    outcome = open_desk.run("resolve", "-o", "a.toml", env=WITH_KEY, nobody=True).ended(2)
    assert "a.toml" in outcome.err
    assert outcome.out == ""
    assert kept.read_text() == "as it was\n"
    assert names_in(open_desk.cwd) == ["a.toml"]


def test_a_full_disk_leaves_the_old_file_unchanged(desk: Desk) -> None:
    kept = desk.write("work/app/a.toml", "as it was\n")
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # noqa: E731
    # Python would cache truncated modules.
    env = {**WITH_KEY, "PYTHONDONTWRITEBYTECODE": "1"}
    outcome = desk.run("resolve", "-o", "a.toml", env=env, before=full).ended(2)
    assert "a.toml" in outcome.err
    assert kept.read_text() == "as it was\n"
    assert names_in(desk.cwd) == ["a.toml"]


def test_a_link_outside_a_project_stays_a_link(desk: Desk) -> None:
    real = desk.write("work/shared/a.toml", "old\n")
    link = desk.home / "a.toml"
    link.symlink_to("work/shared/a.toml")
    desk.run("resolve", "-o", link, env=WITH_KEY).ended(0)
    assert str(link.readlink()) == "work/shared/a.toml"
    assert tomllib.loads(real.read_text())["config"]["auth_method"] == "openai"
    assert names_in(real.parent) == ["a.toml"]


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o664])
def test_a_file_keeps_its_mode(desk: Desk, mode: int) -> None:
    file = desk.write("work/app/a.toml", "old\n")
    file.chmod(mode)
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY).ended(0)
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert "old" not in file.read_text()


def test_a_new_file_has_the_mode_of_the_umask(desk: Desk) -> None:
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY, before=lambda: os.umask(0o027) and None).ended(0)
    assert stat.S_IMODE((desk.cwd / "a.toml").stat().st_mode) == 0o640


def test_a_fifo_is_written_to_and_kept(desk: Desk) -> None:
    fifo = desk.cwd / "pipe"
    os.mkfifo(fifo)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(fifo.read_text()), daemon=True)
    reader.start()
    desk.run("resolve", "-o", "pipe", env=WITH_KEY).ended(0)
    reader.join(10)
    assert tomllib.loads(received[0])["format"] == 1
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_dev_stdout_is_standard_output(desk: Desk) -> None:
    plain = desk.run("resolve", env=WITH_KEY).ended(0)
    named = desk.run("resolve", "-o", "/dev/stdout", env=WITH_KEY).ended(0)
    assert named.out == plain.out


def test_dev_stdout_appends_to_a_redirected_file(desk: Desk) -> None:
    log = desk.write("work/app/log", "before\n")
    with log.open("ab") as stream:
        desk.run("resolve", "-o", "/dev/stdout", env=WITH_KEY, stdout=stream).ended(0)
    assert log.read_text().startswith("before\n")
    assert "format = 1" in log.read_text()
    assert names_in(desk.cwd) == ["log"]


def test_dev_null_stays_a_device(desk: Desk) -> None:
    desk.run("resolve", "-o", "/dev/null", env=WITH_KEY).ended(0)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116


# Incomplete configs.


def test_an_incomplete_config_is_reported_with_the_searched_places(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=mine\n")
    desk.write(".qwen/.env", f"# mine\nOPENAI_API_KEY={KEY}\n")
    kept = desk.write("work/app/a.toml", "as it was\n")
    before = desk.files()
    for argv in (["resolve"], ["resolve", "-o", "a.toml"], ["resolve", "-o", "new.toml"]):
        outcome = desk.run(*argv).ended(3)
        assert outcome.out == ""
        assert "--openai-api-key" in outcome.err
        assert "OPENAI_API_KEY" in outcome.err
        assert "./.env" in outcome.err
        assert "~/.qwen/.env:2" in outcome.err
        assert desk.files() == before
    assert kept.read_text() == "as it was\n"


def test_an_empty_variable_that_hides_the_key_is_named(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    explained = desk.run("resolve", "--explain", env={"OPENAI_API_KEY": ""}).ended(3)
    assert "QC101" in explained.out
    assert "./.env:1" in explained.out
    refused = desk.run("resolve", env={"OPENAI_API_KEY": ""}).ended(3)
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
    outcome = desk.run(*argv, "--format", "json").ended(code)
    assert outcome.json["exit_code"] == code
    error = outcome.json["error"]
    assert error["class"] == kind
    assert error["message"]
    assert error["message"] in outcome.err
    assert KEY not in outcome.said
    assert desk.files() == {}


# The secret reference.


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("environment:CI_KEY", {"from": "environment", "variable": "CI_KEY"}),
        ("env-file:./secret.env:THE_KEY", {"from": "env-file", "path": "./secret.env", "variable": "THE_KEY"}),
        ("env-file:~/a:b.env:THE_KEY", {"from": "env-file", "path": "~/a:b.env", "variable": "THE_KEY"}),
        ("flag", {"from": "flag", "flag": "--openai-api-key"}),
        ("oauth-cache", {"from": "oauth-cache", "path": "~/.qwen/oauth_creds.json"}),
    ],
)
def test_secret_from_sets_the_reference(desk: Desk, text: str, reference: dict[str, str]) -> None:
    # There is no key, only the reference. The login is for the last reference.
    result = config(desk.run("resolve", "--secret-from", text))
    assert result["api_key"] == reference
    assert result["auth_method"] == ("qwen-oauth" if text == "oauth-cache" else "openai")


def test_secret_from_overrides_a_present_key(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    assert config(desk.run("resolve"))["api_key"]["from"] == "env-file"
    moved = desk.run("resolve", "--secret-from", "environment:OPENAI_API_KEY").ended(0).toml
    assert moved["config"]["api_key"] == {"from": "environment", "variable": "OPENAI_API_KEY"}
    assert moved["provenance"]["api_key"]["layer"] == "environment"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "environment",
        "environment:",
        "environment:1A",
        "environment:a b",
        "env-file:X",
        "env-file::X",
        KEY,
        f"environment:{KEY}",
        f"literal:{KEY}",
        "flag:x",
    ],
)
def test_an_invalid_secret_from_is_refused_and_not_shown(desk: Desk, text: str) -> None:
    outcome = desk.run("resolve", "--secret-from", text).ended(2)
    assert "environment:VARIABLE" in outcome.err
    assert KEY not in outcome.said
    assert outcome.out == ""


# Keys in the artifact.


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")


def git(desk: Desk, *argv: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.invalid", "-c", "init.defaultBranch=main"]
    env = {"PATH": os.environ["PATH"], "HOME": str(desk.home), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *argv], cwd=desk.cwd, env=env, check=True, capture_output=True)


def test_an_inlined_secret_is_only_in_a_private_file(desk: Desk) -> None:
    open_to_all = desk.write("work/app/a.toml", "old\n")
    open_to_all.chmod(0o666)
    for name in ("a.toml", "b.json"):
        outcome = desk.run("resolve", "--inline-secrets", "-o", name, env=WITH_KEY).ended(0)
        assert KEY not in outcome.said
        file = desk.cwd / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        document = json.loads(file.read_text()) if name.endswith("json") else tomllib.loads(file.read_text())
        assert document["config"]["api_key"] == {"from": "literal", "value": KEY}


@pytest.mark.parametrize("argv", [[], ["--explain"], ["-o", "pipe"], ["-o", "/dev/null"]])
def test_inlined_secrets_need_a_regular_file(desk: Desk, argv: list[str]) -> None:
    os.mkfifo(desk.cwd / "pipe")
    outcome = desk.run("resolve", "--inline-secrets", *argv, env=WITH_KEY).ended(2)
    assert KEY not in outcome.said
    assert "-o" in outcome.err


def test_inline_secrets_needs_a_key(desk: Desk) -> None:
    desk.run("resolve", "--inline-secrets", "--auth-type", "qwen-oauth", "-o", "a.toml").ended(3)
    assert desk.files() == {}


@needs_git
def test_inlined_secrets_are_refused_in_a_file_that_git_tracks(desk: Desk) -> None:
    git(desk, "init", ".")
    tracked = desk.write("work/app/tracked.toml", "as it was\n")
    desk.write("work/app/deep/er/also.toml", "as it was\n")
    git(desk, "add", ".")
    (desk.cwd / "link.toml").symlink_to("tracked.toml")
    for name in ("tracked.toml", "./deep/er/also.toml", "link.toml", str(tracked)):
        outcome = desk.run("resolve", "--inline-secrets", "-o", name, env=WITH_KEY).ended(2)
        assert "git" in outcome.err
        assert KEY not in outcome.said
    assert not any(KEY.encode() in content for content in desk.files().values())
    desk.run("resolve", "--inline-secrets", "-o", "untracked.toml", env=WITH_KEY).ended(0)
    git(desk, "commit", "-m", "x")
    tracked.unlink()
    desk.run("resolve", "--inline-secrets", "-o", "tracked.toml", env=WITH_KEY).ended(2)


@needs_git
def test_inlined_secrets_are_refused_if_the_git_status_is_unknown(desk: Desk) -> None:
    """A repository that git cannot read may track the file."""
    git(desk, "init", ".")
    tracked = desk.write("work/app/tracked.toml", "as it was\n")
    git(desk, "add", ".")
    (desk.cwd / ".git/index").write_bytes(b"broken")
    outcome = desk.run("resolve", "--inline-secrets", "-o", "tracked.toml", env=WITH_KEY)
    assert tracked.read_text() == "as it was\n"
    outcome.ended(2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
@needs_git
def test_inlined_secrets_are_refused_in_another_users_repository(desk: Desk) -> None:
    """Git refuses to read it ("dubious ownership"), as in many containers."""
    git(desk, "init", ".")
    tracked = desk.write("work/app/tracked.toml", "as it was\n")
    git(desk, "add", ".")
    for path in (desk.cwd, *desk.cwd.rglob("*")):
        os.chown(path, 65534, 65534)
    outcome = desk.run("resolve", "--inline-secrets", "-o", "tracked.toml", env=WITH_KEY)
    assert tracked.read_text() == "as it was\n"
    outcome.ended(2)


def test_without_git_inlined_secrets_are_allowed(desk: Desk) -> None:
    desk.run("resolve", "--inline-secrets", "-o", "a.toml", env={**WITH_KEY, "PATH": str(desk.home)}).ended(0)
    assert KEY in (desk.cwd / "a.toml").read_text()


# Flags and the choice of the env file.


def test_an_empty_flag_is_ignored(desk: Desk) -> None:
    flags = ["--model", "", "--openai-base-url=", "--openai-api-key", "", "--auth-type", "", "--timeout", ""]
    result = desk.run("resolve", *flags, env={**WITH_KEY, "OPENAI_MODEL": "exported"}).ended(0).toml
    assert result["config"]["model"] == "exported"
    assert result["config"]["base_url"] == "https://api.openai.com/v1"
    assert result["provenance"]["api_key"]["layer"] == "environment"


def test_every_field_has_its_flag(desk: Desk) -> None:
    flags = ["--auth-type", "openai", "--openai-api-key", KEY, "--openai-base-url", "http://h/v1", "-m", "m"]
    flags += ["--proxy", "http://p:1", "--no-proxy", "a, b", "--ca-bundle", "~/x.pem", "--timeout", "1.5"]
    flags += ["--max-retries", "0", "--debug", "--excluded-variables", "none", "--usage-statistics"]
    flags += ["--usage-statistics-endpoint", "http://collector:4318", "--qwen-oauth-url", "https://chat.qwen.ai"]
    assert config(desk.run("resolve", *flags)) == {
        "auth_method": "openai",
        "api_key": {"from": "flag", "flag": "--openai-api-key"},
        "base_url": "http://h/v1",
        "model": "m",
        "proxy": "http://p:1",
        "no_proxy": ["a", "b"],
        "ca_bundle": "~/x.pem",
        "timeout": 1.5,
        "max_retries": 0,
        "debug": True,
        "excluded_variables": [],
        "qwen_oauth_url": "https://chat.qwen.ai",
        "usage_statistics": True,
        "usage_statistics_endpoint": "http://collector:4318",
    }
    off = config(desk.run("resolve", "--no-debug", env={**WITH_KEY, "DEBUG": "1"}))
    assert off["debug"] is False


@pytest.mark.parametrize(
    "words",
    [
        ["--openai-api-keys=SECRET"],
        ["--openai-api-keys", "SECRET"],
        ["--openai-apikey", "SECRET"],
        ["--api-key=SECRET"],
        ["--openai_api_key=SECRET"],
        ["SECRET"],
        ["--model", "m", "SECRET", "SECRET"],
        ["--openai-api-key", "--model", "SECRET"],
        ["--openai-api-keySECRET"],
        ["-kSECRET"],
        ["--key:SECRET"],
        ["--debug=SECRET"],
        ["--no-env-file=SECRET"],
        ["--explain", "--openai-api-key", "x", "SECRET"],
    ],
)
@pytest.mark.parametrize("secret", ["sk-Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OQ", "correct+horse_battery"])
def test_a_usage_error_does_not_show_a_possible_key(desk: Desk, words: list[str], secret: str) -> None:
    outcome = desk.run("resolve", *(word.replace("SECRET", secret) for word in words))
    assert secret not in outcome.said
    outcome.ended(2)
    assert outcome.out == ""


def test_a_flag_with_one_dash_writes_no_file(desk: Desk) -> None:
    outcome = desk.run("resolve", f"-openai-api-key={KEY}", env=WITH_KEY)
    assert names_in(desk.cwd) == []
    assert KEY not in outcome.said


def test_a_mistyped_flag_is_named_with_the_correct_one(desk: Desk) -> None:
    assert "--openai-api-key?" in desk.run("resolve", "--openai-api-kye=x").ended(2).err


def test_an_env_file_can_be_chosen(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=searched\n")
    desk.write("work/prod.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=named\nHTTPS_PROXY=http://p:1\nDEBUG=1\n")
    artifact = desk.run("resolve", "--env-file", "../prod.env").ended(0).toml
    assert artifact["config"]["model"] == "named"
    assert artifact["env_file"] == {"chosen_by": "flag", "paths": ["../prod.env"]}
    # A chosen file has reach user, and is still a plain env file.
    assert artifact["config"]["proxy"] == "http://p:1"
    assert artifact["config"]["debug"] is False
    assert artifact["excluded"] == [{"variable": "DEBUG", "origin": "../prod.env:4"}]


def test_a_file_of_the_project_may_not_set_a_field_of_the_user(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nHTTPS_PROXY=http://p:1\n")
    outcome = desk.run("resolve").ended(0)
    assert outcome.toml["config"]["proxy"] == ""
    assert "QC107" in outcome.err
    assert "./.env:2" in outcome.err


def test_an_env_file_can_come_from_a_process_substitution(desk: Desk) -> None:
    read, write = os.pipe()
    os.write(write, f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=piped\n".encode())
    os.close(write)
    outcome = desk.run("resolve", "--env-file", f"/dev/fd/{read}", "--format", "json", pass_fds=[read]).ended(0)
    os.close(read)
    assert outcome.json["config"]["model"] == "piped"


def test_a_chosen_env_file_that_is_missing_is_an_error(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve", "--env-file", "../prod.env").ended(3)
    assert "../prod.env" in outcome.err
    assert outcome.out == ""


def test_no_env_file_reads_none(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=searched\n")
    refused = desk.run("resolve", "--no-env-file").ended(3)
    assert "./.env:1" in refused.err
    artifact = desk.run("resolve", "--no-env-file", env=WITH_KEY).ended(0).toml
    assert artifact["config"]["model"] == "gpt-4o"
    assert artifact["env_file"] == {"chosen_by": "none", "paths": []}
    desk.run("resolve", "--no-env-file", "--env-file", ".env").ended(2)


def test_the_dialect_changes_values(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=a#b\n")
    ours = desk.run("resolve").ended(0)
    assert ours.toml["config"]["model"] == "a"
    assert "QC105" in ours.err
    theirs = desk.run("resolve", "--env-dialect", "python").ended(0).toml
    assert theirs["config"]["model"] == "a#b"
    assert theirs["dialect"] == "python"


def test_the_profile_changes_values(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=project\n")
    desk.write(".qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve").ended(3)
    # Under that profile, a key alone decides no method.
    assert "method" in desk.run("resolve", "--profile", "qwen-code-0.21").ended(3).err
    openai = ["resolve", "--auth-type", "openai"]
    newer = [*openai, "--profile", "qwen-code-0.21"]
    artifact = desk.run(*newer).ended(0).toml
    assert artifact["profile"] == "qwen-code-0.21"
    assert artifact["config"]["model"] == "project"
    assert artifact["config"]["api_key"] == {"from": "env-file", "path": "~/.qwen/.env", "variable": "OPENAI_API_KEY"}
    assert desk.run(*openai, env={"QWEN_CFG_PROFILE": "qwen-code-0.21"}).ended(0).toml == artifact
    # The flag beats the variable; an empty variable is none.
    desk.run(*openai, "--profile", "documented", env={"QWEN_CFG_PROFILE": "qwen-code-0.21"}).ended(3)
    desk.run(*openai, env={"QWEN_CFG_PROFILE": ""}).ended(3)
    unknown = desk.run("resolve", env={"QWEN_CFG_PROFILE": "newest"}).ended(2)
    assert "QWEN_CFG_PROFILE" in unknown.err
    assert "qwen-code-0.21" in unknown.err
    # An env file cannot set it.
    desk.write("work/app/.env", "QWEN_CFG_PROFILE=qwen-code-0.21\n")
    desk.run(*openai).ended(3)


# The method.


def test_qwen_oauth_can_be_selected(desk: Desk) -> None:
    artifact = desk.run("resolve", env={"QWEN_OAUTH": "1"}).ended(0).toml
    assert artifact["config"]["auth_method"] == "qwen-oauth"
    assert artifact["config"]["model"] == "coder-model"
    assert artifact["config"]["api_key"] == {"from": "oauth-cache", "path": "~/.qwen/oauth_creds.json"}
    assert artifact["provenance"]["auth_method"]["origin"] == "QWEN_OAUTH"
    # A key does not change the method, a flag does, and an empty variable has no effect.
    assert config(desk.run("resolve", env={"QWEN_OAUTH": "1", **WITH_KEY}))["auth_method"] == "qwen-oauth"
    by_flag = desk.run("resolve", "--auth-type", "openai", env={"QWEN_OAUTH": "1", **WITH_KEY})
    assert config(by_flag)["auth_method"] == "openai"
    desk.run("resolve", env={"QWEN_OAUTH": ""}).ended(3)


def test_a_cached_login_decides_an_unset_method(desk: Desk) -> None:
    desk.run("resolve").ended(3)
    desk.write(".qwen/oauth_creds.json", "{}")
    assert config(desk.run("resolve"))["auth_method"] == "qwen-oauth"
    assert config(desk.run("resolve", env=WITH_KEY))["auth_method"] == "openai"
    desk.run("resolve", "--auth-type", "openai").ended(3)
    # The newer profile ignores a login, and a key alone.
    for env in ({}, WITH_KEY):
        desk.run("resolve", "--profile", "qwen-code-0.21", env=env).ended(3)


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
    outcome = desk.run("resolve", env={**WITH_KEY, variable: value}).ended(3)
    assert outcome.out == ""
    for part in (field, value, variable, "Expected ", expected):
        assert part in outcome.err
    # An env file is named with the line. (Fields of the user alone are in a file of the user.)
    file = desk.write(".qwen/.env", f"\n{variable}='{value}'\n")
    outcome = desk.run("resolve", env=WITH_KEY).ended(3)
    assert "~/.qwen/.env:2" in outcome.err
    file.unlink()


@pytest.mark.parametrize("value", [f"{KEY}\n", f" {KEY}", f"{KEY}ß", f"{KEY}\tx"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(desk: Desk, value: str) -> None:
    outcome = desk.run("resolve", env={"OPENAI_API_KEY": value}).ended(3)
    assert "api_key from environment OPENAI_API_KEY" in outcome.err
    assert KEY not in outcome.said


def test_an_invalid_value_is_not_replaced_by_a_lower_layer(desk: Desk) -> None:
    desk.write("work/app/.env", "QWEN_CFG_TIMEOUT=30\n")
    desk.run("resolve", "--timeout", "soon", env=WITH_KEY).ended(3)


def test_bytes_that_are_not_utf_8(desk: Desk) -> None:
    assert "OPENAI_MODEL" in desk.run("resolve", env={**WITH_KEY, "OPENAI_MODEL": b"\xff"}).ended(3).err
    assert "--model" in desk.run("resolve", "--model", b"\xff", env=WITH_KEY).ended(3).err


# Env files that cannot be read, or are no files.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"A=1\nOPENAI_MODEL=\xff\xfe\n", "./.env:2: the env file is not UTF-8"),
        (b"A=1\nB=2\nOPENAI_MODEL=a\x00b\n", "./.env:3: the env file contains a NUL byte"),
        (b"#" * (1024 * 1024 + 1), "./.env: the env file is over 1 MiB"),
    ],
)
def test_an_invalid_found_file_is_an_error(desk: Desk, content: bytes, said: str) -> None:
    desk.write("work/app/.env", content)
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve").ended(3)
    assert said in outcome.err
    assert outcome.out == ""


def test_an_invalid_file_that_is_not_reached_is_ignored(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    expected = desk.run("resolve").ended(0).out
    desk.write(".env", b"OPENAI_MODEL=\xff\n")
    os.mkfifo(desk.home / "work/.env")
    assert desk.run("resolve").ended(0).out == expected
    desk.run("resolve", "--explain").ended(0)


def test_an_unreadable_env_file_is_named(open_desk: Desk) -> None:
    closed = open_desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    open_desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    closed.chmod(0)
    assert "./.env: the env file cannot be read" in open_desk.run("resolve", nobody=True).ended(3).err
    closed.unlink()
    hidden = open_desk.write("work/app/.qwen/.env", "A=1\n").parent
    hidden.chmod(0)
    assert "./.qwen/.env: cannot check" in open_desk.run("resolve", nobody=True).ended(3).err


@pytest.mark.parametrize("obstacle", ["directory", "dangling link", "link loop"])
def test_a_path_that_is_no_file_is_skipped_and_reported(desk: Desk, obstacle: str) -> None:
    place = desk.cwd / ".env"
    if obstacle == "directory":
        place.mkdir()
    else:
        place.symlink_to("nowhere" if obstacle == "dangling link" else ".env")
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve").ended(0)
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
    outcome = desk.run("resolve").ended(0)
    writer.join(10)
    assert outcome.toml["config"]["model"] == "piped"
    assert outcome.toml["config"]["api_key"]["path"] == "./.env"


def test_a_fifo_without_a_writer_times_out(desk: Desk) -> None:
    os.mkfifo(desk.cwd / ".env")
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve").ended(3)
    assert "./.env" in outcome.err
    assert "FIFO" in outcome.err
