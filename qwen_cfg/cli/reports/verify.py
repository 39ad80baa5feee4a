"""The result of `verify` as lines and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema import ExitCode, redact_unknown
from qwen_schema.printable import shorten
from qwen_schema.secret import mask

if TYPE_CHECKING:
    from qwen_cfg.application.verification import Verification
    from qwen_cfg.verification.child import ProgramEnd
    from qwen_cfg.verification.comparison import FieldResult

FORMAT = 1

_MOST_OUTPUT = 600


def exit_code(verification: Verification) -> ExitCode:
    """Return 0 if Qwen Code does what `--explain` says, otherwise 1."""
    return ExitCode.OK if verification.comparison.verdict == "agrees" else ExitCode.FINDINGS


def document(verification: Verification) -> dict[str, Any]:
    """Return the result as plain values, under `verify.schema.json`, without keys."""
    return {
        "format": FORMAT,
        "exit_code": int(exit_code(verification)),
        "verdict": verification.comparison.verdict,
        "program": str(verification.program),
        "version": verification.installed.name.removeprefix("qwen "),
        "expected_stop": verification.expected.stop,
        "fields": [
            {
                "field": field.name,
                "agrees": field.agrees,
                "origin": field.origin,
                **({} if field.name == "api_key" else {"explained": field.expected, "sent": field.sent}),
            }
            for field in verification.comparison.fields
        ],
        "refused": list(verification.refused),
        "distrusted": list(verification.distrustful),
        "timed_out": verification.ended.too_long,
        "exit_status": verification.ended.status,
        "notices": list(verification.notices),
        "output": _output(verification),
        "possible_reasons": list(_possible_reasons(verification)),
    }


def lines(verification: Verification) -> list[str]:
    """Return the result as lines of text."""
    result = [f"{verification.installed.name} ({verification.program}), started once with a recorder on this machine"]
    result += [_line(verification, field) for field in verification.comparison.fields]
    result += _missing_request_lines(verification)
    result += [
        f"  refused   {host}: the program tried to reach it, and nothing was sent" for host in verification.refused
    ]
    result += [f"  note      {notice}" for notice in verification.notices]
    result.append(_CLOSING[verification.comparison.verdict])
    return result


_CLOSING = {
    "agrees": "agrees: Qwen Code does what --explain says",
    "differs": "differs: Qwen Code does not do what --explain says. Please report it.",
    "no request": "differs: --explain says that Qwen Code sends a request, and it sent none",
}


def _line(verification: Verification, field: FieldResult) -> str:
    if field.name == "api_key":
        key = verification.expected.key
        value = "" if key is None else mask(key.reveal())
        return _row(field, value if field.agrees else f"--explain: {value}; another key was sent")
    if field.agrees:
        return _row(field, field.expected)
    explained = field.expected or "nothing"
    return _row(field, f"--explain: {explained}; sent: {field.sent or 'nothing'}")


def _row(field: FieldResult, text: str) -> str:
    origin = f"  ({field.origin})" if field.origin else ""
    return f"  {field.name:<12}{'agrees' if field.agrees else 'differs'}   {text}{origin}"


def _missing_request_lines(verification: Verification) -> list[str]:
    if verification.comparison.fields:
        return []
    if verification.expected.stop:
        return [f"  no request, as expected: {verification.expected.stop}"]
    ended = verification.ended
    result = [f"  no request reached the recorder: {_end_text(ended)}"]
    result += [f"  {host}: the program did not accept the recorder's certificate" for host in verification.distrustful]
    output = _output(verification)
    result += [f"  its last output: {output}"] if output else []
    return [*result, *(f"  possible reason: {reason}" for reason in _possible_reasons(verification))]


def _end_text(ended: ProgramEnd) -> str:
    if ended.too_long or ended.status is None:
        return "it was stopped at the time limit"
    return f"it ended with exit status {ended.status}" if ended.status >= 0 else f"signal {-ended.status} ended it"


def _possible_reasons(verification: Verification) -> tuple[str, ...]:
    """Return possible reasons for a missing request."""
    if verification.comparison.verdict != "no request":
        return ()
    if verification.ended.too_long:
        first = "it needs more time than --time-limit allows, or it waits for input"
    else:
        first = "it does not work here, or it stopped for a reason that --explain does not know"
    if verification.distrustful:
        return (first, "it does not accept NODE_EXTRA_CA_CERTS: a launcher may unset it")
    return (first, "it does not use the proxy variables (HTTPS_PROXY, HTTP_PROXY): a launcher may unset them")


def _output(verification: Verification) -> str:
    """Return the last output of a program whose request is missing, without anything like a key."""
    if verification.comparison.verdict != "no request":
        return ""
    text = " ".join(verification.ended.output.split())
    return shorten(redact_unknown(text[-_MOST_OUTPUT:]))
