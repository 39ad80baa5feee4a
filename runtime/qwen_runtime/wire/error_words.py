"""Reads a provider's error document: whether it is an error, its words and its codes."""

from __future__ import annotations

import json
from collections import deque
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from qwen_schema import patterns as re

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Limits on the values that are read, and on the text that is shown.
_MOST_VALUES = 2_000
_MOST_TEXTS = 5
_LONGEST = 500
# Python refuses to convert whole numbers of more than 4,300 digits from or to text.
_MOST_DIGITS = 100

# The names of words and codes, without capitals, `_` and `-`: OpenAI, Azure, Google (google.rpc.Status),
# DashScope, OpenRouter (`metadata.raw`), MiniMax (`base_resp.status_msg`), FastAPI (`detail`), RFC 9457, AWS.
_WORDS = {
    *("message", "messages", "msg", "error", "errors", "errormessage", "errormsg", "errmsg", "errmessage", "statusmsg"),
    *("statusmessage", "errordescription", "detail", "details", "description", "raw", "title", "failure"),
    *("failurereason", "faultstring", "exception"),
}
_CODES = {
    *("code", "codes", "type", "status", "error", "errorcode", "errcode", "errortype", "statuscode", "httpcode"),
    *("reason", "subcode"),
}
# The objects with one member for each invalid field, with its words: Rails, Django, Laravel, ASP.NET, Zod.
_FIELD_ERRORS = {"errors", "fielderrors", "validationerrors", "invalidparams", "fields"}
_MAY_HOLD_FIELDS = {*_FIELD_ERRORS, "message", "error", "detail", "details"}
# The names of a member that names the field of the words beside it: pydantic, Zod, Ajv, Spring, RFC 9457.
_FIELD_NAMES = ("loc", "path", "field", "fieldname", "property", "instancepath", "pointer", "attribute", "param")
# Members in which a server repeats the request, or shows internal details.
_ECHOES = {
    *(
        "input",
        "inputs",
        "request",
        "requestbody",
        "prompt",
        "body",
        "ctx",
        "stack",
        "stacktrace",
        "traceback",
        "trace",
    ),
}
_OUTCOMES = ("code", "errorcode", "errcode", "statuscode")
_FAILED = {"error", "failed", "failure", "fail"}
_SUCCEEDED = re.compile(r"0*|2\d\d(00)?|ok(ay)?|success(ful(ly)?)?|succeeded|none|null|no error", re.IGNORECASE)


def parse_json(text: str) -> Any:
    """Return the JSON value of a server's text; None if it is not JSON, or nested too deeply.

    A number of any length is accepted: a whole number with too many digits becomes a float, which may be infinite.
    """
    try:
        return _decoder().decode(text)
    except (ValueError, RecursionError):
        return None


@cache
def _decoder() -> json.JSONDecoder:
    """Return the decoder, which is made once: `json.loads` would make one for each text."""
    return json.JSONDecoder(parse_int=_number)


def is_error(document: Mapping[str, Any]) -> bool:
    """Return whether a document reports an error, in any of the forms in use, and is not a completion."""
    for error in (document.get("error"), document.get("errors")):
        if error and _is_failure(error):
            return True
    base = document.get("base_resp")
    if isinstance(base, dict) and not _is_success(base.get("status_code")):
        return True
    choices = document.get("choices")
    if isinstance(choices, list) and choices:
        errors = [choice["error"] for choice in choices if isinstance(choice, dict) and "error" in choice]
        return any(map(_is_failure, errors))
    return not isinstance(document.get("usage"), dict) and _reports_failure(document)


def words_of(document: Any) -> str:
    """Return the words of a document: under the usual names, else any sentence, else a number."""
    values = list(_values(document))
    named = [value for name, value in values if name in _WORDS]
    texts = _distinct([value for value in named if isinstance(value, str)])
    if not texts:
        texts = _distinct([value for _, value in values if isinstance(value, str) and not _is_code(value)])
    if not texts:
        texts = [str(value) for value in named if isinstance(value, int | float) and not isinstance(value, bool)][:1]
    return "; ".join(texts)


