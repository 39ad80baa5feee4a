"""What every test shares: how hard Hypothesis tries, places to work in, and a provider to ask."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from support.no_qwen import path_without_qwen
from support.provider import Provider, provider

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whoever runs the tests may have a Qwen Code of their own, which would decide on the profile. Modules look at the PATH
# when they are imported.
os.environ["PATH"] = path_without_qwen(os.environ["PATH"])
os.environ.pop("QWEN_CFG_PROFILE", None)

# `default` tries the same examples in every run, so that a change that breaks nothing fails nothing.
# HYPOTHESIS_PROFILE=thorough looks for new ones, and takes minutes.
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


@pytest.fixture(scope="session", autouse=True)
def nothing_above_the_trees() -> None:
    """The walk goes up to `/`, so an env file above the temporary directory would count in every test."""
    here = Path(os.path.realpath(tempfile.gettempdir()))
    above = [f for d in (here, *here.parents) for f in (d / ".qwen" / ".env", d / ".env") if os.path.lexists(f)]
    assert not above, f"these tests need a temporary directory with no env file in it or above it: {above}"


@pytest.fixture(scope="session", autouse=True)
def signals_as_usual() -> None:
    """Whoever starts the tests in the background may ignore signals, which every program they start would inherit."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(scope="session")
def running() -> Iterator[Provider]:
    with provider() as app:
        yield app


@pytest.fixture
def server(running: Provider) -> Provider:
    """A provider on loopback, with nothing left over from the test before."""
    running.taken()
    running.replies.clear()
    running.hung_up.clear()
    return running


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that other users of the machine can come into, unlike `tmp_path`."""
    path = Path(os.path.realpath(tempfile.mkdtemp()))
    path.chmod(0o755)
    yield path
    for directory, _, _ in os.walk(path):
        Path(directory).chmod(0o755)
    shutil.rmtree(path)
