"""The trust decision: a stranger's file sends no key of the user anywhere without approval."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.trees import NOBODY, SceneTree, read, tree_of
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
    from qwen_cfg.trust.file_provenance import FileProvenance

STRANGER = "https://stranger.example/v1"
USERS = "https://models.corp.example/v1"
USERS_KEY = "sk-the-users-own-key-0123456789"
STRANGERS_KEY = "sk-the-strangers-key-0123456789"
APP, HOME = P("r/home/work/app"), P("r/home")
# The env files of a cloned repository, seen from its directory `src`.
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
    """Return a scene in which a user with a credential is in `src` of a cloned repository."""
    scene = Scene(files=files, cwd=APP / "src", home=HOME, login="login" in user)
    if "shell" in user:
        scene = scene.but(environ={KEY: USERS_KEY})
    if user == "flag":
        scene = scene.but(flags={"api_key": USERS_KEY})
    return scene.with_file("r/home/.qwen/.env", (KEY, USERS_KEY)) if user == "home" else scene


def always(_: Path) -> FileProvenance:
    return "came with the project"


def never(_: Path) -> FileProvenance:
    return "unknown"


@pytest.mark.parametrize("profile", PROFILES)
@given(files=_hostile_files, user=_users)
@example(files={APP / ".env": env_text(("OPENAI_BASE_URL", STRANGER))}, user="shell")
@example(files={APP / ".env": env_text((KEY, STRANGERS_KEY), ("OPENAI_BASE_URL", STRANGER))}, user="home")
@example(files={APP / ".env": env_text(("QWEN_OAUTH", "1"), ("OPENAI_BASE_URL", STRANGER))}, user="login")
def test_no_repository_sends_anything_to_a_stranger_without_a_question(profile: str, files: Any, user: str) -> None:
    """Git tracks all files of the repository. They never set the proxy or the certificate authorities."""
    with tree_of(hostile(files, user)) as tree:
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
def test_a_credential_of_the_user_is_of_concern_with_any_git_status(profile: str, files: Any, user: str) -> None:
    with tree_of(hostile(files, user)) as tree:
        resolution = tree.resolve(profile)
        key, url = resolution.decisions["api_key"].winner, resolution.decisions["base_url"].winner
        if not resolution.is_complete or url is None or "stranger" not in url.revealed:
            return
        named = key is not None and resolution.auth_method == "openai" and key.revealed.startswith("keyring:")
        users_own = resolution.auth_method == "qwen-oauth" or (key is not None and key.revealed == USERS_KEY)
        # It is unknown whether the user named the entry of the keyring.
        assert (concern_of(resolution, never) is not None) == (users_own or named)


# A single user, who is never asked.


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("where", ["shell", "qwen env file", "env file", "home", "flags", "flag and shell"])
def test_a_user_with_everything_in_one_place_is_of_no_concern(profile: str, where: str) -> None:
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
    with tree_of(scene) as tree:
        resolution = tree.resolve(profile)
        assert concern_of(resolution, never) is None
        assert not [d for d in diagnose(resolution) if d.code == "QC301"]
        # Its artifact, used in the same place, is of no concern either.
        assert concern_about(to_artifact(resolution), tree) is None or where in ("flags", "flag and shell", "home")


def concern_about(artifact: ResolvedConfig, tree: SceneTree, tracked: Any = never, **env: str) -> Concern | None:
    scene = tree.scene
    home = None if scene.home is None else tree.root / scene.home
    here = Surroundings({**scene.environ, **env}, {}, tree.root / scene.cwd, home, user_files=home_level_files(home))
    return concern_of_artifact(artifact, tree.root / scene.cwd / "qwen.toml", "qwen.toml", here, tracked)


def test_a_home_file_with_key_and_endpoint_confirms_the_artifact() -> None:
    file = env_text((KEY, USERS_KEY), ("OPENAI_BASE_URL", USERS))
    with tree_of(Scene(files={HOME / ".qwen/.env": file})) as tree:
        assert concern_about(to_artifact(tree.resolve()), tree) is None


# A split between key and endpoint, in a harmless repository.

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
def test_known_providers_and_this_machine_only_give_a_warning(url: str) -> None:
    with tree_of(split_with(url)) as tree:
        resolution = tree.resolve()
        assert is_known_or_loopback(url)
        assert concern_of(resolution, always) is None
        (diagnostic,) = [d for d in diagnose(resolution) if d.code == "QC301"]
        assert (diagnostic.severity, diagnostic.finding.path, diagnostic.finding.line) == ("warning", "./.env", 1)
        assert " sends your " in diagnostic.finding.message
        assert "no approval is needed" in diagnostic.finding.hint


@pytest.mark.parametrize("url", NOT_EXEMPT)
def test_every_other_host_is_of_concern(url: str) -> None:
    with tree_of(split_with(url)) as tree:
        resolution = tree.resolve()
        assert not is_known_or_loopback(url)
        concern = concern_of(resolution, never)
        assert concern is not None
        assert concern.settings == (("base_url", url),)
        (diagnostic,) = [d for d in diagnose(resolution) if d.code == "QC301"]
        assert " would send your " in diagnostic.finding.message
        assert "qwen-cfg trust" in diagnostic.finding.hint


def test_a_concern_names_host_credential_and_files() -> None:
    with tree_of(SPLIT) as tree:
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
def test_a_typed_reference_is_the_users_own(reference: SecretReference, *, is_users: bool) -> None:
    with tree_of(SPLIT.but(environ={})) as tree:
        resolution = resolve_world(tree.world(), profile_named(), Options(secret_from=reference))
        assert (split_origin(resolution) is not None) == is_users


# Artifacts: an artifact is a file of the project.


def artifact_of_stranger(**changes: str) -> ResolvedConfig:
    """Return an artifact whose provenance says that the user typed everything."""
    with tree_of(Scene(environ={KEY: USERS_KEY}, flags={"base_url": USERS})) as tree:
        artifact = to_artifact(tree.resolve())
    return replace(artifact, config={**artifact.config, **changes})


@pytest.mark.parametrize("name", ["base_url", "proxy", "ca_bundle"])
def test_the_provenance_in_an_artifact_is_not_trusted(name: str) -> None:
    value = {"base_url": STRANGER, "proxy": "http://stranger.example:1", "ca_bundle": "./stranger.pem"}[name]
    artifact = artifact_of_stranger(**{"base_url": "https://api.openai.com/v1", name: value})
    with tree_of(Scene(environ={KEY: USERS_KEY})) as tree:
        concern = concern_about(artifact, tree)
        assert concern is not None
        assert dict(concern.settings) == {"base_url": artifact.text("base_url"), name: value}
        assert concern.credential == "key"


@pytest.mark.parametrize("url", EXEMPT)
def test_a_ci_job_with_an_exported_key_and_a_known_provider_needs_no_approval(url: str) -> None:
    with tree_of(Scene(environ={KEY: USERS_KEY})) as tree:
        assert concern_about(artifact_of_stranger(base_url=url), tree, always) is None


def test_a_value_that_the_environment_confirms_is_the_users_own() -> None:
    with tree_of(Scene(environ={KEY: USERS_KEY})) as tree:
        artifact = artifact_of_stranger(base_url=USERS, proxy="http://proxy.corp.example:1")
        assert concern_about(artifact, tree) is not None
        assert concern_about(artifact, tree, OPENAI_BASE_URL=USERS) is not None
        env = {"OPENAI_BASE_URL": USERS, "https_proxy": "http://proxy.corp.example:1"}
        assert concern_about(artifact, tree, **env) is None
        assert concern_about(artifact, tree, **{**env, "HTTPS_PROXY": "http://other.example:1"}) is not None


def test_an_env_file_with_the_key_confirms_the_endpoint_that_it_sets() -> None:
    reference = SecretReference("env-file", path="./.qwen/.env", variable=KEY)
    artifact = artifact_of_stranger(base_url=USERS)
    artifact = replace(artifact, config={**artifact.config, "api_key": reference})

    def concern(*assignments: tuple[str, str], tracked: Any = never) -> Concern | None:
        with tree_of(Scene(files={APP / ".qwen/.env": env_text(*assignments)})) as tree:
            return concern_about(artifact, tree, tracked)

    assert concern((KEY, USERS_KEY), ("OPENAI_BASE_URL", USERS)) is None
    # Key and endpoint came with the project; what the user types is the user's own.
    prompts = concern((KEY, USERS_KEY), ("OPENAI_BASE_URL", USERS), tracked=always)
    assert prompts is not None
    assert prompts.credential == "none"
    # The user's key, and an endpoint that only the artifact names.
    key = concern((KEY, USERS_KEY))
    assert key is not None
    assert key.credential == "key"
    assert concern((KEY, USERS_KEY), ("OPENAI_BASE_URL", STRANGER)) is not None
    # A keyring pointer is no key of the file.
    assert concern((KEY, "keyring:github/token"), ("OPENAI_BASE_URL", USERS)) is not None


# Approvals.


def test_a_changed_endpoint_asks_again_and_a_changed_comment_does_not(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state")
    with tree_of(SPLIT) as tree:
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


def test_approval_for_a_key_covers_prompts_and_not_the_reverse(tmp_path: Path) -> None:
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


def test_the_store_is_private_and_approvals_can_be_withdrawn(tmp_path: Path) -> None:
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
def test_a_broken_store_is_named_and_unchanged(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trust.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refusal:
        TrustStore(tmp_path).entries()
    assert refusal.value.where == str(file)
    assert file.read_text(encoding="utf-8") == text


def test_without_a_directory_nothing_is_trusted() -> None:
    assert TrustStore(None).entries() == ()
    assert not TrustStore(None).allows_owner(Path("/x"), 1)


# The owner of a file.


@pytest.fixture
def file_of_another_user(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    file = tmp_path / ".env"
    file.write_text("OPENAI_MODEL=theirs\n", encoding="utf-8")
    os.chown(file, NOBODY, NOBODY)
    return file


def test_an_env_file_of_another_user_is_an_error_with_file_and_owner(file_of_another_user: Path) -> None:
    with pytest.raises(ForeignFileError) as refusal:
        resolve_world(read(file_of_another_user.parent), profile_named())
    assert refusal.value.where == "./.env"
    assert "nobody" in refusal.value.what or str(NOBODY) in refusal.value.what
    assert (refusal.value.exit_code, refusal.value.path) == (5, file_of_another_user)


def test_the_user_can_allow_it_and_root_files_are_always_allowed(file_of_another_user: Path, tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state")
    store.add(TrustEntry(str(file_of_another_user), owner=NOBODY))
    disk = Disk(Standpoint(file_of_another_user.parent, None), store.allows_owner)
    assert disk.look(file_of_another_user).text == "OPENAI_MODEL=theirs\n"
    assert not store.allows_owner(file_of_another_user, NOBODY - 1)
    os.chown(file_of_another_user, 0, 0)
    assert resolve_world(read(file_of_another_user.parent), profile_named()).decisions["model"].value == "theirs"


def test_a_chosen_file_may_have_any_owner(file_of_another_user: Path) -> None:
    resolution = resolve_world(read(file_of_another_user.parent, env_file=file_of_another_user), profile_named())
    assert resolution.decisions["model"].value == "theirs"


def test_the_owners_of_links_and_of_the_qwen_directory_count(file_of_another_user: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("OPENAI_MODEL=mine\n", encoding="utf-8")
    file_of_another_user.unlink()
    file_of_another_user.symlink_to("mine")
    os.chown(file_of_another_user, NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(ForeignFileError):
        resolve_world(read(tmp_path), profile_named())
    file_of_another_user.unlink()
    directory = tmp_path / ".qwen"
    directory.mkdir()
    (directory / ".env").write_text("OPENAI_MODEL=mine\n", encoding="utf-8")
    assert resolve_world(read(tmp_path), profile_named()).decisions["model"].value == "mine"
    os.chown(directory, NOBODY, NOBODY)
    with pytest.raises(ForeignFileError):
        resolve_world(read(tmp_path), profile_named())


def test_the_user_behind_sudo_is_known(file_of_another_user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    assert resolve_world(read(file_of_another_user.parent), profile_named()).decisions["model"].value == "theirs"
    monkeypatch.setenv("SUDO_UID", "junk")
    with pytest.raises(ForeignFileError):
        resolve_world(read(file_of_another_user.parent), profile_named())


def test_every_field_that_affects_where_requests_go_is_checked() -> None:
    """For a new field, add here whether it affects where requests go."""
    deciding = {"base_url", "proxy", "ca_bundle", "qwen_oauth_url", "usage_statistics_endpoint"}
    harmless = {"auth_method", "api_key", "model", "no_proxy", "timeout", "max_retries", "debug"}
    harmless |= {"excluded_variables", "usage_statistics"}
    assert deciding | harmless == set(declared_fields())
    assert deciding == set(DECIDING)


def test_an_option_before_the_command_gets_advice_to_move_it() -> None:
    with pytest.raises(UsageError, match="unknown option '--trust-project'") as refused:
        build_parser("run").parse_args(["--trust-project", "run"])
    assert "after the command" in refused.value.hint
