"""Runs the real `qwen-cfg` in a real process and tree, with only the test's variables in its environment."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import subprocess
import sys
import termios
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .fork_server import Command, ForkServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.provider import Provider

    from .fork_server import Forked

PROGRAM = (sys.executable, "-m", "qwen_cfg")
KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
SECONDS = 60

# Root may write everywhere, so a test about unwritable files runs as another user.
_AS_NOBODY = """\
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""
_ENTRY = "\nfrom qwen_cfg.__main__ import entry\nentry()\n"


# Variables that the interpreter reads at its start have no effect in a fork, apart from PYTHONPATH.
_READ_AT_START = (*(f"PYTHON{letter}" for letter in "ABCDEFGHIJKLMNOQRSTUVWXYZ"), "LC_", "LANG", "COVERAGE")


@dataclass(frozen=True)
class Outcome:
    """The exit code and the output of a process."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def toml(self) -> dict[str, Any]:
        return tomllib.loads(self.out)

    def exits(self, code: int) -> Outcome:
        """Check the exit code, and that no bug was reported; return this outcome."""
        assert self.code == code, f"exit {self.code}, not {code}\n{self.out}\n{self.err}"
        assert "Traceback" not in self.output
        assert "a bug in qwen-cfg" not in self.err
        return self


@dataclass(frozen=True)
class Run:
    """A command line and its working directory."""

    argv: Sequence[str]
    cwd: Path
    home: Path
    env: Mapping[str, str]


def clean_environment(
    home: Path | str | None, extra: Mapping[str, str | bytes] | None = None, *, measured: bool = True
) -> dict[Any, Any]:
    """Return an environment with PATH, HOME and the given variables."""
    # The second is set where coverage is measured, and then reaches into the processes too.
    passed_on = ("PATH", "COVERAGE_PROCESS_CONFIG") if measured else ("PATH",)
    base: dict[Any, Any] = {name: os.environ[name] for name in passed_on if name in os.environ}
    if home is not None:
        base["HOME"] = str(home)
    return {**base, **(extra or {})}


def run(
    *argv: str | bytes | Path,
    cwd: Path,
    home: Path | str | None,
    env: Mapping[str, str | bytes] | None = None,
    stdin: bytes = b"",
    stdout: IO[Any] | int | None = None,
    before: str = "",
    nobody: bool = False,
) -> Outcome:
    """Run one command line to its end, with its output to a file if one is given.

    Unless a variable has an effect on the start of an interpreter, it is a fork of a process that has everything
    loaded. `before` is Python code that runs in it first.
    """
    before = _AS_NOBODY if nobody else before
    # Where a process may not write, neither may the measuring of its coverage.
    environment = clean_environment(home, env, measured=not before)
    if can_fork(environment):
        command = command_of(argv, cwd, environment, code=before and before + _ENTRY)
        file = stdout if stdout is None or isinstance(stdout, int) else stdout.fileno()
        code, out, err = fork_server().run(command, stdin=stdin, seconds=SECONDS, stdout=file)
        return Outcome(code, out.decode(), err.decode())
    assert not before, "the code would run after the start of an interpreter"
    process = subprocess.run(
        [*PROGRAM, *argv],
        cwd=cwd,
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )
    return Outcome(process.returncode, (process.stdout or b"").decode(), process.stderr.decode())


@cache
def fork_server() -> ForkServer:
    """Return the server of this test process, which is started by the first test that needs it."""
    server = ForkServer()
    atexit.register(server.close)
    return server


def command_of(
    argv: Sequence[str | bytes | Path],
    cwd: Path,
    environment: Mapping[str, Any],
    *,
    in_terminal: bool = False,
    code: str = "",
    unloads: bool = False,
) -> Command:
    """Return a command line for the fork server."""
    variables = {name: os.fsdecode(text) for name, text in environment.items()}
    return Command([os.fsdecode(word) for word in argv], str(cwd), variables, in_terminal, code, unloads)


def can_fork(environment: Mapping[str, Any]) -> bool:
    """Return whether no variable has an effect only on the start of an interpreter."""
    return not any(name.startswith(_READ_AT_START) for name in environment)


# The file that a shell passes for `<(...)`.
PASSED_PIPE = "/dev/fd/63"


def open_pipe(text: bytes) -> str:
    """Return Python code for `run` that opens this pipe, with a text in it."""
    return f"import os; r, w = os.pipe(); os.write(w, {text!r}); os.dup2(r, 63); os.close(r); os.close(w)"


class Started:
    """A started process, with the methods of a forked one."""

    def __init__(
        self,
        words: Sequence[str | bytes | Path],
        cwd: Path,
        environment: Mapping[str, Any],
        streams: tuple[int, int, int],
        *,
        in_terminal: bool,
    ) -> None:
        self._process = subprocess.Popen(
            words,
            cwd=cwd,
            env=environment,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            start_new_session=in_terminal,
            preexec_fn=_control if in_terminal else None,  # noqa: PLW1509 - it takes no lock
        )
        self.pid = self._process.pid
        self.send_signal = self._process.send_signal

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def _control() -> None:
    """Make standard input the controlling terminal of this session."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def start(
    argv: Sequence[str | bytes | Path],
    cwd: Path,
    environment: Mapping[str, Any],
    streams: tuple[int, int, int],
    *,
    in_terminal: bool = False,
    code: str = "",
    unloads: bool = False,
) -> Forked | Started:
    """Start a command with three open files as its streams; the options are those of the fork server's commands.

    It is a fork of a process in which everything is loaded, unless a variable has an effect on the start of an
    interpreter.
    """
    if can_fork(environment):
        command = command_of(argv, cwd, environment, in_terminal=in_terminal, code=code, unloads=unloads)
        return fork_server().start(command, streams)
    program = (sys.executable, "-c", code) if code else PROGRAM
    return Started([*program, *argv], cwd, environment, streams, in_terminal=in_terminal)


