"""Runs command lines in forks of one waiting process, in which all modules are loaded.

A new process spends most of its time on loading the program. If a test is not about loading, the process is forked
instead; it has its own working directory, environment, streams and exit code.
"""

from __future__ import annotations

import atexit
import base64
import fcntl
import gc
import json
import os
import select
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_HEADER = 8
_SECONDS_TO_END = 10.0


class ForkServer:
    """The waiting process, which forks itself on request."""

    def __init__(self) -> None:
        self._asks, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                cwd="/",
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End the waiting process."""
        self._asks.close()
        self._process.wait()

    def start(self, command: Command, streams: tuple[int, int, int]) -> Forked:
        """Start a command line with three open files as its streams."""
        return self._start([command], streams)

    def _start(self, commands: Sequence[Command], streams: tuple[int, int, int]) -> Forked:
        status, theirs = os.pipe()
        message = json.dumps([list(vars(command).values()) for command in commands]).encode()
        with self._lock:
            socket.send_fds(self._asks, [len(message).to_bytes(_HEADER, "big")], [*streams, theirs])
            self._asks.sendall(message)
        os.close(theirs)
        return Forked(status)

    def run_together(self, commands: Sequence[Command], *, seconds: float) -> list[tuple[int, bytes, bytes]]:
        """Run command lines one after the other in one process; return the exit code and the two outputs of each.

        Caches and whatever else a process remembers of one command are there for the next ones, but no secret: it would
        be redacted in their outputs. This fails if a secret is remembered.
        """
        if not commands:
            return []
        code, out, err = self._run([*commands, _END], stdin=b"", seconds=seconds)
        assert code == 0, err.decode()
        return [(code, *(base64.b64decode(text) for text in texts)) for code, *texts in json.loads(out)]

    def run(
        self, command: Command, *, stdin: bytes, seconds: float, stdout: int | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run a command line to its end; return its exit code and its two outputs.

        If `stdout` is an open file, the standard output goes there, and nothing is returned of it.

        Raises:
            TimeoutError: if it does not end in time, after it was killed.
        """
        return self._run([command], stdin=stdin, seconds=seconds, stdout=stdout)

    def _run(
        self, commands: Sequence[Command], *, stdin: bytes, seconds: float, stdout: int | None = None
    ) -> tuple[int, bytes, bytes]:
        (their_in, to_in), (from_out, their_out), (from_err, their_err) = (os.pipe() for _ in range(3))
        started = self._start(commands, (their_in, their_out if stdout is None else stdout, their_err))
        for descriptor in (their_in, their_out, their_err):
            os.close(descriptor)
        out, err, ends = _talk(to_in, stdin, (from_out, from_err, started.status), seconds)
        pid, _, code = ends.decode().partition("\n")
        if not code:
            os.kill(int(pid), 9)
            raise TimeoutError(f"{' '.join(commands[0].argv)} did not end in {seconds} s\n{out!r}\n{err!r}")
        return int(code), out, err


@dataclass(frozen=True)
class Command:
    """A command line, its working directory and its whole environment.

    With `in_terminal`, its standard input is the terminal that controls its session, as in a new window. If `code` is
    not empty, this Python code runs with the words, and not qwen-cfg. With `unloads`, the interpreter unloads its
    modules at the end, as it usually does; a signal may arrive during that.
    """

    argv: Sequence[str]
    cwd: str
    environment: Mapping[str, str]
    in_terminal: bool = False
    code: str = ""
    unloads: bool = False


# The end of command lines that run in one process.
_END = Command([], "", {})


