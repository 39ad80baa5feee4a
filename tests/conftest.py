"""Fixtures of all tests: directories and a provider; also the profiles of Hypothesis."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from support.no_qwen import path_without_qwen
from support.provider import Provider, provider

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each worker of pytest-xdist collects all tests. To compile them with their assertions rewritten takes twice as long as
# everything else there is to collect, so the compiled modules are kept even where PYTHONDONTWRITEBYTECODE is set.
sys.dont_write_bytecode = False

# An installed Qwen Code would select the profile, so it is removed from the PATH. Modules read the PATH
# when they are imported.
os.environ["PATH"] = path_without_qwen(os.environ["PATH"])
os.environ.pop("QWEN_CFG_PROFILE", None)

# A new repository needs no copies of the templates of git.
os.environ["GIT_TEMPLATE_DIR"] = ""

# `default` uses the same examples in every run, so that the result depends only on the change.
# HYPOTHESIS_PROFILE=thorough searches for new examples, and takes minutes.
settings.register_profile(
    "default",
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough", settings.get_profile("default"), max_examples=2000, stateful_step_count=50, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Keep the collected tests out of garbage collections, in this process and in its forks."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def nothing_above_the_trees() -> None:
    """Check that no env file above the temporary directory affects the tests: the search goes up to `/`."""
    here = Path(os.path.realpath(tempfile.gettempdir()))
    above = [f for d in (here, *here.parents) for f in (d / ".qwen" / ".env", d / ".env") if os.path.lexists(f)]
    assert not above, f"these tests need a temporary directory with no env file in it or above it: {above}"


@pytest.fixture(scope="session", autouse=True)
def signals_as_usual() -> None:
    """Restore the default signal handlers: a shell may start the tests with ignored signals, which programs inherit."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(scope="session")
def shared_provider() -> Iterator[Provider]:
    with provider() as app:
        yield app


@pytest.fixture
def server(shared_provider: Provider) -> Provider:
    """A provider on loopback, without state from the previous test."""
    shared_provider.take_requests()
    shared_provider.replies.clear()
    shared_provider.sent.clear()
    shared_provider.hung_up.clear()
    return shared_provider


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that other users of the machine can enter, unlike `tmp_path`."""
    path = Path(os.path.realpath(tempfile.mkdtemp()))
    path.chmod(0o755)
    yield path
    for directory, _, _ in os.walk(path):
        Path(directory).chmod(0o755)
    shutil.rmtree(path)