def run_all(runs: Sequence[Run]) -> list[Outcome]:
    """Run many command lines one after the other in one process: for tests in which none may depend on another.

    A fork for each takes longer than most commands. No command finds the secrets of one before it.
    """
    commands = [command_of(one.argv, one.cwd, clean_environment(one.home, one.env)) for one in runs]
    assert all(can_fork(command.environment) for command in commands)
    results = fork_server().run_together(commands, seconds=SECONDS)
    return [Outcome(code, out.decode(), err.decode()) for code, out, err in results]


def env_of(server: Provider, how: str = "v1", key: str = KEY, **more: str) -> dict[str, str]:
    """Return the variables for a provider as the endpoint; `how`, in its path, selects its answers."""
    return {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{server.url}/{how}", "OPENAI_MODEL": "m", **more}


@dataclass(frozen=True)
class Desk:
    """A home with a project, `~/work/app`, in which commands run."""

    home: Path

    @property
    def cwd(self) -> Path:
        return self.home / "work" / "app"

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the home unchanged, including line ends; an env file gets mode 0600."""
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if file.name == ".env":
            file.chmod(0o600)
        return file

    def run(self, *argv: str | bytes | Path, env: Mapping[str, str | bytes] | None = None, **options: Any) -> Outcome:
        return run(*argv, **{"cwd": self.cwd, "home": self.home, "env": env, **options})

    def run_each(self, command_lines: Sequence[Sequence[str]], env: Mapping[str, str] | None = None) -> list[Outcome]:
        """Run command lines of which none depends on another, one after the other in one process."""
        return run_all([Run(words, self.cwd, self.home, env or {}) for words in command_lines])

    def files(self) -> dict[str, bytes]:
        """Return every file of the home with its content, without links and directories."""
        found = (path for path in self.home.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found if ".git/" not in str(path)}


def make_desk(root: Path) -> Desk:
    """Make a desk below a directory, whose links are resolved."""
    desk = Desk(Path(os.path.realpath(root)) / "home")
    desk.cwd.mkdir(parents=True)
    return desk
