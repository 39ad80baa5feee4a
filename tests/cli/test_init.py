"""`qwen-cfg init`: sets up a project from questions or flags, and replaces nothing without `--force`."""

from __future__ import annotations

import json
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.provider import refusal

from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk


def artifact(desk: Desk, name: str = "qwen.toml") -> dict:
    return tomllib.loads((desk.cwd / name).read_text(encoding="utf-8"))


def test_flags_make_env_file_gitignore_and_artifact(desk: Desk, server: Provider) -> None:
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    flags = ["--openai-api-key", KEY, "--openai-base-url", f"{server.url}/v1", "--model", "qwen3-coder-plus"]
    outcome = desk.run("init", *flags, "--timeout", "9").exits(0)
    assert KEY not in outcome.output
    for words in ("saved in ./.qwen/.env (mode 0600)", "added .qwen/.env to ./.gitignore", "wrote qwen.toml"):
        assert words in outcome.out
    file = desk.cwd / ".qwen/.env"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert f"OPENAI_API_KEY={KEY}" in file.read_text(encoding="utf-8").replace('"', "").replace("'", "")
    document = artifact(desk)
    assert document["config"]["api_key"] == {"from": "env-file", "path": "./.qwen/.env", "variable": "OPENAI_API_KEY"}
    assert document["config"]["model"] == "qwen3-coder-plus"
    assert document["provenance"]["model"]["origin"] == "./.qwen/.env:3"
    assert document["provenance"]["timeout"]["origin"] == "--timeout"
    assert KEY not in (desk.cwd / "qwen.toml").read_text(encoding="utf-8")
    assert subprocess.run(["git", "-C", str(desk.cwd), "check-ignore", "-q", ".qwen/.env"], check=False).returncode == 0
    # The new artifact is up to date, and is used without a question.
    assert desk.run("check", "--strict", "qwen.toml").exits(0).err == ""
    assert desk.run("run", "--config", "qwen.toml", "-p", "ping").exits(0).out
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
@pytest.mark.parametrize("line", [f"OPENAI_API_KEY={KEY}", "OPENAI_MODEL=mine", "QWEN_CFG_TIMEOUT=7"])
@pytest.mark.parametrize("place", [".env", "../.env"])
def test_an_env_file_hidden_by_the_new_one_is_named(desk: Desk, profile: str, line: str, place: str) -> None:
    desk.write(f"work/app/{place}", f"{line}\n")
    flags = ["--openai-api-key", KEY, "--openai-base-url", "http://127.0.0.1:9/v1", "--model", "m"]
    outcome = desk.run("init", *flags, "--no-verify", "--profile", profile).exits(0)
    (note,) = [text for text in outcome.err.splitlines() if place in text]
    assert line.partition("=")[0] in note
    assert ".qwen/.env" in note
    assert KEY not in note


@pytest.mark.parametrize("there", [".qwen/.env", "qwen.toml"])
def test_existing_files_are_not_replaced(desk: Desk, there: str) -> None:
    desk.write(f"work/app/{there}", "# mine\n")
    before = desk.files()
    refused = desk.run("init", "--openai-api-key", KEY).exits(2)
    assert there in refused.err
    assert "already exists; nothing changed" in refused.err
    assert "qwen-cfg init --force" in refused.err
    assert desk.files() == before


def test_a_dangling_link_is_not_replaced(desk: Desk) -> None:
    (desk.cwd / "qwen.toml").symlink_to("nowhere")
    desk.run("init", "--openai-api-key", KEY).exits(2)
    assert desk.files() == {}


def test_without_a_terminal_and_a_key_init_fails(desk: Desk) -> None:
    refused = desk.run("init", "--model", "m").exits(3)
    assert "--openai-api-key" in refused.err
    assert desk.files() == {}