class Forked:
    """A started command line; `status` is a pipe with its process number and, after its end, its exit code."""

    def __init__(self, status: int) -> None:
        self.status = status
        self._read = b""

    @property
    def pid(self) -> int:
        """The process number."""
        while b"\n" not in self._read:
            self._read += os.read(self.status, 64)
        return int(self._read.partition(b"\n")[0])

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; return the exit code, negative for a signal, or None if it does not end in time."""
        deadline = time.monotonic() + seconds
        while self.status >= 0:
            ready, _, _ = select.select([self.status], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self.status, 64)
            self._read += piece
            if not piece:
                os.close(self.status)
                self.status = -1
        return int(self._read.partition(b"\n")[2])


def _talk(to_in: int, stdin: bytes, sources: tuple[int, ...], seconds: float) -> list[bytes]:
    """Write to one pipe and read the others to their ends, or until the time limit; return the read bytes."""
    read = dict.fromkeys(sources, b"")
    left, deadline = memoryview(stdin), time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        os.set_blocking(to_in, False)
        selector.register(to_in, selectors.EVENT_WRITE)
        while selector.get_map() and (remaining := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(remaining):
                is_over = False
                if key.fd == to_in:
                    try:
                        left = left[os.write(to_in, left) :] if left else left
                    except BrokenPipeError:
                        left = left[:0]
                    is_over = not left
                else:
                    piece = os.read(key.fd, 65536)
                    read[key.fd] += piece
                    is_over = not piece
                if is_over:
                    selector.unregister(key.fd)
                    os.close(key.fd)
        for key in tuple(selector.get_map().values()):
            os.close(key.fd)
    return list(read.values())


def _serve(asks: socket.socket) -> tuple[list[Command], list[int]] | None:
    """Fork for each request; return the request in the fork, and None in this process after the last one."""
    running = selectors.DefaultSelector()
    running.register(asks, selectors.EVENT_READ)
    while True:
        for key, _ in running.select():
            if key.fileobj is not asks:
                pid, status = key.data
                running.unregister(key.fd)
                os.close(key.fd)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                _write(status, str(code))
                os.close(status)
                continue
            header, descriptors, *_ = socket.recv_fds(asks, _HEADER, 4)
            if not header:
                return None
            message = b""
            while len(message) < int.from_bytes(header, "big"):
                message += asks.recv(int.from_bytes(header, "big") - len(message))
            pid = os.fork()
            if pid == 0:
                others = [status for one in running.get_map().values() if one.data for status in (one.fd, one.data[1])]
                running.close()
                asks.close()
                for descriptor in others:
                    os.close(descriptor)
                os.close(descriptors.pop())
                return [Command(*values) for values in json.loads(message)], descriptors
            status = descriptors.pop()
            for descriptor in descriptors:
                os.close(descriptor)
            _write(status, f"{pid}\n")
            running.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, status))


def _write(status: int, text: str) -> None:
    """Write to the requester, if it still waits."""
    try:
        os.write(status, text.encode())
    except BrokenPipeError:
        return


def _become(command: Command, descriptors: Sequence[int]) -> None:
    """Set up this fork like a newly started process."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if command.in_terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(command.cwd)
    os.environ.clear()
    os.environ.update(command.environment)
    sys.path[1:1] = filter(None, command.environment.get("PYTHONPATH", "").split(os.pathsep))
    _open_streams()
    sys.argv[1:] = command.argv


