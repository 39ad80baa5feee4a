"""The text of a web page or an XML document that a server sends instead of an answer."""

from __future__ import annotations

from qwen_schema import patterns as re

# How many characters of a document are read.
_MOST_READ = 20_000
_MARKUP = re.compile(r"\s*<(!doctype|!--|\?xml|[a-z][\w:.-]*[\s/>])", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style|svg|noscript)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)", re.IGNORECASE | re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TAG = re.compile(r"<[/!?a-z][^<>]*(>|$)", re.IGNORECASE)
# AWS and other services with XML errors: the message is for people, and IDs are beside it.
_MESSAGE = re.compile(
    r"<((?:\w+:)?(?:message|errormessage|faultstring|detail))\b[^>]*>([^<]*\w[^<]*)</\1>", re.IGNORECASE
)


def is_markup(text: str) -> bool:
    """Return whether a text is HTML or XML."""
    return bool(_MARKUP.match(text))


def text_of(markup: str) -> str:
    """Return the words of a page or an XML document in one line: its messages, or else all visible text."""
    import html  # noqa: PLC0415 - few answers are pages, and its table of names is large

    visible = _CDATA.sub(lambda match: html.escape(match[1]), _UNSEEN.sub(" ", markup[:_MOST_READ]))
    messages = [message for _, message in _MESSAGE.findall(visible)]
    pieces = (" ".join(html.unescape(piece).split()) for piece in messages or _TAG.sub("\n", visible).split("\n"))
    return " ".join(dict.fromkeys(piece for piece in pieces if piece))
