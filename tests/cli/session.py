"""A session in this process without a terminal and without approvals, whose config can be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qwen_cfg.application.change import Changes
from qwen_cfg.application.change_of_request import RequestSubject
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.request import Request
from qwen_cfg.cli.arguments import this_process
from qwen_cfg.trust import TrustStore
from qwen_cfg.trust.gate import Gate

# There is no terminal, and nothing is approved.
GATE = Gate(TrustStore(None))


def present_request(**changes: Any) -> Request:
    """Return a request with the present state of this process."""
    return replace(Request(this_process()), **changes)


def changes_of(**changes: Any) -> Changes:
    """Return the changes of a session with the config of a request."""
    return Changes(RequestSubject(compilation_of(present_request(**changes))), GATE)
