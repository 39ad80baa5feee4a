"""What the tests of the runtime share: a provider, with nothing left over from the test before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.asking import close_all
from support.provider import Provider, provider

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running() -> Iterator[Provider]:
    with provider() as app:
        yield app


@pytest.fixture(autouse=True)
def sessions_are_closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def server(running: Provider) -> Provider:
    running.taken()
    running.replies.clear()
    running.hung_up.clear()
    return running
