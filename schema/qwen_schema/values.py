"""Converts a layer's text to the value of a field, and a value to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import patterns as re
from .fast_validation import conforms_as
from .formats import CHECKS, LONGEST, is_unicode
from .pointers import EXPECTED as EXPECTED_OF_POINTER
from .pointers import is_pointer, kind_of_pointer, parts_of_pointer
from .printable import shorten
from .proxy import NO_PROXY, split_login
from .secret import hide_credentials, looks_like_key, mask, redact_unknown
from .unresolved_references import unresolved_reference

if TYPE_CHECKING:
    from .fields import Field, Value

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}

# Leftovers around a value come from programs that do not read env files like a shell (`docker run --env-file`), and
# from a shell that sources a file with Windows line ends. Word processors insert other quotes. `Model #2` is a valid
# name, and so is a text that python-dotenv keeps in backticks.
_QUOTES = "'\"\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
_COMMENT = re.compile(r"\s#(?!\d)")
_ALONE = "only the value, without quotes around it, line ends, blanks at its ends or a comment"
EMPTY_LIST = "none"


class BadValue(ValueError):  # noqa: N818 - the caller turns it into a diagnostic
    """A text is not a valid value of the field: the problem and the expected form, without the text."""

    def __init__(self, wrong: str, expected: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.expected = expected


def parse_value(field: Field, text: str, *, is_expanded: bool = False) -> Value:
    """Return the value of a text in this field. The text of a secret may be a pointer to the secret.

    With `is_expanded`, variables in the text have been replaced; a variable that is still there is part of the value.

    Raises:
        BadValue: if the text is not a value of the field, or the value violates the field's schema.
    """
    if not is_unicode(text):
        raise BadValue("it is not valid UTF-8", _expectation(field))
    if field.secret and kind_of_pointer(text) is not None:
        return _pointer(text)
    if field.secret and (found := unresolved_reference(text)) is not None and not (is_expanded and found.is_variable):
        raise BadValue(f"it is {found.what}, not a key", f"the key: {found.fix}")
    try:
        value = _convert(field, text)
        _require_conforming(field, list(value) if isinstance(value, tuple) else value)
    except BadValue:
        raise
    except ValueError as error:
        raise BadValue(str(error), _expectation(field)) from None
    return value


def _require_conforming(field: Field, value: object) -> None:
    """Check a value against the field's schema.

    Raises:
        ValueError: if it violates the schema; the message has the problem.
    """
    if conforms_as(field, value):
        return
    from .validate import Invalid, check_value  # noqa: PLC0415 - jsonschema is slow to import

    try:
        check_value(field.schema, value)
    except Invalid as invalid:
        raise ValueError(invalid.wrong) from None


def is_true(text: str) -> bool:
    """Return whether a text, as the value of a field or a variable, means yes; false for an empty text."""
    return text.strip().lower() in _TRUE


def safe_text(field: Field, text: str) -> str:
    """Return a field's text for display, valid or not.

    A secret is masked, but a pointer to a secret is not. A URL is shown unchanged only if it is valid and has no
    credentials. Only the beginning is shown of a text that is longer than any value.
    """
    shown = _without_secrets(field, text)
    return shown if len(shown) <= LONGEST else f"{shorten(shown)} ({len(text):,} characters)"


def _without_secrets(field: Field, text: str) -> str:
    if field.secret:
        return redact_unknown(text) if is_pointer(text) else mask(text)
    check = CHECKS.get(field.schema.get("format", "")) if "url" in field.schema.get("format", "") else None
    if check is not None:
        try:
            check(text)
        except ValueError:
            return redact_unknown(hide_credentials(text))
    return redact_unknown(text)


def is_recognised(field: Field, text: str) -> bool:
    """Return whether a text is true or false, for a field with `otherwise`; always true for other fields."""
    return field.otherwise is None or text.strip().lower() in _TRUE | _FALSE


def show_value(value: Value) -> str:
    """Return a value as text, as a user would write it."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.12g}"
        case tuple():
            return ",".join(value) or EMPTY_LIST
        case _:
            return str(value)


def _expectation(field: Field) -> str:
    """Return a description of a valid text for this field."""
    from .validate import expectation  # noqa: PLC0415 - jsonschema is slow to import

    if field.schema.get("type") == "array":
        return f"a comma-separated list ({EMPTY_LIST} for an empty one)"
    return expectation(field.schema)


def _pointer(text: str) -> str:
    try:
        parts_of_pointer(text)
    except ValueError as error:
        raise BadValue(str(error), EXPECTED_OF_POINTER) from None
    if looks_like_key(text):
        raise BadValue("it should be a pointer, but contains a key", EXPECTED_OF_POINTER)
    return text


def _convert(field: Field, text: str) -> Value:
    match field.schema.get("type"):
        case "boolean":
            return _boolean(field, text)
        case "integer":
            return int(_require_match(r"[+-]?[0-9]{1,9}", text, "it is not a whole number"))
        case "number":
            return float(_require_match(r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?", text, "it is not a number"))
        case "array":
            items = tuple(item.strip() for item in text.split(",") if item.strip())
            return () if items == (EMPTY_LIST,) else items
        case _:
            _require_alone(field, text)
            return _without_login(text) if field.schema.get("format") == "proxy-url" else text


def _without_login(text: str) -> str:
    """Return the URL of a proxy without its login, for display and the artifact."""
    return "" if text == NO_PROXY else split_login(text)[0]


def _require_alone(field: Field, text: str) -> None:
    """Raise BadValue for extra characters around the value; the formats of URLs check blanks themselves."""
    is_url, wrong = field.schema.get("format", "").endswith("-url"), None
    if field.secret:
        return
    if text[:1] in _QUOTES and text[-1:] in _QUOTES and text:
        wrong = "it has quotes around it"
    elif text and (text[0] in _QUOTES or text[-1] in _QUOTES):
        wrong = "it begins or ends with a quote"
    elif is_url and text.startswith("<") and text.endswith(">"):
        wrong = "it has angle brackets around it"
    elif text.endswith("\r") and not is_url:
        wrong = "it ends in a carriage return, as lines of files with Windows line ends do"
    elif not is_url and _has_invisible(text):
        wrong = "it contains a line break or another invisible character"
    elif text != text.strip() and not is_url:
        wrong = "it begins or ends with a blank"
    elif "#" in text and _COMMENT.search(text):
        wrong = "it is followed by a comment, which is read as part of it"
    if wrong is not None:
        raise BadValue(wrong, _ALONE)


def _has_invisible(text: str) -> bool:
    """Tell whether a text holds a line break or another character that is not seen, but for NUL."""
    if text.isascii() and text.isprintable():
        return False
    from unicodedata import category  # noqa: PLC0415 - few values have such a character

    return any(category(character) in ("Cc", "Cf", "Zl", "Zp") for character in text if character != "\0")


def _boolean(field: Field, text: str) -> Value:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if field.otherwise is None:
        raise ValueError("it is neither true nor false")
    return field.otherwise


def _require_match(pattern: str, text: str, wrong: str) -> str:
    stripped = text.strip(" \t")
    if not re.fullmatch(pattern, stripped):
        raise ValueError(wrong)
    return stripped
