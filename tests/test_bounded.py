"""Bounded reading: only regular files of a limited size are read, no devices, FIFOs or files of the kernel."""

from __future__ import annotations

import os
import pty
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.history import InMemoryHistory
from support.time_limit import time_limit

from qwen_cfg.core.paths import Standpoint
from qwen_cfg.reading.git import may_be_tracked
from qwen_cfg.trust.store import TrustStore
from qwen_cfg.writing.gitignore import keep_out
from qwen_runtime.oauth.cache import BrokenLoginError, LoginCache
from qwen_runtime.repl.history import open_history
from qwen_runtime.wire.quota import Counts, RequestLog
from qwen_schema import ArtifactError, ConfigurationError, EnvFileError
from qwen_schema.bounded import TooLarge, Unreadable, read_file
from qwen_schema.envfile import Subject, read_env_text, read_text

if TYPE_CHECKING:
    from collections.abc import Callable

needs_linux = pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="no /proc here")
ARTIFACT = Subject("./qwen.toml", "artifact", ArtifactError, "Make it readable.")


def link_to(target: str) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        if not os.access(target, os.R_OK):
            pytest.skip(f"{target} cannot be read here")
        place.symlink_to(target)

    return make


def bound_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))


OF_THE_KERNEL = ["/proc/kmsg", "/proc/version", "/proc/self/mem", "/proc/self/environ", "/sys/kernel/uevent_seqnum"]
ODD: dict[str, Callable[[Path], None]] = {
    **{path: link_to(path) for path in (*OF_THE_KERNEL, "/dev/kmsg", "/dev/zero", "/dev/null", "/dev/tty")},
    "a pipe": os.mkfifo,
    "a directory": os.mkdir,
    "a socket": bound_socket,
}


@pytest.fixture(params=ODD)
def odd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of something that is no regular file."""
    # The path of a socket has a short maximum length.
    monkeypatch.chdir(tmp_path)
    ODD[request.param](Path("odd"))
    return tmp_path / "odd"


def test_a_path_that_is_no_file_is_refused_at_once(odd: Path) -> None:
    with time_limit(2), pytest.raises(Unreadable) as refused:
        read_file(odd)
    assert str(refused.value).startswith("is ")


@needs_linux
@pytest.mark.parametrize("path", OF_THE_KERNEL)
def test_a_kernel_file_is_refused_by_every_path_to_it(path: str, tmp_path: Path) -> None:
    link_to(path)(tmp_path / "link")
    (tmp_path / "again").symlink_to("link")
    for place in (Path(path), tmp_path / "link", tmp_path / "again"):
        with time_limit(2), pytest.raises(Unreadable, match="the kernel"):
            read_file(place, fifo=True)
    with pytest.raises(EnvFileError, match="the env file is a file of the kernel") as refused:
        read_env_text(tmp_path / "link", "./link")
    assert (refused.value.where, refused.value.hint) == ("./link", "Name a file.")
    with pytest.raises(ArtifactError, match="the artifact is a file of the kernel"):
        read_text(tmp_path / "link", ARTIFACT)


def test_a_terminal_is_refused(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    try:
        with time_limit(2), pytest.raises(Unreadable, match="character device"):
            read_file(Path(os.ttyname(follower)), fifo=True)
    finally:
        os.close(leader)
        os.close(follower)


def test_a_file_is_read_up_to_the_size_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for size in (0, 1, 1024):
        file.write_bytes(b"x" * size)
        assert read_file(file, most=1024) == b"x" * size
    file.write_bytes(b"x" * 1025)
    with pytest.raises(TooLarge, match="over 1 KiB"):
        read_file(file, most=1024)


@needs_linux
@pytest.mark.parametrize("directory", ["/proc/self/fd", "/dev/fd"])
def test_an_open_file_is_read_by_its_descriptor(directory: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with (tmp_path / "file").open("rb") as opened:
        assert read_file(Path(directory, str(opened.fileno()))) == b"content"
    with os.fdopen(os.memfd_create("secret"), "r+b", buffering=0) as memory:
        memory.write(b"in memory")
        assert read_file(Path(directory, str(memory.fileno()))) == b"in memory"


@pytest.mark.parametrize("directory", ["/proc/self/fd", "/dev/fd"])
def test_an_open_pipe_is_read_by_its_descriptor(directory: str) -> None:
    reading, writing = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(writing, b"A=" + b"x" * 100_000), os.close(writing)))
    writer.start()
    try:
        assert len(read_file(Path(directory, str(reading)), fifo=True)) == 100_002
    finally:
        writer.join()
        os.close(reading)


# Each module that reads a file refuses in its own way.


def test_the_trust_store_is_read_only_from_a_file(odd: Path) -> None:
    odd.rename(odd.with_name("trust.json"))
    with time_limit(2), pytest.raises(ConfigurationError, match="the approvals cannot be read: it is "):
        TrustStore(odd.parent).entries()


def test_a_login_is_read_only_from_a_file(odd: Path) -> None:
    with time_limit(2), pytest.raises(BrokenLoginError, match="it is "):
        LoginCache(odd, "~/.qwen/oauth_creds.json").read()


def test_request_counts_are_read_only_from_a_file(odd: Path) -> None:
    odd.rename(odd.with_name("requests.json"))
    with time_limit(2):
        assert RequestLog(odd.parent).counts() == Counts(0, 0, 0.0)


def test_history_is_saved_only_in_a_file(odd: Path) -> None:
    before = odd.stat().st_mode
    with time_limit(2):
        history, notice = open_history(odd)
    assert isinstance(history, InMemoryHistory)
    assert notice.startswith("Input history is not saved: ")
    assert odd.stat().st_mode == before


def test_with_an_index_that_is_no_file_git_status_is_unknown(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (odd.parent / ".git").mkdir()
    odd.rename(odd.parent / ".git/index")
    monkeypatch.setenv("PATH", "/nowhere")
    with time_limit(2):
        assert may_be_tracked(odd.parent / ".env")


def test_a_gitignore_that_is_no_file_is_unchanged(odd: Path) -> None:
    odd.rename(odd.with_name(".gitignore"))
    with time_limit(2):
        done = keep_out(odd.parent / ".qwen/.env", Standpoint(odd.parent, None))
    assert "make sure that git ignores" in done[0]
