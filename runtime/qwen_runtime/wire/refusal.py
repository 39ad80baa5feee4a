"""An error answer, and the provider's message in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from qwen_schema import patterns as re
from qwen_schema import printable, redact_unknown
from qwen_schema.records import field, record

from .error_words import codes_of, parse_json, words_of
from .markup import is_markup, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# Limits on the provider's message that is shown, and on the plain text that is searched.
LONGEST_QUOTE = 300
_MOST_READ = 2_000
_LETTERS = re.compile(r"\w\w")
_WEB_PAGE = re.compile(r"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)


@record
class Refusal:
    """An error answer: its status, its headers (names in lower case), and its body as far as read."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)

    @property
    def is_web_page(self) -> bool:
        """Whether the answer is a web page: from a proxy, a captive portal, or a server that is not an API."""
        is_page = "text/html" in self.headers.get("content-type", "") and not self.body.lstrip().startswith(("{", "["))
        return is_page or bool(_WEB_PAGE.match(self.body))

    @cached_property
    def words(self) -> str:
        """The provider's message in one line, without secrets; empty if it has no useful words."""
        if self.is_web_page:
            return ""
        is_json = self._document is not None or self.body.strip() == "null"
        text = words_of(self._document) if is_json else self.body
        return _quote((text_of(text) if is_markup(text) else "") or text)

    @cached_property
    def page_text(self) -> str:
        """The visible text of a web page, in one line without secrets; it is only for display."""
        return _quote(text_of(self.body)) if self.is_web_page else ""

    @property
    def reason(self) -> str:
        """The status, and the provider's words, or its codes if it has no words."""
        codes = ", ".join(code for code in self.codes if code != str(self.status))
        words = self.words or self.page_text.removeprefix(str(self.status)).strip()
        parts = (str(self.status or ""), words or redact_unknown(codes)[:LONGEST_QUOTE])
        return ": ".join(part for part in parts if part) or "no reason given"

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The provider's own codes of the error, if there are any."""
        return codes_of(self._document)

    @cached_property
    def _document(self) -> Any:
        return parse_json(self.body)

    def matches(self, pattern: re.Pattern[str]) -> bool:
        """Return whether the provider's codes or words contain a pattern."""
        return bool(pattern.search(" ".join((*self.codes, self.words))))


def _quote(text: str) -> str:
    """Return a text as one line of limited length, without secrets; empty if it has no words."""
    text = text[:_MOST_READ]
    return printable(redact_unknown(" ".join(text.split())))[:LONGEST_QUOTE] if _LETTERS.search(text) else ""
