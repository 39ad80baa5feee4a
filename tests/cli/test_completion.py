"""`qwen-cfg completion`: the scripts, tested in real shells."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pexpect
import pytest

from qwen_schema import declared_fields

from .process import clean_environment

if TYPE_CHECKING:
    from .process import Desk

# How a shell is started without user settings, and how it loads the script.
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'; PS1='READY> '; source {script}"),
    "zsh": (["-f", "-i"], "unsetopt zle_bracketed_paste prompt_cr; fpath=({home}/functions $fpath); "
            "autoload -Uz compinit; compinit -u -d {home}/dump; "
            "zstyle ':completion:*' menu no; zstyle ':completion:*' insert-tab false; PROMPT='READY> '"),
    "fish": (["--no-config", "-i", "-C", "function fish_prompt; echo -n 'READY> '; end"], "source {script}"),
}  # fmt: skip

# The text before Tab, and the last arguments that the program gets.
COMPLETIONS = [
    ("res", "resolve"),
    ("auth logi", "auth login"),
    ("resolve --inl", "--inline-secrets"),
    ("resolve --explain base_", "base_url"),
    ("resolve --format js", "--format json"),
    ("run --auth-type qw", "qwen-oauth"),
    ("why-not mod", "model="),
    ("why-not time", "timeout="),
    # The common beginning of all candidates.
    ("rule Q", "QC"),
    ("check a.toml --select Q", "QC"),
    ("resolve --model gpt", "gpt-4o"),
    ("check qw", "qwen.toml"),
    ("check sub/dee", "sub/deep.toml"),
    ("check with\\ bl", "with blank.toml"),
    ("envfile pro", "prod.env"),
    ("envfile prod.env sub/dee", "sub/deep.toml"),
    ("run --config qw", "qwen.toml"),
    ("run --config=qw", "--config=qwen.toml"),
    ("resolve --format=js", "--format=json"),
    ("resolve --env-file pro", "--env-file prod.env"),
    ("resolve -o sub/dee", "sub/deep.toml"),
    ("resolve --output qw", "qwen.toml"),
    ("resolve --ca-bundle ce", "cert.pem"),
    ("trust revoke prod.env qw", "prod.env qwen.toml"),
    # A directory, not the file listed before it.
    ("-C su", "-C sub"),
    ("-C qw", "-C qw"),
    ("run --secret-from env", "--secret-from env"),
    ("run --secret-from envi", "environment:"),
    ("resolve --secret-from key", "keyring:"),
    ("resolve --secret-from oa", "oauth-cache"),
    ("run --secret-from environment:MY_ODD_V", "environment:MY_ODD_VARIABLE"),
    ("run --secret-from env-file:pro", "env-file:prod.env"),
    ("run --secret-from=env-file:sub/dee", "env-file:sub/deep.toml"),
]


@pytest.fixture
def desk_with_files(desk: Desk) -> Desk:
    for name in ("qwen.toml", "prod.env", "sub/deep.toml", "with blank.toml", "cert.pem"):
        desk.write(f"work/app/{name}", "")
    stub = desk.write("bin/qwen-cfg", "#!/bin/sh\nprintf 'GOT'\nprintf '<%s>' \"$@\"\nprintf 'END\\n'\n")
    stub.chmod(0o755)
    return desk


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_in_a_real_shell(desk_with_files: Desk, shell: str) -> None:
    desk = desk_with_files
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    script = desk.write("functions/_qwen-cfg", desk.run("completion", shell).exits(0).out)
    options, begin = SHELLS[shell]
    environment = clean_environment(desk.home, {"TERM": "xterm", "MY_ODD_VARIABLE": "x"}, measured=False)
    environment["PATH"] = f"{desk.home / 'bin'}:{environment['PATH']}"
    child = pexpect.spawn(
        shell, options, cwd=str(desk.cwd), env=environment, dimensions=(40, 200), timeout=20, encoding="utf-8"
    )
    child.sendline(begin.format(script=script, home=desk.home))
    child.sendline("qwen-cfg begun")
    child.expect("GOT<begun>END")
    wrong = []
    for typed, expected in COMPLETIONS:
        child.send(f"qwen-cfg {typed}\t")
        child.send("\r")
        child.expect("GOT((?:<[^>]*>)*)END")
        got = child.match[1].strip("<>").replace("><", " ")
        # On Enter, zsh removes the slash that it added to a directory.
        if not got.rstrip("/").endswith(expected):
            wrong.append((typed, got))
    # The value follows the '=' directly.
    child.send("qwen-cfg why-not mod\tnew\r")
    child.expect("GOT((?:<[^>]*>)*)END")
    child.close(force=True)
    assert wrong == []
    assert child.match[1] == "<why-not><model=new>"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_a_script_has_fields_rules_and_choices(desk: Desk, shell: str) -> None:
    script = desk.run("completion", shell).exits(0).out
    for word in (*declared_fields(), "QC103", "QC305", "qwen-oauth", "qwen-code-0.21", "gpt-4o"):
        assert word in script, word


def test_the_help_says_where_to_put_a_script(desk: Desk) -> None:
    out = desk.run("completion", "--help").exits(0).out
    for place in ("bash-completion/completions", "fpath", "fish/completions", ".tcshrc"):
        assert place in out


def test_a_zsh_script_can_be_sourced(desk: Desk) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed here")
    script = desk.write("qwen-cfg.zsh", desk.run("completion", "zsh").exits(0).out)
    words = f"autoload -U compinit; compinit -u -D; source {script}; print $_comps[qwen-cfg]"
    process = subprocess.run([zsh, "-fc", words], capture_output=True, text=True, check=True, timeout=30)
    assert (process.stdout, process.stderr) == ("_shtab_qwen_cfg\n", "")
