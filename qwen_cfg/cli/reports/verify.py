"""What `verify` found, as lines and as data."""

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


def exit_code(found: Verification) -> ExitCode:
    """Return 0 if Qwen Code does what was expected."""
    return ExitCode.OK if found.comparison.verdict == "agrees" else ExitCode.FINDINGS


def document(found: Verification) -> dict[str, Any]:
    """Return the result as plain values, under `verify.schema.json`; no key is in it."""
    return {
        "format": FORMAT,
        "exit_code": int(exit_code(found)),
        "verdict": found.comparison.verdict,
        "program": str(found.program),
        "version": found.installed.name.removeprefix("qwen "),
        "expected_stop": found.expected.stop,
        "fields": [
            {
                "field": one.name,
                "agrees": one.agrees,
                "origin": one.origin,
                **({} if one.name == "api_key" else {"explained": one.expected, "sent": one.sent}),
            }
            for one in found.comparison.fields
        ],
        "refused": list(found.refused),
        "distrusted": list(found.distrustful),
        "timed_out": found.ended.too_long,
        "exit_status": found.ended.status,
        "notices": list(found.notices),
        "output": _output(found),
        "possible_reasons": list(_possible_reasons(found)),
    }


def lines(found: Verification) -> list[str]:
    """Return the result as lines for people."""
    told = [f"{found.installed.name} ({found.program}), started once against a recorder on this machine"]
    told += [_line(found, one) for one in found.comparison.fields]
    told += _about_no_request(found)
    told += [f"  refused   {host}: the program asked for it, and nothing was sent there" for host in found.refused]
    told += [f"  note      {notice}" for notice in found.notices]
    told.append(_CLOSING[found.comparison.verdict])
    return told


_CLOSING = {
    "agrees": "agrees: Qwen Code does what --explain says",
    "differs": "differs: Qwen Code does not do what --explain says. Please report it.",
    "no request": "differs: --explain says that Qwen Code sends a request, and none came",
}


def _line(found: Verification, one: FieldResult) -> str:
    if one.name == "api_key":
        key = found.expected.key
        value = "" if key is None else mask(key.reveal())
        return _row(one, value if one.agrees else f"another key was sent than {value}")
    if one.agrees:
        return _row(one, one.expected)
    explained = one.expected or "nothing"
    return _row(one, f"--explain: {explained}; sent: {one.sent or 'nothing'}")


def _row(one: FieldResult, text: str) -> str:
    origin = f"  ({one.origin})" if one.origin else ""
    return f"  {one.name:<12}{'agrees' if one.agrees else 'differs'}   {text}{origin}"


def _about_no_request(found: Verification) -> list[str]:
    if found.comparison.fields:
        return []
    if found.expected.stop:
        return [f"  no request, as expected: {found.expected.stop}"]
    ended = found.ended
    told = [f"  no request reached the recorder: {_how_it_ended(ended)}"]
    told += [f"  {host} was asked for, and the program did not accept its certificate" for host in found.distrustful]
    output = _output(found)
    told += [f"  its last output: {output}"] if output else []
    return [*told, *(f"  possible reason: {reason}" for reason in _possible_reasons(found))]


def _how_it_ended(ended: ProgramEnd) -> str:
    if ended.too_long or ended.status is None:
        return "it took too long, and was ended"
    return f"it ended with exit status {ended.status}" if ended.status >= 0 else f"signal {-ended.status} ended it"


def _possible_reasons(found: Verification) -> tuple[str, ...]:
    """Return what it can mean that no request came, where one was expected."""
    if found.comparison.verdict != "no request":
        return ()
    if found.ended.too_long:
        first = "it is slower than --time-limit allows, or it waits for input"
    else:
        first = "it does not work here, or it stopped for a reason that --explain does not know"
    if found.distrustful:
        return (first, "it does not accept NODE_EXTRA_CA_CERTS: a launcher may unset it")
    return (first, "it does not use the proxy variables (HTTPS_PROXY, HTTP_PROXY): a launcher may unset them")


def _output(found: Verification) -> str:
    """Return the last output of a program that sent no request, where one was expected; without anything like a key."""
    if found.comparison.verdict != "no request":
        return ""
    text = " ".join(found.ended.output.split())
    return shorten(redact_unknown(text[-_MOST_OUTPUT:]))