def test_an_exported_key_is_not_copied(desk: Desk) -> None:
    desk.run("init", "--no-verify", "--model", "m", "-o", "a.json", env={"OPENAI_API_KEY": KEY}).exits(0)
    assert "OPENAI_MODEL" in (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")
    assert KEY.encode() not in b"".join(desk.files().values())
    written = desk.run("check", "a.json", "--artifact-only").exits(0)
    assert "valid" in written.out


def test_a_typed_endpoint_needs_no_approval(desk: Desk, server: Provider) -> None:
    """The key is exported, and the user has just written the endpoint to the project's file."""
    there = "http://models.corp.example/v1"
    env = {"OPENAI_API_KEY": KEY, "HTTP_PROXY": server.url}
    desk.run("init", "--openai-base-url", there, env=env).exits(0)
    desk.run("run", "-p", "ping", env=env).exits(0)
    assert server.take_requests()[0].headers["host"] == "models.corp.example"


def test_a_pointer_to_a_key_is_written_unchanged(desk: Desk) -> None:
    desk.run("init", "--no-verify", "--openai-api-key", "keyring:qwen/me").exits(0)
    assert "keyring:qwen/me" in (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")
    assert artifact(desk)["config"]["api_key"] == {"from": "keyring", "service": "qwen", "name": "me"}


def test_an_invalid_value_writes_no_artifact(desk: Desk) -> None:
    refused = desk.run("init", "--openai-api-key", KEY, "--openai-base-url", "nonsense").exits(3)
    assert "base_url" in refused.err
    assert desk.files() == {}


def test_in_a_terminal_init_asks(desk: Desk, server: Provider) -> None:
    with Typing(desk, "init", height=60, env={"OPENAI_MODEL": "from-the-shell"}) as person:
        for keys, wanted in (
            ("8\r", "Provider ["),
            ("\x15" + f"{server.url}/v1\r", "Base URL"),
            (f"{KEY}\r", "API key ("),
            ("\r", "Model ["),
        ):
            person.until(wanted)
            person.type(keys)
        person.until("wrote qwen.toml")
        assert person.exit_code() == 0
        assert KEY.encode() not in person.raw
    assert artifact(desk)["config"]["base_url"] == f"{server.url}/v1"
    assert artifact(desk)["config"]["model"] == "from-the-shell"
    assert "OPENAI_MODEL=from-the-shell" in (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")


def test_a_cancelled_init_leaves_no_files(desk: Desk) -> None:
    with Typing(desk, "init") as person:
        person.until("Provider [")
        person.type("\r")
        person.until("Base URL [")
        person.type("\r")
        person.until("API key (")
        person.type("\x03")
        assert person.exit_code() == 3
    assert desk.files() == {}


# Without a terminal: the values of flags are tested, and failing ones are not written.

OPENROUTER_KEY = "sk-or-v1-0123456789abcdefghijklmnopqrstuvwxyz"


def saved_variables(desk: Desk) -> str:
    return (desk.cwd / ".qwen/.env").read_text(encoding="utf-8").replace('"', "").replace("'", "")


def test_the_test_of_the_values_is_reported(desk: Desk, server: Provider) -> None:
    flags = ["--openai-api-key", KEY, "--openai-base-url", f"{server.url}/v1"]
    listed = desk.run("init", *flags, "--model", "gpt-4o-mini").exits(0)
    assert (
        f"tested: 127.0.0.1:{server.port} lists the model gpt-4o-mini; whether it checks the key for that" in listed.out
    )
    assert [request.path for request in server.take_requests()] == ["/v1/models"]
    outcome = desk.run("init", "--force", *flags, "--model", "mine").exits(0)
    assert "accepts the key, and the model mine answers" in outcome.out
    assert [request.path for request in server.take_requests()] == ["/v1/models", "/v1/chat/completions"]
    assert KEY not in listed.output + outcome.output


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("refuses", 4, "refused the key"),
        ("fails", 6, "500"),
        ("html", 6, "a web page"),
        ("gone", 6, "no server listens"),
    ],
)
def test_failing_values_are_not_written(desk: Desk, server: Provider, how: str, code: int, words: str) -> None:
    url = "http://127.0.0.1:1/v1" if how == "gone" else f"{server.url}/{how}"
    flags = ["--openai-api-key", KEY, "--openai-base-url", url, "--model", "m"]
    refused = desk.run("init", *flags).exits(code)
    assert words in refused.err
    assert "Nothing was written. To skip the test: --no-verify" in refused.err
    assert KEY not in refused.output
    assert desk.files() == {}
    desk.run("init", "--no-verify", *flags).exits(0)
    assert f"OPENAI_BASE_URL={url}" in saved_variables(desk)


@pytest.mark.parametrize("source", ["OPENAI_BASE_URL", "--openai-base-url"])
def test_a_failure_names_the_origin_of_the_base_url(desk: Desk, source: str) -> None:
    url = "http://127.0.0.1:1/v1"
    is_flag = source.startswith("--")
    flags = ["--openai-api-key", KEY, *([source, url] if is_flag else [])]
    refused = desk.run("init", *flags, env={} if is_flag else {source: url}).exits(6)
    assert f"(base_url from {source if is_flag else 'environment OPENAI_BASE_URL'})" in refused.err


def test_an_unknown_model_is_not_written(desk: Desk, server: Provider) -> None:
    server.replies.append(refusal(404, "The model `nope` does not exist", code="model_not_found"))
    flags = ["--openai-api-key", KEY, "--openai-base-url", f"{server.url}/v1"]
    assert "nope" in desk.run("init", *flags, "--model", "nope").exits(6).err
    assert desk.files() == {}


def test_a_named_provider_sets_url_model_and_key(desk: Desk) -> None:
    env = {"OPENROUTER_API_KEY": OPENROUTER_KEY}
    outcome = desk.run("init", "--provider", "openrouter", "--no-verify", env=env).exits(0)
    assert OPENROUTER_KEY not in outcome.output
    assert sorted(saved_variables(desk).splitlines()) == [
        f"OPENAI_API_KEY={OPENROUTER_KEY}",
        "OPENAI_BASE_URL=https://openrouter.ai/api/v1",
        "OPENAI_MODEL=qwen/qwen3-coder",
    ]


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--provider", "azure"], 2, "https://RESOURCE.openai.azure.com/openai/v1"),
        (["--provider", "other"], 2, "needs a base URL"),
        (["--provider", "openai", "--openai-base-url", "https://openrouter.ai/api/v1"], 2, "OpenRouter's"),
        (["--provider", "openrouter"], 3, "begins like the keys of OpenAI"),
        (["--provider", "opnerouter"], 2, "openrouter"),
        (["--provider", "qwen-oauth"], 3, "no Qwen OAuth login"),
    ],
)
def test_a_provider_that_contradicts_other_flags_is_refused(
    desk: Desk, flags: list[str], code: int, words: str
) -> None:
    key = "sk-proj-0123456789abcdefghijklmnopqr"
    refused = desk.run("init", *flags, env={"OPENAI_API_KEY": key}).exits(code)
    assert words in refused.err
    assert key not in refused.output
    assert desk.files() == {}


