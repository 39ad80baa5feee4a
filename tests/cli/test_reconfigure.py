"""`/auth` in a session: typed values are compiled like all others, and saved ones are read back or reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qwen_cfg.application.change import Changes
from qwen_cfg.application.change_of_artifact import ArtifactSubject
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.replay import replay
from qwen_cfg.cli.arguments import this_process
from qwen_cfg.core.hidden_keys import key_remark
from qwen_cfg.core.world import EnvFileChoice, FlagValue
from qwen_runtime import Change, DialogueDefaults, ReadyConfig
from qwen_schema import ConfigurationError, NotTrustedError, Secret, SecretReference, declared_fields, dump, load

from .process import KEY, Desk
from .session import GATE, changes_of, present_request

OTHER = "sk-zyxwvutsrqponmlkjihgfedcba9876543210"
URL = "https://models.example/v1"
ALL = {"auth_method": "openai", "api_key": Secret(KEY), "base_url": URL, "model": "m-1"}
TYPED, KEPT = Change("/auth", ALL), Change("/auth", ALL, keep=True)


@pytest.fixture
def desk(here: Desk) -> Desk:
    return here


def origins(ready_config: ReadyConfig) -> dict[str, str]:
    return {name: ready_config.artifact.provenance[name].origin for name in ("api_key", "base_url", "model")}


def typed_value(name: str, text: str) -> FlagValue:
    field = declared_fields()[name]
    return FlagValue(field.flags[0], Secret(text) if field.secret else text)


def test_values_typed_for_this_session_override_all_others(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={OTHER}\nOPENAI_MODEL=other\nQWEN_CFG_TIMEOUT=7\n")
    ready_config = changes_of(flags={"model": typed_value("model", "flagged")})(TYPED)
    assert ready_config.key == Secret(KEY)
    assert origins(ready_config) == {"api_key": "/auth", "base_url": "/auth", "model": "/auth"}
    assert ready_config.artifact.config["timeout"] == 7
    assert str(ready_config.artifact.api_key) == "the key typed at /auth"
    assert load(dump(ready_config.artifact), where="x") == ready_config.artifact
    assert ready_config.remark == "That key overrides the key from ./.env:1 OPENAI_API_KEY."
    assert not (desk.cwd / ".qwen").exists()


def test_values_typed_earlier_still_count(desk: Desk) -> None:
    change = changes_of()
    change(TYPED)
    assert change(Change("/model", {"model": "m-2"})).artifact.text("model") == "m-2"
    ready_config = change(Change("/auth", {"base_url": "http://localhost:1/v1"}))
    assert origins(ready_config) == {"api_key": "/auth", "base_url": "/auth", "model": "/model"}
    assert ready_config.key == Secret(KEY)
    assert change.defaults() == DialogueDefaults("http://localhost:1/v1", "m-2", "sk-0…wxyz (39 characters)")


def test_an_unusable_change_changes_nothing(desk: Desk) -> None:
    change = changes_of()
    with pytest.raises(ConfigurationError):
        change(Change("/model", {"model": "m"}))
    change(TYPED)
    for bad in ({"model": ""}, {"model": KEY}, {"base_url": "nowhere"}, {"api_key": "a\nb"}, {"base_url": f"x/{KEY}"}):
        for keep in (False, True):
            with pytest.raises(ConfigurationError, match="is not valid") as caught:
                change(Change("/auth", bad, keep))
            assert caught.value.where == "/auth"
            assert KEY not in f"{caught.value} {caught.value.hint}"
    assert origins(change(Change("/model", {"model": "n"}))) == {
        "api_key": "/auth",
        "base_url": "/auth",
        "model": "/model",
    }
    assert not (desk.cwd / ".qwen").exists()


def test_saved_values_come_from_the_file(desk: Desk) -> None:
    change = changes_of()
    change(Change("/model", {"model": "before", "api_key": Secret(OTHER)}))
    ready_config = change(KEPT)
    assert origins(ready_config) == {
        "api_key": "./.qwen/.env:1",
        "base_url": "./.qwen/.env:2",
        "model": "./.qwen/.env:3",
    }
    assert ready_config.artifact.api_key == SecretReference("env-file", "./.qwen/.env", "OPENAI_API_KEY")
    assert ready_config.key == Secret(KEY)
    assert ready_config.notices == ("saved in ./.qwen/.env (mode 0600)", "added .qwen/.env to ./.gitignore")
    assert desk.run("resolve").exits(0).toml["config"]["model"] == "m-1"


def test_a_value_that_overrides_the_saved_one_is_named_and_the_typed_one_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    ready_config = changes_of(flags={"model": typed_value("model", "flagged")})(KEPT)
    assert ready_config.key == Secret(KEY)
    assert origins(ready_config) == {"api_key": "/auth", "base_url": "/auth", "model": "/auth"}
    typed = "In this session, the value you typed is used."
    unset = f"{typed} Later: unset"
    assert ready_config.notices[2:] == (
        f"api_key: environment OPENAI_API_KEY hides the value in ./.qwen/.env:1. {unset} OPENAI_API_KEY",
        "base_url: environment OPENAI_BASE_URL is empty and hides the value in ./.qwen/.env:2. "
        f"{unset} OPENAI_BASE_URL",
        f"model: --model hides the value in ./.qwen/.env:3. {typed}",
    )


def test_a_file_that_selects_qwen_oauth_is_reported(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", "QWEN_OAUTH=1\n")
    ready_config = changes_of()(KEPT)
    assert ready_config.artifact.text("auth_method") == "openai"
    assert (
        "auth_method: ./.qwen/.env:1 QWEN_OAUTH sets it to qwen-oauth. In this session, the value you typed is used."
        in ready_config.notices
    )


@pytest.mark.parametrize("choice", [EnvFileChoice("none"), EnvFileChoice("flag", Path("prod.env"))])
def test_a_session_with_another_env_file_reports_it(desk: Desk, choice: EnvFileChoice) -> None:
    desk.write("work/app/prod.env", f"OPENAI_API_KEY={OTHER}\n")
    ready_config = changes_of(choice=choice)(KEPT)
    assert origins(ready_config) == {"api_key": "/auth", "base_url": "/auth", "model": "/auth"}
    assert sum("because of --env-file or --no-env-file" in notice for notice in ready_config.notices) == 1
    assert KEY in (desk.cwd / ".qwen" / ".env").read_text()


def test_a_file_that_is_no_longer_read_is_reported_and_its_key_copied(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={OTHER}\nOPENAI_MODEL=other\nQWEN_CFG_TIMEOUT=7\n")
    texts = {name: text for name, text in ALL.items() if name != "api_key"}
    ready_config = changes_of()(Change("/auth", texts, keep=True))
    assert ready_config.key == Secret(OTHER)
    assert origins(ready_config)["api_key"] == "./.qwen/.env:1"
    assert ready_config.notices[2:] == (
        "./.qwen/.env now comes first in the search, so ./.env is no longer read; these variables in it are no "
        "longer used: QWEN_CFG_TIMEOUT",
    )


def test_an_exported_key_is_not_copied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    ready_config = changes_of()(Change("/auth", {"base_url": URL, "model": "m"}, keep=True))
    assert origins(ready_config)["api_key"] == "OPENAI_API_KEY"
    assert (desk.cwd / ".qwen" / ".env").read_text() == f"OPENAI_BASE_URL={URL}\nOPENAI_MODEL=m\n"


def test_a_secret_reference_counts_until_a_key_is_typed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK_KEY", OTHER)
    change = changes_of(secret_from=SecretReference("environment", variable="WORK_KEY"))
    assert change.defaults().key == "from the variable WORK_KEY"
    assert change(Change("/model", {"model": "m"})).key == Secret(OTHER)
    ready_config = change(TYPED)
    assert (ready_config.key, ready_config.artifact.api_key) == (Secret(KEY), SecretReference("flag", flag="/auth"))


def test_values_that_cannot_be_saved_count_in_the_session(desk: Desk) -> None:
    """If a file cannot be written, the key need not be typed again."""
    (desk.cwd / ".qwen" / ".env").mkdir(parents=True)
    for change in (changes_of(), change_of(desk)):
        ready_config = change(KEPT)
        assert ready_config.key == Secret(KEY)
        assert ready_config.artifact.provenance["api_key"].origin == "/auth"
        (notice,) = (n for n in ready_config.notices if n.startswith("not saved: ./.qwen/.env: "))
        assert "the value you typed is used" in notice
        assert KEY not in notice


def test_no_notice_if_nothing_is_overridden(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={OTHER}\n")
    assert key_remark(compilation_of(present_request()).resolution) == ""
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    assert key_remark(compilation_of(present_request()).resolution) == ""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    flagged = present_request(flags={"api_key": typed_value("api_key", "k-flag")})
    assert key_remark(compilation_of(flagged).resolution) == (
        "That key overrides the keys from environment OPENAI_API_KEY, ./.env:1 OPENAI_API_KEY."
    )


def use_artifact(use: ReadyConfig) -> ArtifactSubject:
    return ArtifactSubject(use, "work.toml", Path("work.toml").absolute(), this_process())


def change_of(desk: Desk) -> Changes:
    desk.write("work/app/.env", f"OPENAI_API_KEY={OTHER}\n")
    return Changes(
        ArtifactSubject(
            changes_of()(Change("/model", {"model": "m-0"})),
            "work.toml",
            Path("work.toml").absolute(),
            this_process(),
        ),
        GATE,
    )


def test_a_change_applies_to_the_given_artifact(desk: Desk) -> None:
    change = change_of(desk)
    ready_config = change(Change("/model", {"model": "m-9"}))
    assert (ready_config.artifact.text("model"), ready_config.key) == ("m-9", Secret(OTHER))
    ready_config = change(TYPED)
    assert origins(ready_config) == {"api_key": "/auth", "base_url": "/auth", "model": "/auth"}
    assert (ready_config.key, ready_config.remark, ready_config.notices) == (Secret(KEY), "", ())
    assert load(dump(ready_config.artifact), where="x") == ready_config.artifact
    assert change.defaults() == DialogueDefaults(URL, "m-1", "sk-0…wxyz (39 characters)")
    with pytest.raises(ConfigurationError, match="is not valid"):
        change(Change("/auth", {"base_url": "nowhere"}))


def test_saving_does_not_change_the_file_of_the_artifact(desk: Desk) -> None:
    change = change_of(desk)
    ready_config = change(Change("/auth", {"base_url": URL, "model": "m-1"}, keep=True))
    assert ready_config.notices[2:] == ("the artifact work.toml is unchanged; the next run with it uses its values",)
    assert (desk.cwd / ".qwen" / ".env").read_text() == (
        f"OPENAI_API_KEY={OTHER}\nOPENAI_BASE_URL={URL}\nOPENAI_MODEL=m-1\n"
    )
    assert origins(ready_config)["api_key"] == "./.env:1"


def test_an_artifact_saved_in_a_session_can_be_checked(desk: Desk) -> None:
    artifact = changes_of()(TYPED).artifact
    desk.write("work/app/session.toml", dump(artifact))
    assert replay(present_request(), artifact).flags["model"] == FlagValue("/auth", "m-1")
    outcome = desk.run("check", "session.toml").exits(0)
    assert "API key" in outcome.output
    assert "the key typed at /auth" in desk.run("check", "--strict", "session.toml").exits(1).output
    desk.run("check", "session.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    refused = desk.run("run", "--config", "session.toml", "-p", "ping", "--trust-project").exits(3)
    assert "the key typed at /auth" in refused.err
    # A file cannot confirm typed values.
    desk.run("run", "--config", "session.toml", "-p", "ping").exits(5)


def test_a_base_url_typed_earlier_is_the_users_own(desk: Desk) -> None:
    """Enter accepts the shown base URL, which may be one that was typed before."""
    desk.write("work/app/.env", f"OPENAI_API_KEY={OTHER}\n")
    change = Changes(
        ArtifactSubject(
            changes_of()(Change("/model", {"model": "m-0"})),
            "work.toml",
            Path("work.toml").absolute(),
            this_process(),
        ),
        GATE,
    )
    typed = {"api_key": Secret(KEY), "base_url": "http://models.example/v1", "model": "m-1"}
    change(Change("/auth", typed))
    change(Change("/auth", {**typed, "api_key": Secret(OTHER)}))
    assert change(Change("/model", {"model": "m-2"})).artifact.text("base_url") == typed["base_url"]
    stranger = replace(change(Change("/model", {"model": "m-3"})), key=Secret(KEY))
    with pytest.raises(NotTrustedError, match="base_url"):
        Changes(use_artifact(stranger), GATE)(Change("/auth", typed))
