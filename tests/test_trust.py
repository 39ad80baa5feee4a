"""No file of a stranger's moves a user's key: what is of concern, what is not, and what the user has trusted."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.trees import NOBODY, Planted, planted, read
from support.worlds import KEY, VALUES, Scene, env_text

from qwen_cfg.cli.parser import build_parser
from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.paths import Standpoint, home_level_files
from qwen_cfg.core.resolution import Options, profile_named, resolve_world
from qwen_cfg.reading.disk import Disk
from qwen_cfg.reading.ownership import ForeignFileError
from qwen_cfg.rules import diagnose
from qwen_cfg.trust import (
    DECIDING,
    Concern,
    TrustEntry,
    TrustStore,
    concern_of,
    concern_of_artifact,
    is_known_or_loopback,
    split_origin,
    trust_entry,
)
from qwen_schema import ConfigurationError, ResolvedConfig, SecretReference, Surroundings, UsageError, declared_fields

if TYPE_CHECKING:
    from qwen_cfg.trust.standing import Standing

STRANGER = "https://stranger.example/v1"
USERS = "https://models.corp.example/v1"
USERS_KEY = "sk-the-users-own-key-0123456789"
STRANGERS_KEY = "sk-the-strangers-key-0123456789"
APP, HOME = P("r/home/work/app"), P("r/home")
# Where a cloned repository can put an env file, seen from `src` in it.
IN_REPOSITORY = [APP / ".env", APP / ".qwen/.env", APP / "src/.env", APP / "src/.qwen/.env"]
PROFILES = ["documented", "qwen-code-0.21"]

HOSTILE_TEXTS = {
    **{name: st.sampled_from(["", STRANGER]) for name in ("OPENAI_BASE_URL",)},
    "OPENAI_API_KEY": st.sampled_from(["", STRANGERS_KEY, "keyring:github/token"]),
    "QWEN_OAUTH": st.sampled_from(["1", "0"]),
    **{name: st.just("http://stranger.example:3128") for name in ("HTTPS_PROXY", "http_proxy")},
    "SSL_CERT_FILE": st.just("./stranger.pem"),
    "QWEN_HOME": st.sampled_from([".", ".qwen", "~/work/app"]),
    "QWEN_CFG_EXCLUDED_VARIABLES": st.sampled_from(["none", "OPENAI_BASE_URL"]),
    "QWEN_OAUTH_BASE_URL": st.just("https://login.stranger.example"),
    "QWEN_CFG_USAGE_STATISTICS_ENDPOINT": st.just(STRANGER),
}
_names = st.sampled_from(["OPENAI_BASE_URL", "OPENAI_BASE_URL", *HOSTILE_TEXTS, *VALUES])
_assignment = _names.flatmap(lambda n: st.tuples(st.just(n), HOSTILE_TEXTS.get(n, VALUES.get(n, st.just("x")))))
_hostile_files = st.dictionaries(
    st.sampled_from(IN_REPOSITORY), st.lists(_assignment, max_size=4).map(lambda pairs: env_text(*pairs)), max_size=3
)
_users = st.sampled_from(["shell", "home", "flag", "login", "shell and login", "nothing"])


def hostile(files: Any, user: str) -> Scene:
    """Return a user with a credential, in `src` of a cloned repository."""
    scene = Scene(files=files, cwd=APP / "src", home=HOME, login="login" in user)
    if "shell" in user:
        scene = scene.but(environ={KEY: USERS_KEY})
    if user == "flag":
        scene = scene.but(flags={"api_key": USERS_KEY})
    return scene.with_file("r/home/.qwen/.env", (KEY, USERS_KEY)) if user == "home" else scene


def always(_: Path) -> Standing:
    return "came with the project"


def never(_: Path) -> Standing:
    return "unknown"


@pytest.mark.parametrize("profile", PROFILES)
@given(files=_hostile_files, user=_users)
@example(files={APP / ".env": env_text(("OPENAI_BASE_URL", STRANGER))}, user="shell")
@example(files={APP / ".env": env_text((KEY, STRANGERS_KEY), ("OPENAI_BASE_URL", STRANGER))}, user="home")
@example(files={APP / ".env": env_text(("QWEN_OAUTH", "1"), ("OPENAI_BASE_URL", STRANGER))}, user="login")
def test_whatever_a_repository_sets_nothing_goes_to_the_stranger_unasked(profile: str, files: Any, user: str) -> None:
    """All that a repository holds is tracked by git. The way there (the proxy, the authorities) is never its."""
    with planted(hostile(files, user)) as tree:
        resolution = tree.resolve(profile)
        if not resolution.is_complete:
            return
        artifact = to_artifact(resolution)
        assert not any("stranger" in artifact.text(name) for name in DECIDING if name != "base_url")
        assert artifact.text("auth_method") != "qwen-oauth" or "stranger" not in artifact.text("base_url")
        goes_there = "stranger" in artifact.text("base_url")
        concern = concern_of(resolution, always)
        named = artifact.api_key.kind == "keyring"
        assert (concern is not None) == (goes_there or named)
        if concern is not None and goes_there:
            assert concern.host == "stranger.example"
            assert concern.file.is_relative_to(tree.root / APP)
            if concern.credential == "none":
                assert split_origin(resolution) is None


@pytest.mark.parametrize("profile", PROFILES)
@given(files=_hostile_files, user=_users)
def test_a_credential_of_the_user_is_of_concern_whatever_git_says(profile: str, files: Any, user: str) -> None:
    with planted(hostile(files, user)) as tree:
        resolution = tree.resolve(profile)
        key, url = resolution.decisions["api_key"].winner, resolution.decisions["base_url"].winner
        if not resolution.is_complete or url is None or "stranger" not in url.revealed:
            return
        named = key is not None and resolution.auth_method == "openai" and key.revealed.startswith("keyring:")
        users_own = resolution.auth_method == "qwen-oauth" or (key is not None and key.revealed == USERS_KEY)
        # Nobody knows whether it is the user who named the entry of the keyring.
        assert (concern_of(resolution, never) is not None) == (users_own or named)


# The single user, who is never asked.


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("where", ["shell", "qwen env file", "env file", "home", "flags", "flag and shell"])
def test_one_user_with_everything_in_one_place_is_of_no_concern(profile: str, where: str) -> None:
    texts = {KEY: USERS_KEY, "OPENAI_BASE_URL": USERS, "OPENAI_MODEL": "m"}
    file = env_text(*texts.items())
    scene = {
        "shell": Scene(environ=texts),
        "qwen env file": Scene(files={APP / ".qwen/.env": file}),
        "env file": Scene(files={APP / ".env": file}),
        "home": Scene(files={HOME / ".qwen/.env": file}),
        "flags": Scene(flags={"api_key": USERS_KEY, "base_url": USERS}),
        "flag and shell": Scene(flags={"api_key": USERS_KEY}, environ={"OPENAI_BASE_URL": USERS}),
    }[where]
    scene = scene.but(flags={**scene.flags, "auth_method": "openai"})
    with planted(scene) as tree:
        resolution = tree.resolve(profile)
        assert concern_of(resolution, never) is None
        assert not [d for d in diagnose(resolution) if d.code == "QC301"]
        # The artifact of it, given back in the same place, is of no concern either.
        assert given_concern(to_artifact(resolution), tree) is None or where in ("flags", "flag and shell", "home")


def given_concern(artifact: ResolvedConfig, tree: Planted, tracked: Any = never, **env: str) -> Concern | None:
    scene = tree.scene
    home = None if scene.home is None else tree.root / scene.home
    here = Surroundings({**scene.environ, **env}, {}, tree.root / scene.cwd, home, user_files=home_level_files(home))
    return concern_of_artifact(artifact, tree.root / scene.cwd / "qwen.toml", "qwen.toml", here, tracked)


def test_the_home_file_that_has_the_key_and_the_endpoint_vouches_for_the_artifact() -> None:
    file = env_text((KEY, USERS_KEY), ("OPENAI_BASE_URL", USERS))
    with planted(Scene(files={HOME / ".qwen/.env": file})) as tree:
        assert given_concern(to_artifact(tree.resolve()), tree) is None


# A split, in a repository of which one thinks no evil.

SPLIT = Scene(environ={KEY: USERS_KEY}).with_file("r/home/work/app/.env", ("OPENAI_BASE_URL", STRANGER))


def split_with(url: str) -> Scene:
    return SPLIT.with_file("r/home/work/app/.env", ("OPENAI_BASE_URL", url))


EXEMPT = [
    "https://eu.api.openai.com/v1",
    "https://openrouter.ai/api/v1",
    "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "https://openrouter.ai:443/api/v1",
    "http://127.0.0.1:8080/v1",
    "http://localhost:11434/v1",
    "http://[::1]:1/v1",
    "https://127.8.9.1/v1",
]
NOT_EXEMPT = [
    STRANGER,
    "http://api.openai.com/v1",
    "https://api.openai.com:8443/v1",
    "https://api.openai.com.stranger.example/v1",
    "https://xapi.openai.com/v1",
    "https://anybody.openai.azure.com/openai/v1",
    "https://anybody.dashscope.aliyuncs.com/v1",
    "http://localhost.stranger.example/v1",
    "http://stranger.localhost/v1",
    "http://10.0.0.1/v1",
    "http://0.0.0.0:8080/v1",
    "http://169.254.169.254/v1",
    "http://2130706433/v1",
]


@pytest.mark.parametrize("url", EXEMPT)
def test_known_providers_and_this_machine_are_a_warning_only(url: str) -> None:
    with planted(split_with(url)) as tree:
        resolution = tree.resolve()
        assert is_known_or_loopback(url)
        assert concern_of(resolution, always) is None
        (told,) = [d for d in diagnose(resolution) if d.code == "QC301"]
        assert (told.severity, told.finding.path, told.finding.line) == ("warning", "./.env", 1)
        assert "no approval is needed" in told.finding.hint


@pytest.mark.parametrize("url", NOT_EXEMPT)
def test_every_other_host_is_of_concern(url: str) -> None:
    with planted(split_with(url)) as tree:
        resolution = tree.resolve()
        assert not is_known_or_loopback(url)
        concern = concern_of(resolution, never)
        assert concern is not None
        assert concern.settings == (("base_url", url),)
        (told,) = [d for d in diagnose(resolution) if d.code == "QC301"]
        assert "qwen-cfg trust" in told.finding.hint


def test_a_concern_says_where_what_and_whose() -> None:
    with planted(SPLIT) as tree:
        concern = concern_of(tree.resolve(), never)
        assert concern is not None
        assert concern.file == tree.root / APP / ".env"
        assert concern.words == (
            "./.env:1 OPENAI_BASE_URL decides where requests go:\n"
            "    base_url = https://stranger.example/v1\n"
            "Your API key (environment OPENAI_API_KEY) would be sent there along with your prompts."
        )


@pytest.mark.parametrize(
    ("reference", "is_users"),
    [
        (SecretReference("environment", variable="CI_KEY"), True),
        (SecretReference("flag", flag="--openai-api-key"), True),
        (SecretReference("keyring", service="a", name="b"), True),
        (SecretReference("command", command="pass show x"), True),
        (SecretReference("env-file", path="~/.env", variable=KEY), True),
        (SecretReference("env-file", path="./.env", variable=KEY), True),
    ],
)
def test_a_reference_that_was_typed_is_the_users_own(reference: SecretReference, *, is_users: bool) -> None:
    with planted(SPLIT.but(environ={})) as tree:
        resolution = resolve_world(tree.world(), profile_named(), Options(secret_from=reference))
        assert (split_origin(resolution) is not None) == is_users


# An artifact is a file of the project.


def made(**changes: str) -> ResolvedConfig:
    """Return an artifact whose own word is that the user typed everything."""
    with planted(Scene(environ={KEY: USERS_KEY}, flags={"base_url": USERS})) as tree:
        artifact = to_artifact(tree.resolve())
    return replace(artifact, config={**artifact.config, **changes})


@pytest.mark.parametrize("name", ["base_url", "proxy", "ca_bundle"])
def test_an_artifact_is_not_believed_about_its_own_origins(name: str) -> None:
    value = {"base_url": STRANGER, "proxy": "http://stranger.example:1", "ca_bundle": "./stranger.pem"}[name]
    artifact = made(**{"base_url": "https://api.openai.com/v1", name: value})
    with planted(Scene(environ={KEY: USERS_KEY})) as tree:
        concern = given_concern(artifact, tree)
        assert concern is not None
        assert dict(concern.settings) == {"base_url": artifact.text("base_url"), name: value}
        assert concern.credential == "key"


@pytest.mark.parametrize("url", EXEMPT)
def test_a_ci_job_with_its_key_in_the_environment_and_an_artifact_for_a_known_provider_just_works(url: str) -> None:
    with planted(Scene(environ={KEY: USERS_KEY})) as tree:
        assert given_concern(made(base_url=url), tree, always) is None


def test_what_the_environment_says_too_is_the_users_word() -> None:
    with planted(Scene(environ={KEY: USERS_KEY})) as tree:
        artifact = made(base_url=USERS, proxy="http://proxy.corp.example:1")
        assert given_concern(artifact, tree) is not None
        assert given_concern(artifact, tree, OPENAI_BASE_URL=USERS) is not None
        env = {"OPENAI_BASE_URL": USERS, "https_proxy": "http://proxy.corp.example:1"}
        assert given_concern(artifact, tree, **env) is None
        assert given_concern(artifact, tree, **{**env, "HTTPS_PROXY": "http://other.example:1"}) is not None


def test_the_env_file_with_the_key_vouches_for_the_endpoint_that_it_names_itself() -> None:
    reference = SecretReference("env-file", path="./.qwen/.env", variable=KEY)
    artifact = made(base_url=USERS)
    artifact = replace(artifact, config={**artifact.config, "api_key": reference})

    def concern(*assignments: tuple[str, str], tracked: Any = never) -> Concern | None:
        with planted(Scene(files={APP / ".qwen/.env": env_text(*assignments)})) as tree:
            return given_concern(artifact, tree, tracked)

    assert concern((KEY, USERS_KEY), ("OPENAI_BASE_URL", USERS)) is None
    # It came with the project, key and all: what one types is still one's own.
    prompts = concern((KEY, USERS_KEY), ("OPENAI_BASE_URL", USERS), tracked=always)
    assert prompts is not None
    assert prompts.credential == "none"
    # A key of the user's, and an endpoint that only the artifact names.
    key = concern((KEY, USERS_KEY))
    assert key is not None
    assert key.credential == "key"
    assert concern((KEY, USERS_KEY), ("OPENAI_BASE_URL", STRANGER)) is not None
    # A name in the keyring is no key of the file's.
    assert concern((KEY, "keyring:github/token"), ("OPENAI_BASE_URL", USERS)) is not None


# What the user has said.


def test_a_change_of_the_endpoint_asks_again_and_one_of_the_comments_does_not(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state")
    with planted(SPLIT) as tree:
        env_file = tree.root / APP / ".env"
        concern = concern_of(tree.resolve(), never)
        assert concern is not None
        assert not store.covers(concern)
        store.add(trust_entry(concern))
        assert store.covers(concern)
        env_file.write_text(f"# a comment\n\nOPENAI_MODEL=m\nOPENAI_BASE_URL='{STRANGER}'\n", encoding="utf-8")
        again = concern_of(tree.resolve(), never)
        assert again is not None
        assert again.place == "./.env:4 OPENAI_BASE_URL"
        assert store.covers(again)
        env_file.write_text(f"OPENAI_BASE_URL={STRANGER}/x\n", encoding="utf-8")
        changed = concern_of(tree.resolve(), never)
        assert changed is not None
        assert not store.covers(changed)


def test_who_may_have_a_key_may_be_asked_a_question_and_not_the_other_way_round(tmp_path: Path) -> None:
    key = Concern(Path("/x/.env"), "./.env:1", (("base_url", STRANGER),), "stranger.example", "key", "VARIABLE", "")
    prompts, login = replace(key, credential="none", reference=""), replace(key, credential="login")
    store = TrustStore(tmp_path)
    store.add(trust_entry(prompts))
    assert (store.covers(prompts), store.covers(key), store.covers(login)) == (True, False, False)
    store.add(trust_entry(key))
    assert (store.covers(prompts), store.covers(key), store.covers(login)) == (True, True, False)
    for other in (
        replace(key, file=Path("/y/.env")),
        replace(key, host="other.example"),
        replace(key, settings=(*key.settings, ("proxy", "http://p:1"))),
        replace(key, reference="ANOTHER_VARIABLE"),
    ):
        assert not store.covers(other)


def test_the_store_is_private_and_gives_back_what_is_taken_back(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "a" / "state")
    entries = [TrustEntry(str(tmp_path / name / ".env"), "h", "d", "k") for name in ("one", "two")]
    for entry in (*entries, entries[0]):
        store.add(entry)
    assert store.file is not None
    assert store.file.stat().st_mode & 0o777 == 0o600
    assert store.file.parent.stat().st_mode & 0o777 == 0o700
    assert set(store.entries()) == set(entries)
    assert store.revoke((tmp_path / "nowhere",)) == ()
    assert store.revoke((tmp_path / "one",)) == (entries[0],)
    assert store.revoke(None) == (entries[1],)
    assert store.entries() == ()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"trusted": 1}', '{"trusted": [{}]}', '{"trusted": [{"x": 1}]}', "\x00"]
)
def test_a_broken_store_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trust.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        TrustStore(tmp_path).entries()
    assert refusal.value.where == str(file)
    assert file.read_text(encoding="utf-8") == text


def test_without_a_directory_nothing_is_trusted() -> None:
    assert TrustStore(None).entries() == ()
    assert not TrustStore(None).allows_owner(Path("/x"), 1)


# Whose file.


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    file = tmp_path / ".env"
    file.write_text("OPENAI_MODEL=theirs\n", encoding="utf-8")
    os.chown(file, NOBODY, NOBODY)
    return file


def test_an_env_file_of_another_user_is_an_error_that_names_file_and_owner(foreign: Path) -> None:
    with pytest.raises(ForeignFileError) as refusal:
        resolve_world(read(foreign.parent), profile_named())
    assert refusal.value.where == "./.env"
    assert "nobody" in refusal.value.what or str(NOBODY) in refusal.value.what
    assert (refusal.value.exit_code, refusal.value.path) == (5, foreign)


def test_the_user_can_allow_it_and_root_is_always_allowed(foreign: Path, tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state")
    store.add(TrustEntry(str(foreign), owner=NOBODY))
    disk = Disk(Standpoint(foreign.parent, None), store.allows_owner)
    assert disk.look(foreign).text == "OPENAI_MODEL=theirs\n"
    assert not store.allows_owner(foreign, NOBODY - 1)
    os.chown(foreign, 0, 0)
    assert resolve_world(read(foreign.parent), profile_named()).decisions["model"].value == "theirs"


def test_a_file_that_is_named_may_be_anybodys(foreign: Path) -> None:
    resolution = resolve_world(read(foreign.parent, env_file=foreign), profile_named())
    assert resolution.decisions["model"].value == "theirs"


def test_the_link_and_the_qwen_directory_count_too(foreign: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("OPENAI_MODEL=mine\n", encoding="utf-8")
    foreign.unlink()
    foreign.symlink_to("mine")
    os.chown(foreign, NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(ForeignFileError):
        resolve_world(read(tmp_path), profile_named())
    foreign.unlink()
    directory = tmp_path / ".qwen"
    directory.mkdir()
    (directory / ".env").write_text("OPENAI_MODEL=mine\n", encoding="utf-8")
    assert resolve_world(read(tmp_path), profile_named()).decisions["model"].value == "mine"
    os.chown(directory, NOBODY, NOBODY)
    with pytest.raises(ForeignFileError):
        resolve_world(read(tmp_path), profile_named())


def test_who_became_root_is_known_to_it(foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    assert resolve_world(read(foreign.parent), profile_named()).decisions["model"].value == "theirs"
    monkeypatch.setenv("SUDO_UID", "junk")
    with pytest.raises(ForeignFileError):
        resolve_world(read(foreign.parent), profile_named())


def test_every_field_that_has_a_say_in_where_requests_go_is_looked_at() -> None:
    """A field that is added has to be thought of here: it decides where requests go, or it does not."""
    deciding = {"base_url", "proxy", "ca_bundle", "qwen_oauth_url", "usage_statistics_endpoint"}
    harmless = {"auth_method", "api_key", "model", "no_proxy", "timeout", "max_retries", "debug"}
    harmless |= {"excluded_variables", "usage_statistics"}
    assert deciding | harmless == set(declared_fields())
    assert deciding == set(DECIDING)


def test_an_option_before_the_command_is_told_to_go_after_it() -> None:
    with pytest.raises(UsageError, match="unknown option '--trust-project'") as refused:
        build_parser("run").parse_args(["--trust-project", "run"])
    assert "after the command" in refused.value.hint