def codes_of(document: Any) -> tuple[str, ...]:
    """Return the codes of a document, the outer ones first."""
    found = ((name, value) for name, value in _values(document) if name in _CODES and isinstance(value, str | int))
    texts = (str(value) for _, value in found if not isinstance(value, bool))
    return tuple(dict.fromkeys(text for text in texts if text and _is_code(text)))


def status_of(codes: Sequence[str]) -> int:
    """Return the HTTP status among the codes; 0 if there is none."""
    return next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code, re.ASCII)), 0)


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _reports_failure(document: Mapping[str, Any]) -> bool:
    """Return whether a document that is not a completion has a code of failure, or, without any code, words."""
    named = {_plain(name): value for name, value in document.items()}
    if named.get("success") is False or _FAILED & {
        str(named.get(name)).lower() for name in ("type", "object", "status")
    }:
        return True
    codes = [named[name] for name in _OUTCOMES if isinstance(named.get(name), str | int)]
    if codes:
        return not all(map(_is_success, codes))
    return any(name in _WORDS and _is_failure(value) for name, value in named.items())


def _is_failure(error: Any) -> bool:
    """Return whether the value of `error` is an error: some servers report success there."""
    values = error.values() if isinstance(error, dict) else [error]
    return not all(map(_is_success, values))


def _is_success(value: Any) -> bool:
    return not value or (isinstance(value, str | int) and bool(_SUCCEEDED.fullmatch(str(value).strip())))


def _values(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield the plain values of a document with their names, the outer ones first, and values of JSON inside texts."""
    queue: deque[tuple[str, Any]] = deque([("message", document)])
    for _ in range(_MOST_VALUES):
        if not queue:
            return
        name, value = queue.popleft()
        if isinstance(value, str):
            inner = parse_json(value) if value.lstrip()[:1] in ("{", "[") else None
            value = inner if isinstance(inner, dict | list) else value
        if isinstance(value, dict):
            queue.extend(_members(value, name))
        elif isinstance(value, list):
            queue.extend((name, each) for each in value[:_MOST_VALUES])
        else:
            yield name, value


def _members(value: Mapping[str, Any], holder: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of the object under a name; words about a field begin with the field's name."""
    named = {_plain(name): each for name, each in islice(value.items(), _MOST_VALUES)}
    field = _field_of(named)
    for name, each in islice(value.items(), _MOST_VALUES):
        plain = _plain(name)
        texts = _field_texts(each, holder)
        if texts and plain not in _WORDS | _CODES | {*_FIELD_NAMES}:
            yield from (("msg", f"{name}: {text}") for text in texts)
        elif field and plain in _WORDS and isinstance(each, str) and field.rpartition(".")[2] not in each:
            yield plain, f"{field}: {each}"
        elif plain not in _ECHOES:
            yield plain, each


def _field_of(named: Mapping[str, Any]) -> str:
    """Return the field that an object's words are about; empty if it names none."""
    for name in _FIELD_NAMES:
        place = named.get(name)
        if isinstance(place, list):
            return ".".join(str(part) for part in place if isinstance(part, str | int))
        # The path of a request is not a field.
        if isinstance(place, str) and name not in ("path", "param"):
            return place.lstrip("#/").replace("/", ".")
    return ""


def _field_texts(value: Any, holder: str) -> list[str]:
    """Return the sentences about a field in the member of an object that may contain fields; codes are left out."""
    if isinstance(value, str) and holder in _FIELD_ERRORS:
        value = [value]
    if not isinstance(value, list) or holder not in _MAY_HOLD_FIELDS:
        return []
    texts = [each for each in value[:_MOST_TEXTS] if isinstance(each, str) and each.strip()]
    return [text for text in texts if holder in _FIELD_ERRORS or not _is_code(text)]


def _distinct(texts: list[str]) -> list[str]:
    """Return the first few texts, each once, without texts that another text contains."""
    lines = dict.fromkeys(" ".join(text[:_LONGEST].split()) for text in texts[:_MOST_VALUES])
    found: list[str] = []
    for line in lines:
        if line and not any(line in other for other in found):
            found = [*[other for other in found if other not in line][: _MOST_TEXTS - 1], line]
    return found


def _is_code(text: str) -> bool:
    return len(text) <= 100 and bool(re.fullmatch(r"[!-~]*", text))


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
