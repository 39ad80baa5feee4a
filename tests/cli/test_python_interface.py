"""The Python interface: `resolve` reads only the given world and changes nothing."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trees import NOBODY

import qwen_cfg
import qwen_runtime
import qwen_schema
from qwen_cfg import diagnose, resolve, to_artifact
from qwen_cfg.application.flags import flags_in
from qwen_cfg.cli.options import add_field_flags
from qwen_cfg.cli.parser import Parser
from qwen_cfg.explanation import explain
from qwen_schema import EnvFileError, NotTrustedError, Secret, UsageError, dump, load

from .process import KEY
from .python_process import in_new_process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.world import FlagValue, GitStatus

    from .process import Desk


# Prints whether any object of the process contains a key of the env file, during and after its use.
_HELD = """\
import gc, os, sys
from pathlib import Path
from qwen_cfg import diagnose, load, resolve, to_artifact
from qwen_cfg.explanation import explain
from qwen_schema import dump, redact

part = "".join(reversed(sys.argv[1]))

def is_held():
    gc.collect()
    found = (text for each in gc.get_objects() for text in gc.get_referents(each) if type(text) is str)
    return any(part in text for text in found if text != part)

def use():
    resolution = resolve(environ=os.environ, cwd=Path.cwd(), home=Path.home())
    warnings = diagnose(resolution)
    dump(to_artifact(resolution)), explain(resolution, warnings), redact(f"a text with {part}")
    return resolution, load()

kept = use()
print(is_held())
del kept
print(is_held())
"""


_RARE_KEY = "sk-Jm7Xq2Vw9Rt4Kp8Zs6Hd3Lf5"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("work/app/.env", f"OPENAI_API_KEY='{_RARE_KEY}' # mine\nOPENAI_MODEL=m\nOPENAI_BASE_URL=http://h/v1\nA=`b`\n"),
        (".qwen/settings.json", f'{{"security": {{"auth": {{"selectedType": "openai", "apiKey": "{_RARE_KEY}"}}}}}}'),
        (
            ".qwen/.env",
            f"OPENAI_API_KEY=k\nOPENAI_MODEL=m\nOPENAI_BASE_URL=http://h/v1\nHTTPS_PROXY=http://me:{_RARE_KEY[3:]}@h:1\n",
        ),
        (
            "work/app/.env",
            f"OPENAI_API_KEY=k\nOPENAI_MODEL=m\nOPENAI_BASE_URL=http://h/v1\nHTTPS_PROXY=http://me:{_RARE_KEY[3:]}@h:1\n",
        ),
    ],
    ids=["env file", "settings", "proxy", "proxy of a project"],
)
def test_no_object_keeps_a_key_after_its_use(desk: Desk, path: str, text: str) -> None:
    desk.write(path, text).chmod(0o600)
    assert in_new_process(desk, _HELD, _RARE_KEY[:2:-1], QWEN_CFG_PROFILE="qwen-code-0.21") == "True\nFalse\n"


@pytest.mark.parametrize("package", [qwen_cfg, qwen_schema, qwen_runtime])
def test_every_public_name_can_be_imported(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(package, name) is not None
    assert (Path(inspect.getfile(package)).parent / "py.typed").exists()  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        package.no_such_name  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", qwen_cfg.__all__)
def test_a_public_name_is_not_a_module(name: str) -> None:
    """A module can hide a function with the same name, and only in a new process."""
    code = f"from qwen_cfg import {name}; print(callable({name}))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert process.stdout == "True\n"


def test_repeated_resolutions_see_each_change_and_are_fast(desk: Desk) -> None:
    """Caches hold only values that depend on no file, so repeated resolutions make few calls."""
    file = desk.write("work/app/.env", "")

    def resolve_with(text: str) -> Resolution:
        file.write_text(text)
        return resolve(environ={"PATH": "/usr/bin"}, cwd=desk.cwd, home=desk.home)

    for number in range(3):
        models = [resolve_with(f"OPENAI_MODEL=m{number}\n"), resolve_with("# none\n"), resolve_with("OPENAI_MODEL=\n")]
        assert [one.decisions["model"].value for one in models] == [f"m{number}", "gpt-4o", "gpt-4o"]
    calls = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        resolve_with("OPENAI_MODEL=m\n")
    finally:
        sys.setprofile(None)
    assert calls < 3_000, "4,700 were made while nothing was remembered"


def test_resolve_uses_only_the_given_world(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=mine\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/.env").write_text("OPENAI_MODEL=elsewhere\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("OPENAI_MODEL", "of this process")
    monkeypatch.setenv("QWEN_CFG_PROFILE", "qwen-code-0.21")
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    before = dict(os.environ)
    resolution = resolve(environ={"OPENAI_BASE_URL": "http://h/v1"}, cwd=desk.cwd, home=desk.home)
    assert dict(os.environ) == before
    artifact = to_artifact(resolution)
    assert (artifact.text("model"), artifact.text("base_url")) == ("mine", "http://h/v1")
    assert artifact.profile == "documented"
    assert str(resolution.decisions["model"].winner.origin) == "../.env:2 OPENAI_MODEL"  # type: ignore[union-attr]
    assert load(dump(artifact)) == artifact


# Audit events that would affect the caller's process: started programs and network use.
WATCHED = """
import os, sys
from collections.abc import MutableMapping
from pathlib import Path

