"""Bad env files, directories and homes: each is skipped or refused, with its own message."""

from __future__ import annotations

import errno
import os
import pwd
import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.trees import as_nobody, read, write_tree

from qwen_cfg.cli.arguments import working_directory
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.reading.qwen_home import home_of
from qwen_schema import ConfigurationError, EnvFileError, ExitCode, QwenCfgError, bounded
from qwen_schema.envfile import read_env_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qwen_cfg.core.resolution import Resolution

MEBIBYTE = 1024 * 1024
KEY = "sk-0123456789-never-to-be-shown"
SOUND = f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=m\n"


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The user nobody may not be able to read modules that are imported late."""
    resolve_at(tmp_path_factory.mktemp("warm"))


def resolve_at(cwd: Path, home: Path | None = None, **more: object) -> Resolution:
    return resolve_world(read(cwd, home, **more), profile_named())  # type: ignore[arg-type]


@contextmanager
def raises_refusal(where: str, *words: str) -> Iterator[None]:
    """Expect an error with a place, a reason and advice, and without a key."""
    with pytest.raises(EnvFileError) as caught:
        yield
    error = caught.value
    assert error.exit_code == ExitCode.CONFIGURATION
    assert error.where == where
    assert all(word in error.what for word in words), error.what
    assert error.hint
    assert KEY not in f"{error!r} {error} {error.hint}"
    assert error.__cause__ is None and (error.__suppress_context__ or error.__context__ is None)


# Paths of the search that are no file.


def directory(place: Path) -> None:
    place.mkdir()


def dangling_link(place: Path) -> None:
    place.symlink_to("nowhere")


def link_to_a_directory(place: Path) -> None:
    place.symlink_to(".")


def link_loop(place: Path) -> None:
    place.symlink_to(place.name)


def device(place: Path) -> None:
    place.symlink_to("/dev/zero")


NO_FILES = [
    pytest.param(directory, "directory", id="directory"),
    pytest.param(link_to_a_directory, "directory", id="link to a directory"),
    pytest.param(dangling_link, "dangling link", id="dangling link"),
    pytest.param(link_loop, "link loop", id="link loop"),
    pytest.param(device, "character device", id="character device"),
]


@pytest.mark.parametrize(("make", "kind"), NO_FILES)
def test_a_path_that_is_no_file_is_skipped_with_its_kind(
    make: Callable[[Path], None], kind: str, tmp_path: Path
) -> None:
    write_tree(tmp_path, {".env": SOUND, "app/keep": ""})
    make(tmp_path / "app" / ".env")
    resolution = resolve_at(tmp_path / "app")
    at_env = resolution.search.visits[1]
    assert (at_env.place.path, at_env.outcome, at_env.kind) == (tmp_path / "app" / ".env", "skipped", kind)
    assert [place.path for place in resolution.search.read] == [tmp_path / ".env"]


@pytest.mark.parametrize(("make", "kind"), NO_FILES)
def test_a_chosen_path_that_is_no_file_is_refused(make: Callable[[Path], None], kind: str, tmp_path: Path) -> None:
    make(tmp_path / "chosen")
    with raises_refusal("./chosen", "--env-file", kind):
        read(tmp_path, env_file=Path("chosen"))


def test_a_chosen_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": SOUND})
    with raises_refusal("./chosen.env", "--env-file", "does not exist"):
        read(tmp_path, env_file=Path("chosen.env"))


def test_a_chosen_file_below_a_file_does_not_exist(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": SOUND})
    with raises_refusal("./.env/x", "--env-file", "does not exist"):
        read(tmp_path, env_file=Path(".env/x"))


@pytest.mark.parametrize("length", [300, 5000])
def test_a_chosen_file_with_a_too_long_name_does_not_exist(length: int, tmp_path: Path) -> None:
    with pytest.raises(EnvFileError, match="--env-file"):
        read(tmp_path, env_file=Path("x" * length))


def test_a_chosen_file_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    write_tree(tmp_path, {"keys/prod.env": SOUND, "app/.env": "OPENAI_MODEL=other\n"})
    resolution = resolve_at(tmp_path / "app", env_file=Path("../keys/prod.env"))
    assert resolution.decisions["model"].value == "m"
    assert resolution.decisions["model"].winner is not None
    assert str(resolution.decisions["model"].winner.origin) == "../keys/prod.env:2 OPENAI_MODEL"
    assert resolution.decisions["model"].winner.origin.reach == "user"


def test_a_qwen_directory_that_is_a_file_has_no_env_file(tmp_path: Path) -> None:
    write_tree(tmp_path, {".qwen": "not a directory", ".env": SOUND})
    assert [visit.outcome for visit in resolve_at(tmp_path).search.visits[:2]] == ["absent", "found"]


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {"kept/elsewhere": SOUND, "app/keep": ""})
    (tmp_path / "app" / ".env").symlink_to("../kept/elsewhere")
    resolution = resolve_at(tmp_path / "app")
    assert resolution.decisions["model"].value == "m"
    assert resolution.files[0].shown == "./.env"


# Files that exist and cannot be read: going on to the next one would silently change which one counts.


@pytest.mark.parametrize(
    ("content", "where", "word"),
    [
        pytest.param(f"A=1\n{SOUND}B=\xff\n".encode("latin-1"), "./.env:4", "UTF-8", id="not UTF-8"),
        pytest.param(b"\xff\xfe" + SOUND.encode("utf-16-le"), "./.env:1", "NUL", id="UTF-16"),
        pytest.param(f"{SOUND}A=a\x00b\n".encode(), "./.env:3", "NUL", id="a NUL byte"),
        pytest.param(b"#" * (MEBIBYTE + 1), "./.env", "1 MiB", id="over 1 MiB"),
        pytest.param(b"\xed\xa0\x80", "./.env:1", "UTF-8", id="half a surrogate pair"),
    ],
)
def test_a_file_that_is_not_text_is_an_error_with_its_name(
    content: bytes, where: str, word: str, tmp_path: Path
) -> None:
    write_tree(tmp_path, {"app/.env": content, ".env": SOUND})
    with raises_refusal(where, word):
        resolve_at(tmp_path / "app")


def test_a_file_of_1_mib_is_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": SOUND + "#" * (MEBIBYTE - len(SOUND))})
    assert resolve_at(tmp_path).decisions["model"].value == "m"


def test_only_the_beginning_of_a_huge_file_is_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": SOUND})
    os.truncate(tmp_path / ".env", 1 << 36)
    with raises_refusal("./.env", "1 MiB"):
        resolve_at(tmp_path)


def test_a_bad_file_that_is_not_reached_is_ignored(tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/.env": SOUND, ".env": b"\xff"})
    assert resolve_at(tmp_path / "app").decisions["model"].value == "m"


def test_a_survey_records_the_error_of_a_file_that_is_not_reached(tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/.env": SOUND, ".env": b"\xff"})
    resolution = resolve_at(tmp_path / "app", survey=True)
    error = resolution.world.look(tmp_path / ".env").error
    assert error is not None
    assert "UTF-8" in str(error)
    assert resolution.decisions["model"].value == "m"


def test_a_chosen_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    write_tree(tmp_path, {"prod.env": b"\xff"})
    with raises_refusal("./prod.env:1", "UTF-8"):
        resolve_at(tmp_path, env_file=Path("prod.env"))


# Files and directories without permission.


def test_an_unreadable_file_is_an_error_with_its_name(open_path: Path) -> None:
    write_tree(open_path, {"app/.env": SOUND, ".env": "OPENAI_MODEL=further-up\n"})
    (open_path / "app" / ".env").chmod(0o000)
    with raises_refusal("./.env", "cannot be read", os.strerror(errno.EACCES)), as_nobody():
        resolve_at(open_path / "app")


def test_an_unreadable_file_that_is_not_reached_is_ignored(open_path: Path) -> None:
    write_tree(open_path, {"app/.env": "OPENAI_MODEL=m\n", ".env": SOUND})
    (open_path / ".env").chmod(0o000)
    with as_nobody():
        resolution = resolve_at(open_path / "app", survey=True)
    assert resolution.decisions["model"].value == "m"
    assert resolution.world.look(open_path / ".env").kind == "unreadable"


def test_a_directory_without_search_permission_is_an_error(open_path: Path) -> None:
    write_tree(open_path, {"app/.qwen/.env": SOUND, "app/.env": "OPENAI_MODEL=further-down\n"})
    (open_path / "app" / ".qwen").chmod(0o600)
    with raises_refusal("./.qwen/.env", "cannot check", os.strerror(errno.EACCES)), as_nobody():
        resolve_at(open_path / "app")


def test_a_parent_directory_without_search_permission_is_an_error(open_path: Path) -> None:
    write_tree(open_path, {"closed/app/.env": SOUND})
    (open_path / "closed").chmod(0o600)
    with raises_refusal("./.qwen/.env", "cannot check"), as_nobody():
        resolve_at(open_path / "closed" / "app")


def test_a_directory_without_read_permission_is_searched(open_path: Path) -> None:
    write_tree(open_path, {"unlisted/.env": SOUND, "unlisted/app/keep": ""})
    (open_path / "unlisted").chmod(0o311)
    with as_nobody():
        assert resolve_at(open_path / "unlisted" / "app").decisions["model"].value == "m"


def test_an_unreadable_home_that_is_not_reached_is_ignored(open_path: Path) -> None:
    write_tree(open_path, {"app/.env": SOUND, "closed/home/.env": "OPENAI_MODEL=at-home\n"})
    (open_path / "closed").chmod(0o600)
    with as_nobody():
        assert resolve_at(open_path / "app", open_path / "closed" / "home").decisions["model"].value == "m"


def test_an_unreadable_home_that_is_reached_is_an_error(open_path: Path) -> None:
    write_tree(open_path, {"app/keep": "", "closed/home/.env": SOUND})
    (open_path / "closed").chmod(0o600)
    with raises_refusal("~/.qwen/.env", "cannot check"), as_nobody():
        resolve_at(open_path / "app", open_path / "closed" / "home")


# A FIFO is read once, with a time limit.


@contextmanager
def writer(path: Path, content: bytes) -> Iterator[None]:
    """Write to a FIFO like a secret manager: whenever a reader opens it."""

    def write() -> None:
        # The reader closes its end when it has read enough.
        with suppress(BrokenPipeError), path.open("wb", buffering=0) as fifo:
            fifo.write(content)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    yield
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_fifo_is_read_as_an_env_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    with writer(tmp_path / ".env", SOUND.encode()):
        resolution = resolve_at(tmp_path)
    assert resolution.decisions["model"].value == "m"
    assert resolution.decisions["model"].winner is not None
    assert resolution.decisions["model"].winner.origin.place == "./.env:2"
    assert resolution.search.visits[1].kind == "fifo"


def test_a_chosen_fifo_is_read_as_an_env_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with writer(tmp_path / "pipe", SOUND.encode()):
        assert resolve_at(tmp_path, env_file=Path("pipe")).decisions["model"].value == "m"


def test_a_fifo_with_more_than_1_mib_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    with raises_refusal("./.env", "1 MiB"), writer(tmp_path / ".env", b"#" * (2 * MEBIBYTE)):
        resolve_at(tmp_path)


def test_a_fifo_without_a_writer_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "FIFO_SECONDS", 0.05)
    os.mkfifo(tmp_path / ".env")
    with raises_refusal("./.env", "FIFO"):
        resolve_at(tmp_path)


def test_a_fifo_that_does_not_end_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "FIFO_SECONDS", 0.05)
    os.mkfifo(tmp_path / ".env")
    end = os.open(tmp_path / ".env", os.O_RDWR)
    try:
        os.write(end, SOUND.encode())
        with raises_refusal("./.env", "FIFO"):
            resolve_at(tmp_path)
    finally:
        os.close(end)


def test_a_fifo_times_out_after_three_seconds() -> None:
    assert bounded.FIFO_SECONDS == 3


def test_a_survey_does_not_read_a_fifo_that_is_not_reached(tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/.env": SOUND})
    os.mkfifo(tmp_path / ".env")
    path_state = resolve_at(tmp_path / "app", survey=True).world.look(tmp_path / ".env")
    assert (path_state.kind, path_state.text, path_state.error) == ("fifo", None, None)


@pytest.mark.parametrize("kind", ["directory", "socket"])
def test_a_file_that_changes_its_kind_before_the_read_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "x"
    if kind == "directory":
        place.mkdir()
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("x")
    with pytest.raises(EnvFileError) as caught:
        read_env_text(place, "./x")
    assert caught.value.where == "./x"


# The working directory and the home.


def test_a_deleted_working_directory_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setenv("PWD", str(gone))
    gone.rmdir()
    with pytest.raises(ConfigurationError, match="working directory") as caught:
        working_directory()
    assert caught.value.where == str(gone)
    assert caught.value.hint


def test_links_in_the_working_directory_are_resolved(tmp_path: Path) -> None:
    write_tree(tmp_path, {"real/.env": SOUND, "real/app/keep": ""})
    (tmp_path / "link").symlink_to("real/app")
    world = read(tmp_path / "link", tmp_path / "link")
    assert world.cwd == world.home == tmp_path / "real" / "app"
    assert resolve_world(world, profile_named()).decisions["model"].value == "m"


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"HOME": ""}, "HOME is empty"),
        ({"HOME": "relative/home"}, "HOME is not an absolute path"),
        ({"HOME": "."}, "HOME is not an absolute path"),
    ],
)
def test_an_invalid_home_is_ignored(environ: dict[str, str], problem: str, tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/keep": "", ".env": SOUND})
    world = read(tmp_path / "app", home_of(environ))
    assert world.home is None
    assert problem in world.home_problem
    assert resolve_world(world, profile_named()).decisions["model"].value == "m"


@pytest.mark.parametrize("name", ["missing", "missing/too", ".env", pytest.param("x" * 300, id="too long")])
def test_a_missing_home_is_ignored(name: str, tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/keep": "", ".env": SOUND})
    world = read(tmp_path / "app", home_of({"HOME": str(tmp_path / name)}))
    assert world.home_problem
    resolution = resolve_world(world, profile_named())
    assert resolution.decisions["model"].value == "m"
    assert not [place for place in resolution.search.read if place.home_level]


def test_without_the_variable_the_home_is_that_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/of/another/environment")
    assert home_of({}).path == Path(pwd.getpwuid(os.getuid()).pw_dir)


def test_a_valid_home_has_no_problem(tmp_path: Path) -> None:
    world = read(tmp_path, home_of({"HOME": str(tmp_path)}))
    assert (world.home, world.home_problem) == (tmp_path, "")


def test_an_empty_world_is_incomplete_and_no_error(tmp_path: Path) -> None:
    resolution = resolve_at(tmp_path)
    assert not resolution.is_complete
    assert resolution.auth_method is None
    assert {visit.outcome for visit in resolution.search.visits} == {"absent"}


def test_every_error_has_one_base_class_and_an_exit_code() -> None:
    assert issubclass(EnvFileError, ConfigurationError)
    assert issubclass(ConfigurationError, QwenCfgError)
    assert ConfigurationError.exit_code == 3
