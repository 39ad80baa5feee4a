"""Fixtures of the command-line tests: a desk, which is a home with a project, and the service behind Qwen OAuth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.authorization import authorization_server

from qwen_schema import declared_fields

from .process import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.authorization import AuthorizationServer

    from .process import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.fixture
def open_desk(open_path: Path) -> Desk:
    """A desk that other users of the machine can enter."""
    return make_desk(open_path)


@pytest.fixture
def here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose directory and home are those of this process."""
    monkeypatch.chdir(desk.cwd)
    monkeypatch.setenv("HOME", str(desk.home))
    for field in declared_fields().values():
        for variable in field.variables:
            monkeypatch.delenv(variable.name, raising=False)
    return desk


@pytest.fixture
def service() -> Iterator[AuthorizationServer]:
    """The service behind Qwen OAuth: the authorization server, and the API that takes its tokens."""
    with authorization_server(interval=0.2) as server:
        yield server