@pytest.mark.parametrize("source", ["-", "MY_KEY", "OPENAI_API_KEY"])
def test_the_key_from_a_variable_or_from_standard_input(desk: Desk, server: Provider, source: str) -> None:
    env = {} if source == "-" else {source: KEY}
    flags = ["--key-from", source, "--openai-base-url", f"{server.url}/v1", "--model", "gpt-4o"]
    outcome = desk.run("init", *flags, env=env, stdin=f"{KEY}\r\nmore\n".encode()).exits(0)
    assert KEY not in outcome.output
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"
    assert (f"OPENAI_API_KEY={KEY}" in saved_variables(desk)) == (source != "OPENAI_API_KEY")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("-", "no key on standard input"),
        ("OPENROUTER_API_KYE", "OPENROUTER_API_KEY"),
        (KEY, "expected the name of a variable"),
        ("a b", "expected the name of a variable"),
    ],
)
def test_an_empty_source_of_the_key_is_an_error(desk: Desk, source: str, words: str) -> None:
    refused = desk.run("init", "--key-from", source, env={"OPENROUTER_API_KEY": KEY}).exits(2)
    assert words in refused.err
    assert KEY not in refused.output
    assert desk.files() == {}


@pytest.mark.parametrize("key", [OPENROUTER_KEY, "https://api.openai.com/v1", f"{KEY} # mine", "sk-your-key"])
def test_a_flag_with_an_invalid_key_is_refused(desk: Desk, key: str) -> None:
    refused = desk.run("init", "--openai-api-key", key).exits(3)
    assert "this cannot be the API key" in refused.err
    assert "--openai-api-key" in refused.err
    assert key not in refused.output
    assert desk.files() == {}


