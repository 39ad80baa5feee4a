"""Pointers to keys: a pointer is no secret, and the key behind it is fetched only when it is needed."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backends.fail import Keyring as NoKeyring
from support.file_keyring import FileKeyring, keyring_env
from support.trees import read, write_tree

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.explanation import explain
from qwen_schema import (
    ArtifactError,
    BadValue,
    ConfigurationError,
    NotTrustedError,
    Secret,
    SecretReference,
    SecretReferenceError,
    Surroundings,
    declared_fields,
    declared_profiles,
    dump,
    follow,
    load,
    look_up,
    parse_value,
    redact,
    reference_of_pointer,
    safe_text,
)
from qwen_schema.fetching import LARGEST_BYTES, from_command, from_keyring
from qwen_schema.pointers import is_pointer

if TYPE_CHECKING:
    from qwen_cfg.core.resolution import Resolution

KEY = "sk-0123456789-the-key-itself"
FIELD = declared_fields()["api_key"]
both_profiles = pytest.mark.parametrize("profile", list(declared_profiles()))

_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_words = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1)
_keyring_pointers = st.builds("keyring:{}/{}".format, _texts.filter(lambda text: "/" not in text), _texts)
_command_pointers = _words.filter(lambda words: bool(words[0])).map(lambda words: f"command:{shlex.join(words)}")
_pointers = st.one_of(_keyring_pointers, _command_pointers)


def shell(script: str, *words: str) -> str:
    """Return a command line that runs a script of the shell."""
    return shlex.join(["sh", "-c", script, "sh", *words])


def here(base: Path, **more: Any) -> Surroundings:
    return Surroundings(**{"environ": dict(os.environ), "flags": {}, "base": base, "home": None, **more})


def resolve_at(root: Path, **world: Any) -> Resolution:
    return resolve_world(read(root, **world), profile_named(world.get("profile", "documented")))


# The form of a pointer.


@given(pointer=_pointers)
def test_any_pointer_round_trips_through_the_artifact(pointer: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert parse_value(FIELD, pointer) == pointer
    reference = reference_of_pointer(pointer)
    assert reference is not None
    assert reference.pointer == pointer
    artifact = to_artifact(resolve_at(Path("/"), environ={"OPENAI_API_KEY": pointer}, no_env_file=True))
    assert artifact.api_key == reference
    assert load(dump(artifact)) == load(dump(artifact, "json")) == artifact


@given(text=_texts.filter(lambda text: not text.startswith(("keyring:", "command:"))))
def test_any_other_text_is_no_pointer(text: str) -> None:
    assert reference_of_pointer(text) is None
    assert not is_pointer(text)


@pytest.mark.parametrize("text", ["keyring:", "keyring:qwen", "keyring:/me", "keyring:qwen/", "keyring:/"])
@pytest.mark.parametrize("way", ["environment", "flag", "project file"])
def test_a_keyring_pointer_without_service_or_name_is_invalid(text: str, way: str, tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": f"OPENAI_API_KEY={text}\n" if way == "project file" else ""})
    resolution = resolve_at(
        tmp_path,
        environ={"OPENAI_API_KEY": text} if way == "environment" else {},
        flags={"api_key": text} if way == "flag" else {},
    )
    problem = resolution.decisions["api_key"].problem
    assert not resolution.is_complete
    assert problem is not None
    assert "keyring:qwen/me" in problem.expected


@pytest.mark.parametrize("text", ["", " ", "''", "'' pass", "pass 'show", "pass show\\", "pass\0show"])
def test_a_command_pointer_with_an_invalid_command_is_invalid(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse_value(FIELD, f"command:{text}")
    assert "command:pass show openai" in caught.value.expected


def test_a_keyring_name_may_have_slashes() -> None:
    assert reference_of_pointer("keyring:qwen/me/at/work") == SecretReference(
        "keyring", service="qwen", name="me/at/work"
    )


def test_a_pointer_is_shown_in_full_without_keys_in_it() -> None:
    pointer = "keyring:service/a-long-enough-name"
    read = Secret(pointer)
    assert read.reveal() == pointer
    assert redact(f"from {pointer}") == f"from {pointer}"
    assert safe_text(FIELD, pointer) == pointer
    assert KEY not in safe_text(FIELD, f"command:echo {KEY}")
    assert safe_text(FIELD, "keyring:what-may-be-a-key") == "keyr…-key (25 characters)"


@pytest.mark.parametrize("text", [f"command:echo {KEY}", f"keyring:qwen/{KEY}", f"keyring:{KEY}/me"])
def test_a_pointer_with_a_key_in_it_is_invalid_and_not_written(text: str, tmp_path: Path) -> None:
    resolution = resolve_at(tmp_path, environ={"OPENAI_API_KEY": text})
    assert not resolution.is_complete
    assert KEY not in repr(explain(resolution, ()))
    sound = to_artifact(resolve_at(tmp_path, environ={"OPENAI_API_KEY": "x"}))
    with pytest.raises(ArtifactError, match="contains an API key") as caught:
        dump(replace(sound, config={**sound.config, "api_key": reference_of_pointer(text)}))  # type: ignore[dict-item]
    assert KEY not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "table",
    [
        {"from": "keyring", "service": "qwen"},
        {"from": "keyring", "service": "", "name": "me"},
        {"from": "keyring", "service": "a/b", "name": "me"},
        {"from": "keyring", "service": "qwen", "name": "me", "command": "pass"},
        {"from": "keyring", "service": "qwen", "name": ["me"]},
        {"from": "command"},
        {"from": "command", "command": ""},
        {"from": "command", "command": "pass 'show"},
        {"from": "command", "command": ["pass", "show"]},
        {"from": "command", "command": "pass", "value": KEY},
        {"from": "environment", "command": "pass"},
    ],
)
def test_an_invalid_reference_is_refused(table: dict[str, Any], tmp_path: Path) -> None:
    document = json.loads(dump(to_artifact(resolve_at(tmp_path, environ={"OPENAI_API_KEY": "x"})), "json"))
    document["config"]["api_key"] = table
    with pytest.raises(ArtifactError, match=r"config\.api_key") as caught:
        load(json.dumps(document))
    assert KEY not in str(caught.value)


def test_a_reference_is_shown_without_the_whole_command() -> None:
    assert str(reference_of_pointer("keyring:qwen/me")) == "me in the keyring's qwen"
    assert str(reference_of_pointer("command:/usr/bin/pass show openai")) == "the output of `pass`"


# A pointer is followed only when a key is needed.


@both_profiles
@pytest.mark.parametrize("way", ["environment", "flag", "home file", "named file"])
def test_resolving_runs_nothing_and_keeps_the_origin(profile: str, way: str, tmp_path: Path) -> None:
    pointer = f"command:touch {tmp_path}/marker"
    write_tree(tmp_path, {"app/x": "", ".qwen/x": "", "named.env": f"OPENAI_API_KEY='{pointer}'\n"})
    if way == "home file":
        write_tree(tmp_path, {".qwen/.env": f"OPENAI_API_KEY='{pointer}'\n"})
    resolution = resolve_at(
        tmp_path / "app",
        home=tmp_path,
        profile=profile,
        environ={"OPENAI_API_KEY": pointer} if way == "environment" else {},
        flags={"auth_method": "openai", **({"api_key": pointer} if way == "flag" else {})},
        env_file=tmp_path / "named.env" if way == "named file" else None,
    )
    artifact = to_artifact(resolution)
    assert artifact.api_key == SecretReference("command", command=f"touch {tmp_path}/marker")
    layers = {"environment": "environment", "flag": "flag", "home file": "env-file", "named file": "env-file"}
    assert (artifact.provenance["api_key"].layer, artifact.provenance["api_key"].reach) == (layers[way], "user")
    (story,) = (field for field in explain(resolution, ()).fields if field.name == "api_key")
    assert story.value == pointer
    assert not (tmp_path / "marker").exists()


@both_profiles
@pytest.mark.parametrize("text", ["command:touch marker", "command:", "command:touch 'marker"])
@pytest.mark.parametrize("place", ["app/.env", "app/.qwen/.env", "work.env/.env", ".env"])
def test_a_command_of_a_project_is_refused(profile: str, text: str, place: str, tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/sub/x": "", place: f'OPENAI_API_KEY="{text}"\n'})
    cwd = tmp_path / ("work.env" if place.startswith("work") else "app/sub")
    resolution = resolve_at(cwd, home=tmp_path / "home", profile=profile)
    problem = resolution.decisions["api_key"].problem
    assert problem is not None
    assert "may not set a command" in problem.wrong
    assert "~/.qwen/.env" in problem.expected
    with pytest.raises(ConfigurationError):
        to_artifact(resolution)


def test_a_keyring_entry_of_a_project_is_allowed(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": "OPENAI_API_KEY=keyring:qwen/me\n"})
    artifact = to_artifact(resolve_at(tmp_path))
    assert artifact.api_key == SecretReference("keyring", service="qwen", name="me")
    assert artifact.provenance["api_key"].reach == "project"


@pytest.mark.parametrize("pointer", ["keyring:qwen/me", "command:touch marker"])
def test_a_pointer_cannot_be_inlined(pointer: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no API key to inline"):
        to_artifact(resolve_at(tmp_path, environ={"OPENAI_API_KEY": pointer}), inline_secrets=True)


# Following.


def test_a_pointer_from_the_environment_or_a_flag_is_followed_once(tmp_path: Path) -> None:
    environ = {**os.environ, "K": "command:printf abc", "AGAIN": "command:echo command:printf abc"}
    flags = {"--openai-api-key": Secret("command:printf def")}
    where = here(tmp_path, environ=environ, flags=flags)
    assert follow(SecretReference("environment", variable="K"), where) == Secret("abc")
    assert follow(SecretReference("flag", flag="--openai-api-key"), where) == Secret("def")
    with pytest.raises(SecretReferenceError, match="a pointer to another place"):
        follow(SecretReference("environment", variable="AGAIN"), where)


def test_a_literal_is_not_followed(tmp_path: Path) -> None:
    text = "command:touch marker"
    reference = SecretReference("literal", value=Secret(text))
    assert follow(reference, here(tmp_path, may_run_commands=True)) == Secret(text)


def test_the_command_of_an_artifact_runs_only_on_request(tmp_path: Path) -> None:
    reference = SecretReference("command", command=shell(f"touch {tmp_path}/marker; echo abc; : --token=hunter2"))
    with pytest.raises(NotTrustedError) as caught:
        follow(reference, here(tmp_path))
    error = caught.value
    assert error.exit_code == 5
    assert "--secret-from" in error.hint
    assert "hunter2" not in f"{error} {error.where} {error.hint}"
    assert not (tmp_path / "marker").exists()
    assert look_up(reference, here(tmp_path)) == Secret(str(reference.pointer))
    assert not (tmp_path / "marker").exists()
    assert follow(reference, here(tmp_path, may_run_commands=True)) == Secret("abc")


@pytest.mark.parametrize(
    ("path", "is_run"),
    [
        ("~/.env", True),
        ("~/.qwen/.env", True),
        ("../.env", True),
        ("./to-home/.env", True),
        ("./.env", False),
        ("~/app/.env", False),
        ("./link.env", False),
        # The name is in the home, and the opened file is elsewhere.
        ("~/away/../.env", False),
    ],
)
def test_only_a_file_of_the_user_may_name_a_command(path: str, is_run: bool, tmp_path: Path) -> None:
    home = tmp_path / "home"
    text = "OPENAI_API_KEY='command:echo the-key'\n"
    write_tree(home, dict.fromkeys((".env", ".qwen/.env", "app/.env"), text))
    write_tree(tmp_path, {"elsewhere/.env": text, "elsewhere/below/x": ""})
    (home / "away").symlink_to(tmp_path / "elsewhere" / "below")
    (home / "app" / "to-home").symlink_to(home)
    (home / "app" / "link.env").symlink_to(home / ".env")
    where = here(home / "app", home=home, user_files=(home / ".qwen" / ".env", home / ".env"), may_run_commands=True)
    reference = SecretReference("env-file", path=path, variable="OPENAI_API_KEY")
    if is_run:
        assert follow(reference, where) == Secret("the-key")
    else:
        with pytest.raises(NotTrustedError):
            follow(reference, where)


# Commands.


@given(words=_words)
def test_the_arguments_reach_the_program_unchanged(words: list[str]) -> None:
    program = [sys.executable, "-I", "-S", "-X", "utf8", "-c", "import json, sys; print(json.dumps(sys.argv[1:]))"]
    printed = from_command(shlex.join([*program, *words]), os.environ)
    assert json.loads(printed.reveal()) == words


@pytest.mark.parametrize(
    ("printed", "key"), [("abc", "abc"), ("abc\\n", "abc"), ("abc\\r\\n", "abc"), (" a b\\n", " a b"), ("ü\\n", "ü")]
)
def test_the_last_line_end_is_removed(printed: str, key: str) -> None:
    assert from_command(shlex.join(["printf", printed]), os.environ) == Secret(key)


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (f"echo {KEY}; echo {KEY} >&2; exit 3", "exit status 3"),
        (f"echo {KEY}; kill -9 $$", "killed by SIGKILL"),
        (":", "prints nothing"),
        ("echo", "prints nothing"),
        (f"echo {KEY}; echo {KEY}", "several lines"),
        (f"echo {KEY}; echo", "several lines"),
        (f"printf '{KEY}\\r{KEY}'", "several lines"),
        (f"printf '{KEY}\\377'", "not UTF-8"),
        (f"while :; do echo {KEY}; done", "more than 64 KiB"),
        (f"echo {KEY}; sleep 60", "did not finish within 0.5 seconds"),
        (f"echo {KEY}; exec >&-; sleep 60", "did not finish within 0.5 seconds"),
        (f"echo {KEY}; sleep 60 & exit 0", "did not finish within 0.5 seconds"),
    ],
)
def test_a_failed_command_is_reported_by_its_name_alone(
    script: str, what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SecretReferenceError) as caught:
        from_command(shell(script), os.environ, seconds=0.5)
    error = caught.value
    assert what in str(error)
    assert "`sh`" in str(error)
    assert error.hint
    assert KEY not in f"{error} {error.where} {error.hint} {error!r}"
    assert KEY not in "".join(capfd.readouterr())


def test_a_key_of_the_maximum_size_is_read() -> None:
    program = shlex.join([sys.executable, "-I", "-S", "-c", f"print('k' * {LARGEST_BYTES - 1})"])
    assert len(from_command(program, os.environ).reveal()) == LARGEST_BYTES - 1


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("no-such-program", "not found"),
        ("./absent", "not found"),
        ("./plain", "is not executable"),
        ("./broken", "cannot be executed"),
        (".", "is not executable"),
    ],
)
def test_a_program_that_cannot_be_started_is_named(
    name: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"plain": "text\n", "broken": b"\x7fELF"})
    (tmp_path / "broken").chmod(0o755)
    with pytest.raises(SecretReferenceError, match=what) as caught:
        from_command(f"{name} --password=hunter2", os.environ)
    assert "hunter2" not in f"{caught.value} {caught.value.where} {caught.value.hint}"


def test_at_the_time_out_the_command_and_its_children_end(tmp_path: Path) -> None:
    script = f"(sleep 0.8; touch {tmp_path}/marker) & sleep 60"
    with pytest.raises(SecretReferenceError):
        from_command(shell(script), os.environ, seconds=0.2)
    time.sleep(1)
    assert not (tmp_path / "marker").exists()


def test_the_command_gets_no_key_and_no_input(tmp_path: Path) -> None:
    known = Secret(KEY)
    environ = {**os.environ, "OPENAI_API_KEY": "x", "COPY": f"a{KEY}b", "KEPT": "as it is"}
    from_command(shell(f"env > {tmp_path}/env; cat; echo abc"), environ)
    variables = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    assert variables["KEPT"] == "as it is"
    assert {"OPENAI_API_KEY", "COPY"}.isdisjoint(variables)
    assert known.reveal() not in str(variables)


def test_the_output_of_the_command_has_to_be_a_key(tmp_path: Path) -> None:
    environ = {**os.environ, "K": "command:printf ключ-и-ещё"}
    with pytest.raises(SecretReferenceError, match="HTTP header") as caught:
        follow(SecretReference("environment", variable="K"), here(tmp_path, environ=environ))
    assert "ключ" not in str(caught.value)


# The keyring.


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a file the keyring of this process, and return the function that writes it."""

    def write(what: object) -> None:
        monkeypatch.setenv("TEST_KEYRING", keyring_env(tmp_path / "keyring.json", what)["TEST_KEYRING"])

    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield write
    keyring.set_keyring(before)


