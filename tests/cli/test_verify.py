"""`qwen-cfg verify`: a real process sends its request to a recorder on loopback, and no file of the user changes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from support import stand_in
from support.installations import npm_global, write_program

from qwen_cfg.explanation.schemas import read_schema

from .process import KEY, clean_environment
from .running import Running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .process import Desk, Outcome

OTHER = "sk-other-0123456789abcdefghijklmnopqrstuvwx"
URL = "https://h.example/v1"
METHOD = {"security": {"auth": {"selectedType": "openai"}}, "$version": 4}


def with_qwen(desk: Desk, **env: str) -> dict[str, str]:
    directory = desk.home / "npm/bin"
    if not directory.exists():
        stand_in.install(desk.home / "npm")
    return {"PATH": f"{directory}:{os.environ['PATH']}", **env}


def environment_with_endpoint(desk: Desk, url: str = URL, **more: str) -> dict[str, str]:
    """Return an environment with an endpoint in it."""
    return with_qwen(desk, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=url, OPENAI_MODEL="m", **more)


PRINTED = Draft202012Validator(read_schema("verify"))


def verify(desk: Desk, *words: str, env: Mapping[str, str], code: int = 0) -> dict[str, Any]:
    outcome = desk.run("verify", "--format", "json", *words, env=env).exits(code)
    assert KEY not in outcome.output
    assert OTHER not in outcome.output
    assert [error.message for error in PRINTED.iter_errors(outcome.json)] == []
    assert outcome.json["exit_code"] == code
    return outcome.json  # type: ignore[no-any-return]


def by_field(found: dict[str, Any]) -> dict[str, bool]:
    return {one["field"]: one["agrees"] for one in found["fields"]}


def files_left(desk: Desk) -> list[str]:
    """Return the files that a run left in the state directory, except the lock."""
    return [path.name for path in (desk.home / ".local/state/qwen-cfg/started").iterdir() if path.name != "lock"]


@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:9/v1", "http://h.example/v1/", "https://h.example:8443/a%20b"])
def test_verify_agrees_with_and_without_tls(desk: Desk, url: str) -> None:
    found = verify(desk, env=environment_with_endpoint(desk, url))
    assert found["verdict"] == "agrees"
    assert by_field(found) == dict.fromkeys(("auth_method", "api_key", "base_url", "model"), True)
    assert (found["version"], found["exit_status"], found["timed_out"]) == ("0.24.4", 0, False)


def test_the_screen_names_each_field_with_its_origin_and_the_refused_hosts(desk: Desk) -> None:
    out = desk.run("verify", env=environment_with_endpoint(desk)).exits(0).out
    assert "api_key     agrees   sk-0…wxyz" in out
    assert "(environment OPENAI_BASE_URL)" in out
    assert "refused   telemetry.example" in out
    assert out.splitlines()[-1] == "agrees: Qwen Code does what --explain says"
    assert KEY not in out


@pytest.mark.parametrize("method", ["openai", "openai-responses", "anthropic", "gemini"])
def test_every_protocol_is_read(desk: Desk, method: str) -> None:
    names = {"anthropic": "ANTHROPIC", "gemini": "GEMINI"}
    variables = {f"{names.get(method, 'OPENAI')}_API_KEY": KEY, f"{names.get(method, 'OPENAI')}_MODEL": "m"}
    urls = {"anthropic": "ANTHROPIC_BASE_URL", "gemini": "GOOGLE_GEMINI_BASE_URL"}
    variables[urls.get(method, "OPENAI_BASE_URL")] = URL
    found = verify(desk, "--", "qwen", "--auth-type", method, env=with_qwen(desk, **variables))
    assert by_field(found) == dict.fromkeys(("auth_method", "api_key", "base_url", "model"), True)


def test_env_files_and_settings_of_all_scopes_are_read(desk: Desk) -> None:
    entry = {"id": "e", "envKey": "MINE", "baseUrl": f"{URL}/entry"}
    settings = {**METHOD, "model": {"name": "e"}, "modelProviders": {"openai": [entry]}}
    desk.write(".qwen/settings.json", json.dumps(settings))
    desk.write(".qwen/.env", f"MINE={KEY}\n")
    place = desk.write("machine/settings.json", json.dumps({"$version": 4, "model": {"baseUrl": f"{URL}/entry"}}))
    found = verify(desk, env=with_qwen(desk, QWEN_CODE_SYSTEM_SETTINGS_PATH=str(place)))
    assert [one.get("sent") for one in found["fields"]] == ["openai", None, f"{URL}/entry", "e"]


@pytest.mark.parametrize(
    ("lie", "wrong"),
    [
        ({"api_key": OTHER}, "api_key"),
        ({"base_url": "https://evil.example/v1"}, "base_url"),
        ({"base_url": "http://h.example/v1"}, "base_url"),
        ({"base_url": "https://h.example:444/v1"}, "base_url"),
        ({"base_url": "https://h.example/V1"}, "base_url"),
        ({"model": "M"}, "model"),
        ({"protocol": "anthropic"}, "auth_method"),
    ],
)
def test_differences_are_named(desk: Desk, lie: dict[str, str], wrong: str) -> None:
    env = environment_with_endpoint(desk, **{stand_in.LIE: json.dumps(lie)})
    found = verify(desk, env=env, code=1)
    assert found["verdict"] == "differs"
    assert [name for name, agrees in by_field(found).items() if not agrees][:1] == [wrong]
    out = desk.run("verify", env=env).exits(1).out
    assert out.splitlines()[-1].startswith("differs")
    assert OTHER not in out


@pytest.mark.parametrize(
    ("settings", "stop"),
    [
        ({}, "no authentication method"),
        (METHOD, "API key is missing"),
        ({"security": {"auth": {"selectedType": "qwen-oauth"}}}, "discontinued"),
        ({"security": {"auth": {"selectedType": "openai", "enforcedType": "gemini", "apiKey": "k"}}}, "only gemini"),
        ("{", "Qwen Code would stop here"),
    ],
)
def test_without_a_request_nothing_agrees(desk: Desk, settings: Any, stop: str) -> None:
    desk.write(".qwen/settings.json", settings if isinstance(settings, str) else json.dumps(settings))
    found = verify(desk, env=with_qwen(desk))
    assert (found["verdict"], found["fields"]) == ("agrees", [])
    assert stop in found["expected_stop"]
    assert "no request, as expected" in desk.run("verify", env=with_qwen(desk)).exits(0).out


def test_a_program_that_ends_without_a_request_is_reported(desk: Desk) -> None:
    assert (
        verify(desk, env=environment_with_endpoint(desk, **{stand_in.SILENT: "1"}), code=1)["verdict"] == "no request"
    )
    out = desk.run("verify", env=environment_with_endpoint(desk, **{stand_in.BREAK: "1"})).exits(1).out
    assert "it ended with exit status 1" in out
    assert "its last output: boom" in out
    assert "possible reason: it does not work here, or it stopped for a reason that --explain does not know" in out
    assert "possible reason: it does not use the proxy variables" in out


def test_a_program_that_rejects_the_certificate_is_reported(desk: Desk) -> None:
    found = verify(desk, env=environment_with_endpoint(desk, **{stand_in.DISTRUST: "1"}), code=1)
    assert found["verdict"] == "no request"
    assert "h.example:443" in found["distrusted"]
    assert any("NODE_EXTRA_CA_CERTS" in reason for reason in found["possible_reasons"])
    assert not any("proxy variables" in reason for reason in found["possible_reasons"])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_program_that_hangs_is_ended_with_its_children(desk: Desk) -> None:
    child = desk.home / "child"
    found = verify(
        desk, "--time-limit", "3", env=environment_with_endpoint(desk, **{stand_in.HANG: str(child)}), code=1
    )
    assert (found["timed_out"], found["exit_status"]) == (True, None)
    assert "--time-limit" in found["possible_reasons"][0]
    wait_until(lambda: not is_alive(int(child.read_text())))
    assert files_left(desk) == []


def start_with_hanging_program(desk: Desk, child: Path) -> Running:
    """Start `verify` with a program that hangs, and wait until the program has written its process id to a file."""
    environment = clean_environment(desk.home, environment_with_endpoint(desk, **{stand_in.HANG: str(child)}))
    running = Running("verify", cwd=desk.cwd, environment=environment, stdout=DEVNULL, stderr=DEVNULL)
    wait_until(lambda: child.exists() and child.read_text())
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_and_restores_everything(desk: Desk, number: signal.Signals) -> None:
    child = desk.home / "child"
    old = desk.write("work/app/.qwen/settings.json", '{"selectedAuthType": "openai"}')
    with start_with_hanging_program(desk, child) as running:
        running.send_signal(number)
        assert running.wait(20) == 128 + number
    wait_until(lambda: not is_alive(int(child.read_text())))
    assert files_left(desk) == []
    assert old.read_text() == '{"selectedAuthType": "openai"}'


def test_the_next_start_removes_files_of_a_killed_run(desk: Desk) -> None:
    child = desk.home / "child"
    with start_with_hanging_program(desk, child) as running:
        running.kill()
        running.wait()
    assert len(files_left(desk)) == 1
    group = int(Path(f"/proc/{child.read_text()}/stat").read_text().rpartition(")")[2].split()[2])
    os.killpg(group, signal.SIGKILL)
    verify(desk, env=environment_with_endpoint(desk))
    assert files_left(desk) == []


def test_no_file_of_the_user_changes(desk: Desk) -> None:
    old = json.dumps({"selectedAuthType": "openai", "model": "m"})
    files = [desk.write(path, old) for path in (".qwen/settings.json", "work/app/.qwen/settings.json", "sys/s.json")]
    desk.write(".qwen/oauth_creds.json", "{}")
    desk.write(".qwen/notes/one", "1")
    env = environment_with_endpoint(desk, QWEN_CODE_SYSTEM_SETTINGS_PATH=str(files[2]))
    files[1].chmod(0o640)
    before, stamps = desk.files(), [(f.stat().st_mode, f.stat().st_mtime_ns, f.stat().st_ino) for f in files]
    found = verify(desk, env=env)
    after = {name: text for name, text in desk.files().items() if not name.startswith(".local/state/")}
    assert after == before
    assert [(f.stat().st_mode, f.stat().st_mtime_ns, f.stat().st_ino) for f in files] == stamps
    assert found["notices"] == ["restored: .qwen/settings.json", "restored: .qwen/settings.json.orig"]
    assert files_left(desk) == []


@pytest.mark.parametrize("link", [".qwen", ".qwen/settings.json"])
def test_nothing_is_restored_through_a_link(desk: Desk, link: str) -> None:
    target = desk.write("elsewhere/settings.json", json.dumps({"selectedAuthType": "openai", "model": "m"}))
    (desk.cwd / link).parent.mkdir(exist_ok=True)
    (desk.cwd / link).symlink_to(target.parent if link == ".qwen" else target)
    found = verify(desk, env=environment_with_endpoint(desk))
    assert "$version" in target.read_text()
    assert [notice for notice in found["notices"] if "restored" in notice] == [
        f"not restored: {desk.cwd}/.qwen/settings.json: it is reached by a link"
    ]


def test_a_workspace_without_qwen_directory_gets_none(desk: Desk) -> None:
    verify(desk, env=environment_with_endpoint(desk))
    assert not (desk.cwd / ".qwen").exists()
    assert not (desk.home / ".qwen").exists()


def test_a_moved_qwen_home_is_copied(desk: Desk) -> None:
    moved = desk.write("moved/settings.json", json.dumps({**METHOD, "model": {"name": "moved"}})).parent
    desk.write("moved/.env", f"OPENAI_API_KEY={KEY}\n")
    env = with_qwen(desk, QWEN_HOME=str(moved), OPENAI_BASE_URL=URL)
    before = desk.files()
    assert verify(desk, env=env)["fields"][-1]["sent"] == "moved"
    assert {n: t for n, t in desk.files().items() if not n.startswith(".local")} == before


def test_folder_trust_counts(desk: Desk) -> None:
    desk.write(
        ".qwen/settings.json",
        json.dumps({**METHOD, "security": {**METHOD["security"], "folderTrust": {"enabled": True}}}),
    )
    desk.write(".qwen/trustedFolders.json", json.dumps({str(desk.cwd): "TRUST_FOLDER"}))
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={URL}\n")
    assert verify(desk, env=with_qwen(desk))["fields"][2]["sent"] == URL


@pytest.mark.parametrize("place", ["user", "workspace", "flag"])
def test_a_proxy_that_bypasses_the_recorder_is_reported(desk: Desk, place: str) -> None:
    words: tuple[str, ...] = ()
    if place == "flag":
        words = ("--", "qwen", "--proxy", "http://other.example:1")
    else:
        path = ".qwen/settings.json" if place == "user" else "work/app/.qwen/settings.json"
        desk.write(path, json.dumps({**METHOD, "proxy": "http://other.example:1"}))
    outcome = desk.run("verify", *words, env=environment_with_endpoint(desk)).exits(3)
    assert "instead of the recorder" in outcome.err
    assert ("--proxy" if place == "flag" else "settings.json:1") in outcome.err
    assert "Nothing was started" in outcome.err


@pytest.mark.parametrize("where", ["environment", "env file"])
def test_omitted_no_proxy_hosts_are_reported(desk: Desk, where: str) -> None:
    env = environment_with_endpoint(desk, **({"NO_PROXY": "h.example"} if where == "environment" else {}))
    if where != "environment":
        desk.write("work/app/.env", "NO_PROXY=*\nno_proxy=*\n")
    found = verify(desk, env=env)
    assert found["verdict"] == "agrees"
    assert any("NO_PROXY" in notice for notice in found["notices"]) == (where == "environment")


def test_a_proxy_of_the_environment_is_replaced(desk: Desk) -> None:
    assert verify(
        desk, env=environment_with_endpoint(desk, https_proxy="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9")
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"mcpServers": {"x": {"command": "touch"}}},
        {"tools": {"discoveryCommand": "x"}},
        {"hooks": {"SessionStart": []}},
        {"tools": {"sandbox": "docker"}},
        {"tools": {"sandboxImage": "stranger.example/image"}},
        {"sandbox": True},
        {"tools": {"approvalMode": "yolo"}},
        {"telemetry": {"otlpEndpoint": "http://127.0.0.1:9"}},
        {"env": {"QWEN_TELEMETRY_ENABLED": "1"}},
        {"env": {"GIT_TRACE2_EVENT": "${HOME}/.bashrc"}},
        {"tools": {"shell": {"pager": "./pager.sh"}}},
        {"dualOutput": {"jsonFile": "out"}},
        {"permissions": {"allow": ["Bash"]}},
    ],
    ids=json.dumps,
)
def test_programs_of_a_project_are_not_started_without_a_question(desk: Desk, settings: dict[str, Any]) -> None:
    desk.write("work/app/.qwen/settings.json", json.dumps({"$version": 4, **settings}))
    outcome = desk.run("verify", env=environment_with_endpoint(desk)).exits(5)
    assert next(iter(settings)) in outcome.err
    assert verify(desk, "--trust-project", env=environment_with_endpoint(desk))["verdict"] == "agrees"


@pytest.mark.parametrize(
    ("settings", "place"),
    [("{}", "work/app/.env"), ("{}", "work/app/.qwen/.env"), ('{"env": "no object"}', "work/app/.env")],
)
def test_programs_of_an_env_file_are_not_started_without_a_question(desk: Desk, settings: str, place: str) -> None:
    desk.write("work/app/.qwen/settings.json", settings)
    desk.write(place, "QWEN_CODE_IDE_SERVER_STDIO_COMMAND=./ide.sh\n")
    outcome = desk.run("verify", env=environment_with_endpoint(desk)).exits(5)
    assert "QWEN_CODE_IDE_SERVER_STDIO_COMMAND" in outcome.err
    assert "Nothing was started" in outcome.err


def test_unreadable_settings_are_not_passed_to_the_program(desk: Desk) -> None:
    desk.write("work/app/.qwen/settings.json", json.dumps({"hooks": {"SessionStart": []}, "x": "x" * 5_000_000}))
    outcome = desk.run("verify", env=environment_with_endpoint(desk)).exits(3)
    assert "./.qwen/settings.json" in outcome.err
    assert "Nothing was started" in outcome.err


def test_settings_without_programs_need_no_approval(desk: Desk) -> None:
    settings = {"$version": 4, "hooks": {}, "mcpServers": {}, "tools": {"sandbox": False}}
    desk.write("work/app/.qwen/settings.json", json.dumps(settings))
    assert verify(desk, env=environment_with_endpoint(desk))["verdict"] == "agrees"


def verify_is_refused(desk: Desk, *words: str, env: Mapping[str, str]) -> Outcome:
    return desk.run("verify", *words, env=env).exits(2)


def test_without_qwen_code_the_error_says_what_to_install(desk: Desk) -> None:
    assert "npm install -g @qwen-code/qwen-code" in verify_is_refused(desk, env={"OPENAI_API_KEY": KEY}).err


def test_a_qwen_code_that_does_not_start_or_crashes_is_reported(desk: Desk) -> None:
    env = environment_with_endpoint(desk)
    program = Path(os.path.realpath(desk.home / "npm/bin/qwen"))
    write_program(program, "#!/nowhere/node\n")
    assert "The interpreter that its first line names" in verify_is_refused(desk, env=env).err
    assert files_left(desk) == []
    write_program(program, "#!/bin/sh\nkill -SEGV $$\n")
    assert "no request reached the recorder: signal 11 ended it" in desk.run("verify", env=env).exits(1).out


def test_another_program_is_not_started(desk: Desk) -> None:
    mark = desk.cwd / "made"
    err = verify_is_refused(desk, "--", "touch", str(mark), env=environment_with_endpoint(desk)).err
    assert "Name Qwen Code: another program" in err
    write_program(desk.home / "bin/qwen", f"#!/bin/sh\ntouch {mark}\n")
    assert (
        "Name Qwen Code"
        in verify_is_refused(desk, env=environment_with_endpoint(desk, PATH=f"{desk.home}/bin:/bin")).err
    )
    assert not mark.exists()


def test_an_older_qwen_code_is_refused(desk: Desk) -> None:
    directory = npm_global(desk.home / "old", "0.15.10")
    err = verify_is_refused(desk, env=environment_with_endpoint(desk, PATH=f"{directory}:{os.environ['PATH']}")).err
    assert "0.15.10 cannot be verified" in err


@pytest.mark.parametrize("words", [("--time-limit", "0"), ("--time-limit", "x"), ("--time-limit", "601"), ("qwen",)])
def test_wrong_arguments_are_refused(desk: Desk, words: tuple[str, ...]) -> None:
    verify_is_refused(desk, *words, env=environment_with_endpoint(desk))


@pytest.mark.parametrize("value", ["0", "x", "601"])
def test_a_wrong_value_is_explained_after_the_name_of_its_option(desk: Desk, value: str) -> None:
    err = verify_is_refused(desk, "--time-limit", value, env=environment_with_endpoint(desk)).err
    assert err.startswith("qwen-cfg: --time-limit: expected seconds, more than 0 and at most 600\n")


def test_an_unknown_option_is_named_without_its_value(desk: Desk) -> None:
    assert (
        "'--timeout'"
        in verify_is_refused(desk, "--timeout", "5", "--", "qwen", env=environment_with_endpoint(desk)).err
    )


def test_an_error_in_the_json_format(desk: Desk) -> None:
    outcome = desk.run("verify", "--format", "json", env={"OPENAI_API_KEY": KEY}).exits(2)
    assert outcome.json["error"]["class"] == "UsageError"


def test_arguments_apply_to_both_sides(desk: Desk) -> None:
    found = verify(
        desk,
        "--",
        "qwen",
        "--model",
        "typed",
        "--openai-base-url=https://t.example/v1",
        env=environment_with_endpoint(desk),
    )
    assert [one["sent"] for one in found["fields"][2:]] == ["https://t.example/v1", "typed"]


def test_without_the_library_only_tls_is_unavailable(desk: Desk) -> None:
    desk.write("without/cryptography/__init__.py", "raise ImportError\n")
    env = {"PYTHONPATH": str(desk.home / "without")}
    # The stand-in runs in a Python that does not need the library.
    outcome = desk.run("verify", env=environment_with_endpoint(desk, **env)).exits(3)
    assert "pip install cryptography, or pipx inject qwen-cfg cryptography" in outcome.err
    found = verify(desk, env=environment_with_endpoint(desk, "http://h.example/v1", **env))
    assert found["verdict"] == "agrees"
    assert "telemetry.example:443" in found["refused"]


def test_a_full_pipe_stops_nothing(desk: Desk) -> None:
    env = environment_with_endpoint(desk)
    program = Path(os.path.realpath(desk.home / "npm/bin/qwen"))
    program.write_text(f"#!{sys.executable}\nprint('x' * 1000000)\n")
    assert verify(desk, env=env, code=1)["exit_status"] == 0