def test_a_key_is_not_sent_to_an_endpoint_of_the_projects_files(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", "OPENAI_BASE_URL=http://stranger.example/v1\n")
    outcome = desk.run("init", env={"OPENAI_API_KEY": KEY, "HTTP_PROXY": server.url}).exits(0)
    assert "not tested: " in outcome.err
    assert server.take_requests() == []


# Replacing.


def test_force_replaces_and_reports_it(desk: Desk, server: Provider) -> None:
    flags = ["--openai-base-url", f"{server.url}/v1", "--model", "gpt-4o"]
    text = f"# mine\nOTHER=1\nOPENAI_API_KEY={KEY}\nOPENAI_MODEL=old\nOPENAI_BASE_URL=x\n"
    desk.write("work/app/.qwen/.env", text)
    desk.write("work/app/qwen.toml", "# mine\n")
    outcome = desk.run("init", "--force", "--key-from", "-", *flags, stdin=OPENROUTER_KEY.encode()).exits(0)
    assert "replaced OPENAI_MODEL in ./.qwen/.env:4, which was old" in outcome.out
    assert "replaced OPENAI_API_KEY in ./.qwen/.env:3, which was sk-0…wxyz (39 characters)" in outcome.out
    assert "replaced qwen.toml" in outcome.out
    for key in (KEY, OPENROUTER_KEY):
        assert key not in outcome.output
    expected = ["# mine", "OTHER=1", f"OPENAI_API_KEY={OPENROUTER_KEY}", "OPENAI_MODEL=gpt-4o"]
    assert saved_variables(desk).splitlines() == [*expected, f"OPENAI_BASE_URL={server.url}/v1"]
    assert artifact(desk)["config"]["model"] == "gpt-4o"


def test_force_does_not_write_a_key_beside_a_login(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", "QWEN_OAUTH=1\n")
    before = desk.files()
    refused = desk.run("init", "--force", "--no-verify", "--openai-api-key", KEY).exits(3)
    assert "./.qwen/.env:1: QWEN_OAUTH selects Qwen OAuth" in refused.err
    assert desk.files() == before


def test_an_existing_login_can_be_chosen_without_a_terminal(desk: Desk) -> None:
    login = {"access_token": "token-0123456789", "token_type": "Bearer", "refresh_token": "r", "expiry_date": 1}
    desk.write(".qwen/oauth_creds.json", json.dumps(login))
    outcome = desk.run("init", "--provider", "qwen-oauth").exits(0)
    assert "not tested" in outcome.err
    assert saved_variables(desk) == "QWEN_OAUTH=1\n"
    assert artifact(desk)["config"]["auth_method"] == "qwen-oauth"


# Either everything is written, or nothing.

INCOMPLETE = {
    "another method": '{"security": {"auth": {"selectedType": "gemini"}}}',
    "no such method": '{"security": {"auth": {"selectedType": "magic"}}}',
}


@pytest.mark.parametrize("settings", INCOMPLETE.values(), ids=INCOMPLETE.keys())
@pytest.mark.parametrize("ignored", [None, "dist\n"])
def test_an_incomplete_config_is_not_partly_written(desk: Desk, settings: str, ignored: str | None) -> None:
    desk.write(".qwen/settings.json", settings)
    if ignored is not None:
        desk.write("work/app/.gitignore", ignored)
    argv = ["init", "--profile", "qwen-code-0.21", "--openai-api-key", KEY, "--no-verify"]
    before = desk.files()
    for _ in range(2):
        outcome = desk.run(*argv).exits(3)
        assert "Nothing was written." in outcome.err
        assert outcome.out == ""
        assert {path: content for path, content in desk.files().items() if ".local" not in path} == before
    assert not (desk.cwd / ".qwen").exists()
    desk.write(".qwen/settings.json", "{}")
    desk.run(*argv).exits(0)


def test_replaced_files_are_restored_after_a_failure(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", "# mine\nOPENAI_MODEL=m\n")
    desk.write("work/app/qwen.toml", "old")
    desk.write(".qwen/settings.json", INCOMPLETE["another method"])
    before = desk.files()
    argv = ["init", "--force", "--profile", "qwen-code-0.21", "--openai-api-key", KEY, "--no-verify", "--model", "x"]
    assert "Nothing was written." in desk.run(*argv).exits(3).err
    assert {path: content for path, content in desk.files().items() if ".local" not in path} == before


@pytest.mark.parametrize("output", ["taken", "missing/qwen.toml"])
def test_an_unwritable_path_is_noticed_before_a_request(desk: Desk, server: Provider, output: str) -> None:
    (desk.cwd / "taken").mkdir()
    server.take_requests()
    flags = ["--force", "--openai-api-key", KEY, "--openai-base-url", f"{server.url}/v1", "--model", "mine"]
    desk.run("init", "-o", output, *flags).exits(2)
    assert server.take_requests() == []
    assert desk.files() == {}


def test_an_unwritable_directory_is_noticed_before_a_request(open_desk: Desk, server: Provider) -> None:
    (open_desk.cwd / "locked").mkdir(mode=0o555)
    open_desk.cwd.chmod(0o777)
    server.take_requests()
    flags = ["--openai-api-key", KEY, "--openai-base-url", f"{server.url}/v1", "--model", "mine"]
    outcome = open_desk.run("init", "-o", "locked/qwen.toml", *flags, nobody=True).exits(2)
    assert "locked: this directory is not writable" in outcome.err
    assert server.take_requests() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", "`m`"), ("model", "<model>"), ("model", "m;"), ("base_url", "https://a.example/<name>/v1")],
)
def test_set_warns_of_remaining_values(desk: Desk, field: str, value: str) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\nOPENAI_BASE_URL=https://a.example/v1\n")
    outcome = desk.run("set", field, value, "--profile", "documented")
    assert "QC134 warning: " in outcome.err
    assert value not in outcome.err.splitlines()[0]
    assert "QC134" not in desk.run("set", "model", "plain", "--profile", "documented").exits(0).err
