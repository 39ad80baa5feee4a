"""The pages of the rules: title, reason, advice and an example for each rule."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema.records import record

from .catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .diagnostic import Rule


@record
class Page:
    """A rule with its documentation; `example` is a text of several lines."""

    rule: Rule
    why: str
    advice: str
    example: str


@cache
def pages() -> Mapping[str, Page]:
    """Return the page of every rule by its code, in the order of the codes."""
    texts = tomllib.loads(Path(__file__).with_name("pages.toml").read_text(encoding="utf-8"))
    return {rule.code: _page(rule, texts[rule.code]) for rule in RULES}


def _page(rule: Rule, texts: Mapping[str, str]) -> Page:
    why = " ".join((rule.check.__doc__ or "").split())
    return Page(rule, why, " ".join(texts["advice"].split()), texts["example"].strip("\n"))
