"""Fixtures of the runtime tests: sessions are closed after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.prompts import close_all

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def sessions_are_closed() -> Iterator[None]:
    yield
    close_all()