def test_a_key_in_the_keyring_is_found(keyring_file: Any, tmp_path: Path) -> None:
    keyring_file({"qwen": {"me/at work": KEY}})
    environ = {"K": "keyring:qwen/me/at work"}
    assert follow(SecretReference("environment", variable="K"), here(tmp_path, environ=environ)) == Secret(KEY)
    reference = SecretReference("keyring", service="qwen", name="me/at work")
    assert follow(reference, here(tmp_path)) == Secret(KEY)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({}, "no entry with this service and name"),
        ({"qwen": {"me": ""}}, "no entry with this service and name"),
        ("locked", "is locked"),
        (17, "the keyring failed (AttributeError)"),
    ],
)
def test_a_keyring_without_the_key_is_reported_with_the_reason(what: object, message: str, keyring_file: Any) -> None:
    keyring_file(what)
    with pytest.raises(SecretReferenceError) as caught:
        from_keyring("qwen", "me")
    assert message in str(caught.value)
    assert caught.value.where == "keyring:qwen/me"
    assert caught.value.hint
    assert "words of the backend" not in str(caught.value)


def test_a_missing_keyring_is_reported(keyring_file: Any) -> None:
    keyring.set_keyring(NoKeyring())
    with pytest.raises(SecretReferenceError, match="this system has no keyring"):
        from_keyring("qwen", "me")


def test_a_pointer_in_the_keyring_is_not_followed(keyring_file: Any, tmp_path: Path) -> None:
    keyring_file({"qwen": {"me": f"command:touch {tmp_path}/marker"}})
    with pytest.raises(SecretReferenceError, match="a pointer to another place"):
        follow(SecretReference("keyring", service="qwen", name="me"), here(tmp_path, may_run_commands=True))
    assert not (tmp_path / "marker").exists()