from qwen_cfg import compare_profiles, diagnose, explain, resolve, to_artifact
from qwen_schema import dump

class Poisoned(MutableMapping):
    def _refuse(self, *_):
        raise SystemExit("os.environ was used")
    __getitem__ = __setitem__ = __delitem__ = __iter__ = __len__ = __contains__ = get = copy = _refuse

def watch(event, arguments):
    if event.startswith(("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.", "pty.")):
        print(f"{event} happened")
        os._exit(9)

given = dict(os.environ)
os.environ = os.environb = Poisoned()
sys.addaudithook(watch)
here = {"environ": given, "cwd": sys.argv[1], "home": sys.argv[2]}
newer = {"profile": "qwen-code-0.21", "argv": ["--auth-type", "openai"]}
for options in ({}, {"dialect": "python"}, newer, {"argv": ["--model", "m"]}):
    resolution = resolve(**here, **options)
    diagnose(resolution)
    compare_profiles(resolution)
    explain(resolution, diagnose(resolution))
    dump(to_artifact(resolution))
print(*sorted(diagnostic.code for diagnostic in diagnose(resolution)))
"""


def test_resolve_reads_no_other_environment_and_starts_no_program(desk: Desk) -> None:
    """In a work tree, with a key in a file that git may track, and with a file of another user."""
    subprocess.run(["git", "init", "--quiet", str(desk.cwd)], check=True, timeout=30)
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL='quoted' # and more\n")
    desk.write(".qwen/.env", "QWEN_HOME=~/other\n")
    words = [sys.executable, "-c", WATCHED, str(desk.cwd), str(desk.home)]
    process = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert (process.returncode, process.stderr) == (0, "")
    assert "QC304" not in process.stdout


def test_git_is_asked_only_through_the_given_function(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    paths = []

    def status(path: Path) -> GitStatus | None:
        paths.append(path)
        return "not ignored"

    here = {"environ": {}, "cwd": desk.cwd, "home": desk.home}
    codes = [{d.code for d in diagnose(resolve(**here, **ways))} for ways in ({}, {"git_status": status})]
    assert ["QC304" in found for found in codes] == [False, True]
    assert paths == [desk.cwd / ".env"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_user_behind_sudo_comes_from_the_given_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    desk.write("work/app/.env", "OPENAI_MODEL=mine\n")
    os.chown(desk.cwd / ".env", NOBODY, NOBODY)
    here = {"cwd": desk.cwd, "home": desk.home}
    assert resolve(environ={"SUDO_UID": str(NOBODY)}, **here).decisions["model"].value == "mine"
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    with pytest.raises(NotTrustedError):
        resolve(environ={}, **here)


def test_resolve_agrees_with_the_command_line(desk: Desk) -> None:
    desk.write("work/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL='a#b'\nDEBUG=1\n")
    argv = ["--timeout", "7", "--no-debug", "-m", "x"]
    mine = to_artifact(resolve(argv, environ={}, cwd=desk.cwd, home=desk.home))
    assert dump(mine) == desk.run("resolve", *argv).exits(0).out


def test_flags_and_values_are_equivalent(desk: Desk) -> None:
    argv = ["--model", "m", "--timeout", "1.5", "--no-proxy", "a,b", "--debug", "--openai-api-key", KEY]
    values = {"model": "m", "timeout": 1.5, "no_proxy": ("a", "b"), "debug": True, "api_key": KEY}
    by_flags = resolve(argv, environ={}, cwd=desk.cwd, home=None)
    by_values = resolve(environ={}, cwd=desk.cwd, home=None, values=values)
    secret = resolve(environ={}, cwd=desk.cwd, home=None, values={**values, "api_key": Secret(KEY)})
    assert to_artifact(by_flags) == to_artifact(by_values) == to_artifact(secret)
    assert by_flags.decisions["api_key"].value == Secret(KEY)


WORDS = ("--model", "-m", "-mx", "-m=x", "--model=", "--model=a=b", "-model", "--modelx", "--debug", "--no-debug")
WORDS += ("--debug=1", "--no-proxy", "--no-proxy=a,b", "--openai-api-key", f"--openai-api-key={KEY}", KEY, "x", "")
WORDS += ("-", "-1", "-.5", "-x", "-x y", "--x y", "--colour", "-é", "--timeout")


def by_parser(words: list[str]) -> Mapping[str, FlagValue]:
    parser = Parser(prog="qwen-cfg", add_help=False)
    add_field_flags(parser)
    parser.set_defaults(command="resolve")
    given: Mapping[str, FlagValue] = parser.parse_args(words).flags
    return given


@given(st.lists(st.sampled_from(WORDS), max_size=5))
def test_flags_are_read_as_the_command_line_reads_them(words: list[str]) -> None:
    try:
        expected = by_parser(words)
    except UsageError:
        with pytest.raises(UsageError) as caught:
            flags_in(words)
        assert KEY not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    else:
        assert flags_in(words) == expected


def test_the_env_file_and_the_profile_can_be_chosen(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=a#b\n")
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    here = {"environ": {}, "cwd": str(desk.cwd), "home": str(desk.home)}
    assert resolve(**here).needs_api_key is False
    assert resolve(**here).auth_method is None
    newer = resolve(**here, profile="qwen-code-0.21", argv=["--auth-type", "openai"])
    assert (newer.auth_method, newer.needs_api_key, newer.is_complete) == ("openai", False, True)
    assert resolve(**here, profile="qwen-code-0.21").auth_method is None
    assert resolve(**here, env_file="../../.env").auth_method == "openai"
    assert resolve(**here, dialect="python").decisions["model"].value == "a#b"
    assert resolve(**here, search=False).decisions["model"].value == "gpt-4o"
    assert resolve(environ={}, cwd=desk.cwd, home=desk.home / "missing").auth_method is None


def test_errors_are_typed(desk: Desk) -> None:
    here = {"environ": {}, "cwd": desk.cwd, "home": desk.home}
    for bad in ({"profile": "newest"}, {"values": {"colour": "red"}}, {"argv": ["--colour", "red"]}, {"argv": [KEY]}):
        with pytest.raises(UsageError) as caught:
            resolve(**here, **bad)
        assert KEY not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    with pytest.raises(EnvFileError):
        resolve(**here, env_file="missing.env")
    desk.write("work/app/.env", b"\xff")
    with pytest.raises(EnvFileError):
        resolve(**here)
    assert issubclass(EnvFileError, qwen_schema.QwenCfgError)
    assert issubclass(UsageError, qwen_schema.QwenCfgError)


def test_an_incomplete_resolution_can_be_explained_but_has_no_artifact(desk: Desk) -> None:
    resolution = resolve(environ={}, cwd=desk.cwd, home=desk.home)
    assert resolution.is_complete is False
    diagnostics = diagnose(resolution)
    assert [d.code for d in diagnostics if d.severity == "error"] == ["QC203"]
    assert explain(resolution, diagnostics).complete is False
    with pytest.raises(qwen_schema.ConfigurationError):
        to_artifact(resolution)


def test_no_returned_object_shows_a_secret(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.write(".env", "OPENAI_API_KEY=another-key-of-the-home\n")
    resolution = resolve(environ={"OPENAI_API_KEY": "third-key-exported"}, cwd=desk.cwd, home=desk.home)
    diagnostics = diagnose(resolution)
    shown = repr((resolution, diagnostics, explain(resolution, diagnostics), to_artifact(resolution)))
    for secret in (KEY, "another-key-of-the-home", "third-key-exported"):
        assert secret not in shown


def test_importing_the_package_is_fast_and_prints_nothing() -> None:
    code = "import sys, qwen_cfg; print(sorted({'jsonschema', 'httpx', 'rich', 'dotenv'} & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert (process.stdout, process.stderr) == ("[]\n", "")
