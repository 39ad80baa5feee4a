"""The answer of `why-not` as text, and as JSON under `why-not.schema.json`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from qwen_cfg.writing.assignment import CannotAssignError, assign
from qwen_schema import ExitCode, Secret, declared_fields, kind_of_pointer
from qwen_schema.records import asdict

if TYPE_CHECKING:
    from qwen_cfg.application.edits import Edit
    from qwen_cfg.application.why_not import Fix, Verdict, WhyNot
    from qwen_cfg.cli.output import Output
    from qwen_cfg.core.chosen_profile import ChosenProfile

FORMAT = 1

# The placeholder for a key.
_KEY = "<the key>"


def show_why_not(answer: WhyNot, chosen_profile: ChosenProfile, output: Output) -> None:
    """Write the answer as text."""
    first, *others = answer.verdicts
    output.lines(*_first_lines(answer, first, chosen_profile))
    for verdict in others:
        output.lines("", *_other_lines(answer, verdict, first))
    if any(verdict.fixes for verdict in answer.verdicts):
        output.notice("Each edit was tested by resolving again. Nothing was written.")


def why_not_data(answer: WhyNot, chosen_profile: ChosenProfile) -> dict[str, Any]:
    """Return the answer as plain values."""
    return {
        "format": FORMAT,
        "exit_code": int(ExitCode.OK if answer.is_possible else ExitCode.FINDINGS),
        "field": answer.field,
        "wanted": answer.wanted,
        "profile": chosen_profile.profile.name,
        "profile_from": chosen_profile.because,
        "profiles": [_verdict_data(verdict) for verdict in answer.verdicts],
    }


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "profile": verdict.profile.name,
        "qwen_code": verdict.profile.title,
        "value": verdict.value,
        "origin": verdict.origin,
        "wins": verdict.wins,
        "in_vain": list(verdict.unused_offers),
        "fixes": [
            {
                "edits": [_edit_data(edit) for edit in fix.edits],
                "origin": fix.origin,
                "also_changes": [asdict(difference) for difference in fix.also],
                "leaves_incomplete": fix.is_incomplete,
            }
            for fix in verdict.fixes
        ],
        "reasons": list(verdict.reasons),
        "error": verdict.error or None,
    }


def _edit_data(edit: Edit) -> dict[str, Any]:
    is_key = _is_key(edit)
    return {
        "where": edit.where,
        "action": "remove" if edit.removes else "set",
        "name": edit.name,
        "pointer": "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in edit.names) or None,
        "value": None if edit.removes or is_key else list(edit.items) if edit.items is not None else edit.revealed,
        "is_key": is_key,
        "file": edit.shown or None,
        "lines": list(edit.lines),
        "creates_file": edit.creates,
        "words": _words(edit),
    }


def _first_lines(answer: WhyNot, verdict: Verdict, chosen_profile: ChosenProfile) -> list[str]:
    rules = f"by the {chosen_profile.rules}"
    if verdict.wins:
        return [f"{answer.field} {_state_text(answer, verdict)} here, {rules}: nothing to change"]
    return [
        f"{answer.field} {_state_text(answer, verdict)} here, {rules}",
        *_unused_lines(verdict),
        "",
        *_fix_lines(answer, verdict),
    ]


def _other_lines(answer: WhyNot, verdict: Verdict, first: Verdict) -> list[str]:
    title = f"By the {verdict.profile.rules}"
    if verdict.error:
        return [f"{title}, nothing resolves: {verdict.error}"]
    if verdict.wins:
        return [f"{title}, it {_state_text(answer, verdict)} already"]
    if verdict.fixes and (verdict.fixes, verdict.unused_offers) == (first.fixes, first.unused_offers):
        return [f"{title}, the same edits have this effect."]
    return [f"{title}, it {_state_text(answer, verdict)}", *_unused_lines(verdict), "", *_fix_lines(answer, verdict)]


def _unused_lines(verdict: Verdict) -> list[str]:
    return [f"  {sentence}" for sentence in verdict.unused_offers]


def _state_text(answer: WhyNot, verdict: Verdict) -> str:
    """Return the present value of the field, as the end of a sentence."""
    if not verdict.origin:
        return "is not set"
    if declared_fields()[answer.field].secret:
        return f"comes from {verdict.origin}"
    return f"is {verdict.value or '(empty)'}  [{verdict.origin}]"


def _fix_lines(answer: WhyNot, verdict: Verdict) -> list[str]:
    if not verdict.fixes:
        return ["No edit has this effect:", *(f"  {reason}" for reason in verdict.reasons)]
    choice = "do one of these" if len(verdict.fixes) > 1 else "do this"
    lines = [f"To get {answer.field}={answer.wanted}, {choice}:"]
    for number, fix in enumerate(verdict.fixes, start=1):
        lines += _numbered_fix(number, fix)
    return lines


def _numbered_fix(number: int, fix: Fix) -> list[str]:
    first, *more = (_words(edit) for edit in fix.edits)
    lines = [f"  {number}. {first}", *(f"     and {words}" for words in more)]
    lines += [f"       this also changes {d.field}: {d.old or '(empty)'} → {d.new or '(empty)'}" for d in fix.also]
    if fix.is_incomplete:
        lines.append("       the configuration is incomplete after this")
    return lines


def _words(edit: Edit) -> str:
    """Return an edit as an instruction."""
    file, lines = edit.shown, ",".join(map(str, edit.lines))
    at = f"{file}:{lines}" if lines else file
    match edit.where, edit.removes:
        case "flag", True:
            return f"omit {edit.name}"
        case "flag", False:
            is_switch = declared_fields()[edit.field].is_switch
            return f"add the flag {edit.name}{'' if is_switch else f'={_quote(edit)}'}"
        case "environment", True:
            return f"unset {edit.name}"
        case "environment", False:
            return f"export {edit.name}={_quote(edit)}"
        case "env-file", True:
            return f"remove {edit.name} from {at}"
        case "env-file", False:
            assignment = _assignment(edit)
            if edit.creates:
                return f"create {file} with {assignment}"
            return f"change {at} to {assignment}" if lines else f"add {assignment} to {file}"
        case _, True:
            return f"remove {edit.name} from {at}"
    value = _json(edit)
    if edit.creates:
        return f"create {file} with {edit.name}: {value}"
    return f"change {edit.name} in {at} to {value}" if lines else f"add {edit.name}: {value} to {file}"


def _is_key(edit: Edit) -> bool:
    """Return whether an edit sets a key; a pointer to a key is not a key."""
    return isinstance(edit.text, Secret) and kind_of_pointer(edit.revealed) is None


def _quote(edit: Edit) -> str:
    return _KEY if _is_key(edit) else shlex.quote(edit.revealed)


def _assignment(edit: Edit) -> str:
    """Return the line of an env file, with quotes if needed."""
    if _is_key(edit):
        return f"{edit.name}={_KEY}"
    try:
        return assign("", {edit.name: edit.revealed}).rstrip("\n")
    except CannotAssignError:
        return f"{edit.name}={edit.revealed}"


def _json(edit: Edit) -> str:
    import json  # noqa: PLC0415 - only edits of settings need it

    if _is_key(edit):
        return _KEY
    return json.dumps(list(edit.items) if edit.items is not None else edit.revealed, ensure_ascii=False)
