"""The forms of the artifact on disk: TOML and JSON, the same document in both."""

from __future__ import annotations

from typing import Any, Literal

from .artifact import ResolvedConfig, from_document, to_document, validate_document
from .errors import ArtifactError
from .printable import shorten, without_controls
from .secret import redact_unknown
from .shallow import MOST_PARTS, line_of_a_deep_name

Form = Literal["toml", "json"]

BYTE_ORDER_MARK = "\ufeff"

_TOO_MUCH = "a number in it is too long, or it nests too deeply"

_HEADER = """\
# The resolved config of qwen-cfg: what counts here, and where each value comes from.
# Made by `qwen-cfg resolve`; `qwen-cfg check` compares it with the world and tells what would mend it.

"""


def dump(artifact: ResolvedConfig, form: Form = "toml") -> str:
    """Return the artifact as text with line feeds at line ends, the same for the same artifact everywhere.

    Raises:
        ArtifactError: if it would not be valid; nothing invalid is ever written.
    """
    document = to_document(artifact)
    validate_document(document)
    return without_controls(_toml(document) if form == "toml" else _json(document))


def load(text: str, *, where: str = "") -> ResolvedConfig:
    """Return the artifact that a text holds, in either form (JSON starts with a brace).

    `where` is the file's name, for messages.

    Raises:
        ArtifactError: if the text is in neither form, or is no valid artifact.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    form = form_of(text)
    try:
        return from_document(_parsed(text, form, where), where=where)
    except (OverflowError, RecursionError, ValueError):
        # What can just be parsed may still be too much for those who look at it.
        raise _refusal(form, _TOO_MUCH, where) from None


def form_of(text: str) -> Form:
    """Tell the form of a written artifact."""
    return "json" if text.lstrip(BYTE_ORDER_MARK + " \t\r\n").startswith("{") else "toml"


def _json(document: dict[str, Any]) -> str:
    import json  # noqa: PLC0415 - only the one who writes JSON needs it

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _toml(document: dict[str, Any]) -> str:
    import tomli_w  # noqa: PLC0415 - only the one who writes TOML needs it

    return _HEADER + tomli_w.dumps(document)


def _parsed(text: str, form: Form, where: str) -> dict[str, Any]:
    deep = line_of_a_deep_name(text) if form == "toml" else None
    if deep is not None:
        raise _refusal(form, f"a name in it has more than {MOST_PARTS} parts (at line {deep})", where)
    try:
        return _parsed_json(text, where) if form == "json" else _parsed_toml(text, where)
    except ValueError:
        raise _refusal(form, _TOO_MUCH, where) from None


def _parsed_json(text: str, where: str) -> dict[str, Any]:
    import json  # noqa: PLC0415 - only the one who reads JSON needs it

    try:
        return json.loads(text)  # type: ignore[no-any-return]
    except json.JSONDecodeError as error:
        reason = f"{error.msg} (line {error.lineno}, column {error.colno})"
    raise _refusal("json", reason, where)


def _parsed_toml(text: str, where: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only the one who reads TOML needs it

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # It may quote the name of a table, which may be a key in the wrong place.
        reason = shorten(redact_unknown(str(error)))
    raise _refusal("toml", reason, where)


def _refusal(form: Form, reason: str, where: str) -> ArtifactError:
    return ArtifactError(
        f"this is no valid {form.upper()}: {reason}",
        where=where,
        hint="It may be cut off. Regenerate it: qwen-cfg resolve -o FILE",
    )