def _open_streams() -> None:
    """Make new stream objects: they cache facts about their files, such as whether they can seek."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old: Any = getattr(sys, name)
        new = open(  # noqa: SIM115 - it stays open to the end
            number,
            "w" if number else "r",
            encoding=old.encoding,
            errors=old.errors,
            closefd=False,
            buffering=1 if number == 2 else -1,
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def _run_all(commands: list[Command], descriptors: list[int]) -> NoReturn:
    """Run command lines in this process, and write their exit codes and outputs as JSON; end the process."""
    from qwen_cfg.cli.hooks import install  # noqa: PLC0415

    install()
    results, constant = [], _known_secrets()
    with os.fdopen(descriptors[1], "wb") as output, os.fdopen(descriptors[2], "w") as errors:
        try:
            for command in commands:
                results.append(_run_in_files(command))
                _forget_secrets(command, constant)
            output.write(json.dumps(results).encode())
        except BaseException:
            errors.write(traceback.format_exc())
            errors.flush()
            os._exit(1)
    os._exit(0)


def _run_in_files(command: Command) -> tuple[int, str, str]:
    """Run a command line whose outputs are files; return its exit code and both outputs, in Base64."""
    from qwen_cfg.cli.main import main  # noqa: PLC0415

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        _become(command, [os.open(os.devnull, os.O_RDONLY), os.dup(out.fileno()), os.dup(err.fileno())])
        try:
            code = main(list(command.argv))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        return code, *(base64.b64encode(_content(file)).decode() for file in (out, err))


def _forget_secrets(command: Command, before: frozenset[int]) -> None:
    """Delete the secrets of a command that has ended.

    Raises:
        RuntimeError: if something still has one of them.
    """
    from qwen_cfg.application import telemetry  # noqa: PLC0415

    # The settings of telemetry, with the proxy's login, are kept until the next command begins.
    telemetry.begin()
    # A thread that read an answer ends by itself, a little later.
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(_SECONDS_TO_END)
    gc.collect()
    if not _known_secrets() <= before:
        raise RuntimeError(f"a secret is remembered after {' '.join(command.argv)}")


def _known_secrets() -> frozenset[int]:
    from qwen_schema.secret import _known  # noqa: PLC0415

    return frozenset(_known)


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _end(code: object) -> NoReturn:
    """Exit like an interpreter, without unloading the modules."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _load() -> None:
    """Load the modules that commands use."""
    import importlib  # noqa: PLC0415
    import pkgutil  # noqa: PLC0415

    import keyring  # noqa: F401, PLC0415

    import qwen_cfg  # noqa: PLC0415
    import qwen_runtime  # noqa: PLC0415
    import qwen_schema  # noqa: PLC0415
    from qwen_cfg.cli.main import main  # noqa: PLC0415

    for package in (qwen_schema, qwen_cfg, qwen_runtime):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    _compile_patterns()
    _use(main)
    gc.collect()
    gc.freeze()


def _compile_patterns() -> None:
    """Compile the patterns of the program, which each command would compile anew."""
    for value in gc.get_objects():
        if type(value).__module__ == "qwen_schema.patterns":
            for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn"):
                getattr(value, method)


# What a command imports when it needs it, beside the modules of the program.
_LATE = (
    *("anyio", "certifi", "h11", "httpcore", "httpx", "jsonschema", "rich.console", "rich.table", "tomli_w", "tomllib"),
    *("prompt_toolkit.input.vt100", "prompt_toolkit.patch_stdout", "segno", "tty"),
    *("encodings.idna", "encodings.punycode", "encodings.unicode_escape", "encodings.utf_8_sig"),
    *("difflib", "hashlib", "json", "locale", "shlex", "shutil"),
    *("ssl", "subprocess", "textwrap", "traceback", "unicodedata"),
)


def _use(main: Callable[[list[str]], int]) -> None:
    """Run commands once, so that patterns are compiled and what is loaded once is loaded; print nothing."""
    home = tempfile.mkdtemp()
    quiet, kept = os.open(os.devnull, os.O_RDWR), [os.dup(number) for number in (1, 2)]
    try:
        os.environ["HOME"] = home
        os.chdir(home)
        for number in (1, 2):
            os.dup2(quiet, number)
        Path(".env").write_text("OPENAI_API_KEY='sk-0123456789abcdefghij'\nOPENAI_MODEL=m # a\n", encoding="utf-8")
        Path(".env").chmod(0o600)
        for words in (
            "resolve -o qwen.toml",
            "resolve --explain",
            "resolve --explain --format json",
            "check qwen.toml",
        ):
            main(words.split())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
        for descriptor in (quiet, *kept):
            os.close(descriptor)
        os.chdir("/")
        shutil.rmtree(home)


if __name__ == "__main__":
    _load()
    request = _serve(socket.socket(fileno=int(sys.argv.pop(1))))
    if request is not None:
        import qwen_cfg.__main__

        sys.argv[0] = qwen_cfg.__main__.__file__
        commands, streams = request
        if commands[-1] == _END:
            _run_all(commands[:-1], streams)
        _become(commands[0], streams)
        code, unloads = commands[0].code, commands[0].unloads
        del request
        try:
            if code:
                exec(code, {"__name__": "__main__"})
            else:
                qwen_cfg.__main__.entry()
        except SystemExit as end:
            if unloads:
                raise
            _end(end.code)
        if not unloads:
            _end(0)
