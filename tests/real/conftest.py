"""Fixtures of the tests with the real Qwen Code, which are skipped unless `make verify` runs them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from cli import process
from cli.process import make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from cli.process import Desk

PROGRAMS = os.environ.get("QWEN_CODE_PROGRAMS", "")


# One start takes seconds, and much longer on a busy machine.
SECONDS = 300


@pytest.fixture
def path_with_qwen(monkeypatch: pytest.MonkeyPatch) -> str:
    """A PATH on which the real Qwen Code is found."""
    if not PROGRAMS:
        pytest.skip("make verify runs this")
    monkeypatch.setattr(process, "SECONDS", SECONDS)
    return f"{PROGRAMS}:{os.environ['PATH']}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)
