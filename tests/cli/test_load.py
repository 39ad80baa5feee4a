"""`qwen_cfg.load()` and `check()`: the config that `run` would use, for Python programs, with a trust policy."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from support.trees import NOBODY

import qwen_cfg
from qwen_cfg import Config, ConfigurationError, NotTrustedError, QwenCfgError, Secret, UsageError, check, load
from qwen_cfg.application.schemas import SCHEMAS
from qwen_schema import ArtifactError, EnvFileError, SecretReferenceError, declared_fields

from .process import KEY
from .python_process import in_new_process, world

if TYPE_CHECKING:
    from .process import Desk

STRANGER = "https://stranger.example/v1"
TRUST = ("deny", "known", "allow")


def hostile(desk: Desk) -> None:
    """Make `~/work/app` a cloned repository whose env file sends the user's key to a stranger."""
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    git = ["git", "-C", str(desk.cwd), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-f", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)


def files_of(desk: Desk) -> dict[str, bytes]:
    return {path: content for path, content in desk.files().items() if "/.git/" not in path}


# The returned config.


def test_load_returns_the_resolved_values(desk: Desk) -> None:
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\nOPENAI_BASE_URL=http://localhost:1/v1\n")
    config = load(**world(desk, NO_PROXY="a,b"), values={"timeout": 7})
    assert (config.auth_method, config.model, config.base_url) == ("openai", "mine", "http://localhost:1/v1")
    assert config.api_key == Secret(KEY)
    assert (config.timeout, config.max_retries, config.debug) == (7.0, 3, False)
    assert (config.no_proxy, config.ca_bundle, config.profile) == (("a", "b"), None, "documented")
    assert (config.origins["model"].origin, config.origins["model"].variable) == ("../.env:2", "OPENAI_MODEL")
    assert config.origins["timeout"].layer == "flag"


def test_load_has_every_field_and_agrees_with_the_command_line(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=a#b\nDEBUG=1\n")
    config = load(**world(desk))
    printed = desk.run("resolve", "--format", "json").exits(0).json["config"]
    assert printed.keys() == declared_fields().keys()
    for name in printed.keys() - {"api_key", "ca_bundle"}:
        value = getattr(config, name)
        assert (list(value) if isinstance(value, tuple) else value) == printed[name]
        assert type(value) in (str, bool, int, float, tuple)


def test_paths_of_a_loaded_artifact_start_from_its_directory(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    here = load(**world(desk))
    desk.write("work/app/.env", "OPENAI_MODEL=another\n")
    away = {**world(desk, OPENAI_MODEL="exported"), "cwd": desk.home / "work"}
    for path in ("app/qwen.toml", "app", Path("app"), desk.cwd / "qwen.toml", str(desk.cwd)):
        config = load(path, **away)
        assert config == here
        assert (config.model, config.api_key) == ("mine", Secret(KEY))


def test_machine_settings_come_from_this_machine(desk: Desk) -> None:
    desk.run("resolve", "-o", "qwen.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    environ = {"OPENAI_API_KEY": KEY, "HTTPS_PROXY": "http://me:secret-of-the-proxy@proxy.example:1"}
    environ["SSL_CERT_FILE"] = "certificates/a.pem"
    config = load("app", **{**world(desk, **environ), "cwd": desk.home / "work"})
    assert (config.proxy, config.proxy_login) == ("http://proxy.example:1", Secret("me:secret-of-the-proxy"))
    assert config.ca_bundle == desk.home / "work/certificates/a.pem"
    assert "secret-of-the-proxy" not in repr(config)
    there = load(**world(desk, **environ))
    assert there.ca_bundle == desk.cwd / "certificates/a.pem"


def test_the_defaults_are_those_of_this_process(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    code = "import qwen_cfg; c = qwen_cfg.load(); print(c.model, c.timeout, c.api_key)"
    process = in_new_process(desk, code, QWEN_CFG_TIMEOUT="9")
    assert process == "mine 9.0 Secret('**********')\n"


def test_an_environment_without_a_home_has_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(desk.home))
    desk.write(".env", "OPENAI_MODEL=of the home\n")
    assert load(cwd=desk.cwd / "..", environ={"OPENAI_API_KEY": KEY}).model == "of the home"
    (desk.home / ".env").rename(desk.home / "moved")
    desk.write(".qwen/.env", "OPENAI_MODEL=of the home\n")
    (desk.home.parent / "elsewhere").mkdir()
    away = desk.home.parent / "elsewhere"
    assert load(cwd=away, environ={"OPENAI_API_KEY": KEY}).model == "gpt-4o"
    assert load(cwd=away, environ={"OPENAI_API_KEY": KEY, "HOME": str(desk.home)}).model == "of the home"
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert load(cwd=away).model == "of the home"


@pytest.mark.parametrize("flag", ["known", "allow"])
def test_nothing_is_printed_or_written(desk: Desk, capfd: pytest.CaptureFixture[str], flag: Any) -> None:
    hostile(desk)
    before = files_of(desk)
    config = load(**world(desk, OPENAI_API_KEY=KEY, QWEN_CFG_TRUST_PROJECT="1"), trust=flag)
    config.explain()
    assert capfd.readouterr() == ("", "")
    assert files_of(desk) == before


def test_load_returns_the_warnings_of_run(open_desk: Desk) -> None:
    desk = open_desk
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n").chmod(0o644)
    (warning,) = load(**world(desk)).warnings
    assert warning.startswith("QC303 warning: ./.env contains an API key")
    assert warning in desk.run("run", "-p", "x", "--openai-base-url", "http://127.0.0.1:9/v1").output


def test_a_qwen_oauth_login_is_no_key(desk: Desk) -> None:
    config = load(**world(desk), values={"auth_method": "qwen-oauth"})
    assert (config.auth_method, config.api_key, config.model) == ("qwen-oauth", None, "coder-model")
    with pytest.raises(ConfigurationError, match="qwen-oauth"):
        config.client_kwargs()


# The trust decision.


def test_a_concern_is_refused_unless_it_is_allowed(desk: Desk) -> None:
    hostile(desk)
    here = world(desk, OPENAI_API_KEY=KEY)
    for trust in ("deny", "known"):
        with pytest.raises(NotTrustedError) as caught:
            load(**here, trust=trust)
        assert "stranger.example" in str(caught.value)
        assert "qwen-cfg trust" in caught.value.hint
        assert 'load(trust="allow")' in caught.value.hint
        assert KEY not in f"{caught.value!r} {caught.value.hint}"
    assert load(**here, trust="allow").base_url == STRANGER


def test_no_approval_is_suggested_for_an_untraceable_key(desk: Desk) -> None:
    hostile(desk)
    with pytest.raises(NotTrustedError) as caught:
        load(**world(desk), values={"api_key": KEY})
    assert caught.value.hint == 'To decide in the program: load(trust="allow"). Nothing was sent.'


def test_the_suggested_command_approves(desk: Desk) -> None:
    hostile(desk)
    here = {**world(desk, OPENAI_API_KEY=KEY), "values": {"model": "m"}}
    with pytest.raises(NotTrustedError) as caught:
        load(**here, trust="known")
    words = shlex.split(caught.value.hint.partition("once: ")[2].partition(". To decide")[0])
    assert words[0] == "qwen-cfg"
    desk.run(*words[1:], "--yes", env={"OPENAI_API_KEY": KEY}).exits(0)
    assert load(**here, trust="known").model == "m"


def test_deny_is_the_default(desk: Desk) -> None:
    hostile(desk)
    with pytest.raises(NotTrustedError):
        load(**world(desk, OPENAI_API_KEY=KEY))


def test_approvals_count_only_for_known(desk: Desk) -> None:
    hostile(desk)
    desk.run("trust", "--yes", env={"OPENAI_API_KEY": KEY}).exits(0)
    here = world(desk, OPENAI_API_KEY=KEY)
    assert load(**here, trust="known").base_url == STRANGER
    with pytest.raises(NotTrustedError) as caught:
        load(**here, trust="deny")
    assert 'load(trust="known")' in caught.value.hint
    desk.write("work/app/.env", "OPENAI_BASE_URL=https://another.example/v1\n")
    with pytest.raises(NotTrustedError):
        load(**here, trust="known")


def test_approval_by_the_environment_counts_only_for_known(desk: Desk) -> None:
    hostile(desk)
    here = world(desk, OPENAI_API_KEY=KEY, QWEN_CFG_TRUST_PROJECT="1")
    assert load(**here, trust="known").base_url == STRANGER
    with pytest.raises(NotTrustedError):
        load(**here, trust="deny")


def test_no_file_of_the_project_can_approve(desk: Desk) -> None:
    hostile(desk)
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\nQWEN_CFG_TRUST_PROJECT=1\nXDG_STATE_HOME=.\n")
    for trust in ("deny", "known"):
        with pytest.raises(NotTrustedError):
            load(**world(desk, OPENAI_API_KEY=KEY), trust=trust)


def test_an_artifact_of_a_stranger_is_refused(desk: Desk) -> None:
    desk.run("resolve", "-o", "qwen.toml", "--openai-base-url", STRANGER, env={"OPENAI_API_KEY": KEY}).exits(0)
    here = world(desk, OPENAI_API_KEY=KEY)
    for trust in ("deny", "known"):
        with pytest.raises(NotTrustedError):
            load("qwen.toml", **here, trust=trust)
    assert load("qwen.toml", **here, trust="allow").base_url == STRANGER
    desk.run("trust", "--yes", "--config", "qwen.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    assert load("qwen.toml", **here, trust="known").base_url == STRANGER
    with pytest.raises(NotTrustedError):
        load("qwen.toml", **here)


def test_deny_reads_no_approvals(desk: Desk) -> None:
    desk.write(".local/state/qwen-cfg/trust.json", "not JSON")
    hostile(desk)
    here = world(desk, OPENAI_API_KEY=KEY)
    with pytest.raises(ConfigurationError, match="approvals"):
        load(**here, trust="known")
    with pytest.raises(NotTrustedError):
        load(**here, trust="deny")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_env_file_of_another_user_is_refused(desk: Desk) -> None:
    os.chown(desk.write("work/app/.env", "OPENAI_MODEL=theirs\n"), NOBODY, NOBODY)
    here = world(desk, OPENAI_API_KEY=KEY)
    for trust in ("deny", "known"):
        with pytest.raises(NotTrustedError):
            load(**here, trust=trust)
    with pytest.raises(NotTrustedError) as caught:
        load(**world(desk, OPENAI_API_KEY=KEY, QWEN_CFG_TRUST_PROJECT="1"))
    assert "--" not in caught.value.hint
    assert 'load(trust="allow")' in caught.value.hint
    assert load(**here, trust="allow").model == "theirs"
    assert load(**world(desk, OPENAI_API_KEY=KEY, SUDO_UID=str(NOBODY))).model == "theirs"
    desk.run("trust", "--yes", env={"OPENAI_API_KEY": KEY}).exits(0)
    assert load(**here, trust="known").model == "theirs"


# The key.


def test_no_conversion_shows_the_key(desk: Desk) -> None:
    config = load(**world(desk, OPENAI_API_KEY=KEY))
    key = config.api_key
    assert key is not None
    shown = [
        repr(config),
        str(config),
        repr(key),
        str(key),
        f"{key}",
        f"{key!s:>60}",
        f"{config}",
    ]
    shown += [config.explain(), config.explain(everything=True), json.dumps(config.explain_data())]
    assert [text for text in shown if KEY in text] == []
    for copy_of in (pickle.dumps, json.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            copy_of(key)
        assert KEY not in str(caught.value)
    with pytest.raises(TypeError):
        pickle.dumps(config)
    with pytest.raises(TypeError):
        json.dumps(config)
    assert key.reveal() == KEY


def test_a_config_is_frozen(desk: Desk) -> None:
    config = load(**world(desk, OPENAI_API_KEY=KEY))
    with pytest.raises(AttributeError):
        config.model = "another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.origins["model"] = config.origins["debug"]  # type: ignore[index]
    assert hash(config) == hash(load(**world(desk, OPENAI_API_KEY=KEY)))


@pytest.mark.parametrize("trust", TRUST)
def test_a_command_of_the_user_runs_and_one_of_a_project_does_not(desk: Desk, trust: Any) -> None:
    desk.write("key", f"{KEY}\n")
    pointer = f"command:cat {desk.home}/key"
    assert load(**world(desk, OPENAI_API_KEY=pointer), trust=trust).api_key == Secret(KEY)
    desk.write("work/app/.env", f"OPENAI_API_KEY='command:touch {desk.home}/ran'\n")
    with pytest.raises(QwenCfgError):
        load(**world(desk), trust=trust)
    assert not (desk.home / "ran").exists()


@pytest.mark.parametrize("trust", TRUST)
def test_a_command_of_an_artifact_is_not_run(desk: Desk, trust: Any) -> None:
    words = ["resolve", "-o", "qwen.toml", "--secret-from", f"command:touch {desk.home}/ran"]
    desk.run(*words).exits(0)
    with pytest.raises(NotTrustedError):
        load("qwen.toml", **world(desk), trust=trust)
    assert not (desk.home / "ran").exists()
    config = load("qwen.toml", **world(desk, MINE=KEY), trust=trust, secret_from="environment:MINE")
    assert config.api_key == Secret(KEY)


def test_a_key_from_a_flag_has_to_be_given_again(desk: Desk) -> None:
    desk.run("resolve", "-o", "qwen.toml", "--openai-api-key", KEY).exits(0)
    with pytest.raises(SecretReferenceError):
        load("qwen.toml", **world(desk))
    assert load("qwen.toml", **world(desk), values={"api_key": KEY}).api_key == Secret(KEY)
    assert load("qwen.toml", **world(desk), values={"api_key": Secret(KEY)}).api_key == Secret(KEY)


# Started programs and files that are read.

WATCHED = """
import os, sys
from collections.abc import MutableMapping

class Poisoned(MutableMapping):
    # The environment of this process: only git may get a part of it, and no more than it needs.
    def __init__(self, texts, names):
        self.texts, self.names = texts, names
    def __contains__(self, name):
        if name not in self.names:
            raise RuntimeError(f"{name} of os.environ was used")
        return name in self.texts
    def __getitem__(self, name):
        assert name in self
        return self.texts[name]
    def _refuse(self, *_):
        raise RuntimeError("os.environ was used")
    __setitem__ = __delitem__ = __iter__ = __len__ = copy = _refuse

started = set()
def watch(event, arguments):
    if event == "subprocess.Popen":
        started.add(os.path.basename(os.fsdecode(arguments[0])))
    elif event.startswith(("os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.", "pty.")):
        print(f"{event} happened")
        os._exit(9)

import qwen_cfg
from qwen_cfg.reading.git_command import _PASSED_ON, _PLACES
given = dict(os.environ)
os.environ = Poisoned(given, {*_PASSED_ON, *_PLACES})
sys.addaudithook(watch)
here = {"environ": given, "cwd": sys.argv[1]}
config = qwen_cfg.load(**here)
again = qwen_cfg.load("qwen.toml", **here)
assert config == again
qwen_cfg.check("qwen.toml", **here)
loaded = {"httpx", "rich", "jsonschema", "ssl", "argparse", "prompt_toolkit"} & set(sys.modules)
config.explain_data()
# The library that draws it reads one.
os.environ = given
config.explain()
print(sorted(started), sorted(loaded))
"""


def test_load_starts_only_git_and_reads_only_the_given_environment(desk: Desk) -> None:
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n")
    desk.write("work/app/.gitignore", ".env\n")
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    assert in_new_process(desk, WATCHED, str(desk.cwd)) == "['git'] []\n"


def test_outside_of_a_work_tree_no_program_is_started(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    assert in_new_process(desk, WATCHED, str(desk.cwd)) == "[] []\n"


# The explanation and the check.


def test_the_explanation_is_that_of_the_command_line(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    desk.write(".qwen/.env", "OPENAI_MODEL=of-the-home\n")
    config = load(**world(desk))
    printed = desk.run("resolve", "--explain", env={"COLUMNS": "100"}).exits(0).out
    assert config.explain() == printed
    assert "not reached" in printed
    data = desk.run("resolve", "--explain", "--format", "json").exits(0).json
    assert config.explain_data() == data
    schema = next(schema for schema in SCHEMAS if schema.name == "explain").load()
    assert list(Draft202012Validator(schema).iter_errors(config.explain_data())) == []
    everything = config.explain(everything=True)
    assert [name for name in declared_fields() if name not in everything] == []


def test_an_artifact_explains_itself(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    config = load("qwen.toml", **world(desk))
    (desk.cwd / ".env").unlink()
    lines = config.explain().splitlines()
    assert lines[0] == "qwen.toml (rules: documented)"
    assert any(line.split() == ["model", "mine", "./.env:2", "OPENAI_MODEL"] for line in lines)
    assert [name for name in declared_fields() if name not in config.explain()] == []
    text = (desk.cwd / "qwen.toml").read_text(encoding="utf-8")
    assert config.explain_data() == tomllib.loads(text)


def test_the_explanation_does_not_show_an_inlined_key(desk: Desk) -> None:
    words = ["resolve", "-o", "qwen.toml", "--inline-secrets"]
    desk.run(*words, env={"OPENAI_API_KEY": KEY}).exits(0)
    config = load("qwen.toml", **world(desk), trust="allow")
    assert config.api_key == Secret(KEY)
    assert KEY not in config.explain() + json.dumps(config.explain_data()) + repr(config)


def test_a_check_returns_the_differences(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    before = files_of(desk)
    assert check("qwen.toml", **world(desk)).is_up_to_date
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=another\n")
    result = check(desk.cwd, **world(desk))
    assert result.is_up_to_date is False
    (difference,) = result.differences
    assert (difference.field, difference.old, difference.new) == ("model", "mine", "another")
    assert desk.run("check").exits(1).code == 1
    (desk.cwd / ".env").unlink()
    missing = check("app/qwen.toml", **{**world(desk), "cwd": desk.home / "work"})
    assert (missing.is_up_to_date, missing.key_is_missing, missing.absent) == (True, True, ("./.env",))
    assert "model" in missing.not_compared
    assert check("qwen.toml", **world(desk), strict=True).is_up_to_date is False
    assert {n: c for n, c in files_of(desk).items() if n != "work/app/.env"} == {
        n: c for n, c in before.items() if n != "work/app/.env"
    }


# Bad input.


def test_bad_input_is_a_typed_error(desk: Desk, tmp_path: Path) -> None:
    desk.write("work/app/bad.toml", "format = 2\n")
    desk.write("work/app/cut.toml", "format = 1\n[config")
    desk.write("work/app/latin.toml", b"# \xff\n")
    desk.run("resolve", "-o", "qwen.toml", env={"OPENAI_API_KEY": KEY}).exits(0)
    here = world(desk, OPENAI_API_KEY=KEY)
    expected: list[tuple[type[Exception], tuple[Any, ...], dict[str, Any]]] = [
        (UsageError, (), {**here, "trust": "ask"}),
        (UsageError, (), {**here, "trust": KEY}),
        (UsageError, (), {**here, "values": {"colour": "red"}}),
        (UsageError, (), {**here, "values": {"model": None}}),
        (UsageError, (), {**here, "profile": "newest"}),
        (UsageError, (), {**here, "secret_from": "nowhere"}),
        (UsageError, ("qwen.toml",), {**here, "values": {"model": "m"}}),
        (UsageError, ("qwen.toml",), {**here, "profile": "documented"}),
        (ArtifactError, ("missing.toml",), here),
        (ArtifactError, ("bad.toml",), here),
        (ArtifactError, ("cut.toml",), here),
        (ArtifactError, ("latin.toml",), here),
        (ArtifactError, (tmp_path,), here),
        (UsageError, ("a\x00b",), here),
        (ConfigurationError, (), {**here, "cwd": desk.cwd / "missing"}),
        (ConfigurationError, (), {**here, "cwd": desk.cwd / "qwen.toml"}),
        (ConfigurationError, (), {**here, "values": {"timeout": 0}}),
        (ConfigurationError, (), world(desk)),
        (SecretReferenceError, ("qwen.toml",), world(desk)),
    ]
    for error, words, options in expected:
        with pytest.raises(error) as caught:
            load(*words, **options)
        assert isinstance(caught.value, QwenCfgError)
        assert KEY not in f"{caught.value!r} {caught.value} {caught.value.hint}"


def test_only_an_artifact_can_be_checked(desk: Desk) -> None:
    desk.write("work/app/bad.toml", "format = 2\n")
    for path in ("missing.toml", "bad.toml", desk.home):
        with pytest.raises(ArtifactError):
            check(path, **world(desk))


def test_an_env_file_that_cannot_be_read_is_named(desk: Desk) -> None:
    desk.write("work/app/.env", b"\xff")
    with pytest.raises(EnvFileError, match="UTF-8"):
        load(**world(desk))


def test_a_working_directory_that_was_deleted(desk: Desk) -> None:
    code = "import os, qwen_cfg\nos.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
    code += "try: qwen_cfg.load()\nexcept qwen_cfg.ConfigurationError as error: print(error.what)"
    assert in_new_process(desk, code) == "the working directory cannot be found\n"


# The interface.


def test_the_version_and_the_names() -> None:
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert qwen_cfg.__version__ == declared["project"]["version"]
    assert set(qwen_cfg.__all__) <= set(dir(qwen_cfg))
    assert "__version__" in dir(qwen_cfg)


def test_load_imports_few_modules(desk: Desk) -> None:
    """Loading a config imports no HTTP client, no screen and no validator."""
    dear = ["httpx", "ssl", "rich", "jsonschema", "argparse", "prompt_toolkit", "dotenv"]
    code = f"import sys, qwen_cfg; qwen_cfg.load(); print([n for n in {dear} if n in sys.modules])"
    assert in_new_process(desk, code, OPENAI_API_KEY=KEY) == "[]\n"
    assert in_new_process(desk, "import sys, qwen_cfg; print([n for n in sys.modules if n.startswith('qwen_')])") == (
        "['qwen_cfg']\n"
    )


def test_config_has_an_attribute_for_every_field() -> None:
    names = [name for name in inspect.get_annotations(Config) if name in declared_fields()]
    assert set(names) == set(declared_fields())
