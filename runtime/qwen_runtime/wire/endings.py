"""The reasons for the end of an answer: which are normal, and the meaning of the others."""

from __future__ import annotations

import json
from typing import Any

from qwen_schema import patterns as re
from qwen_schema import printable, redact_unknown

# The normal end: OpenAI, Azure; Together, Hugging Face; Anthropic's API and gateways to it; Cohere.
_WHOLE = {
    *("stop", "stopped", "stopsequence", "stoptoken", "eos", "eostoken", "eosfound", "end", "endturn", "endofturn"),
    *("endofsequence", "endoftext", "complete", "completed", "done", "finish", "finished", "success"),
}
# The token limit: OpenAI; Anthropic, Gemini; Mistral; Z.ai.
_LIMIT = {
    *("length", "maxlength", "maxtokens", "maxtoken", "maxoutputtokens", "maxcompletiontokens", "maxnewtokens"),
    *("modellength", "tokenlimit", "tokenlimitreached", "contextlength", "modelcontextwindowexceeded"),
}
# Placeholders for a reason while the answer continues: DashScope sends "null", Gemini an enum's first value.
_NONE = {"", "null", "none", "unspecified"}
_TOOLS = {"toolcalls", "toolcall", "tooluse", "functioncall", "functioncalls"}

# The reasons of providers that stop an answer: OpenAI and Azure; Z.ai; Gemini; Anthropic; DashScope.
_FILTERED = re.compile(r"filter|sensitive|safety|prohibited|blocklist|recitation|spii|refusal|moderat|inspection")
_FAILED = re.compile(r"error|fail|abort|insufficient|timeout|overload|network")
_LONGEST = 60


def reason_name(reason: Any) -> str:
    """Return the name of a reason of any JSON type; empty if the value means that there is no reason yet.

    A number, `true`, a list or an object is an unknown reason. `false` and 0, the first value of an enum, mean that
    there is none yet.
    """
    if isinstance(reason, str):
        return reason
    if reason is None or reason is False or reason == 0:
        return ""
    try:
        return json.dumps(reason, ensure_ascii=False)[:_LONGEST]
    except RecursionError:
        return type(reason).__name__


def is_end(reason: str) -> bool:
    """Return whether a reason means that the answer has ended."""
    return _plain(reason) not in _NONE


def is_limit(reason: str | None) -> bool:
    """Return whether the answer ends at the token limit."""
    return _plain(reason or "") in _LIMIT


def is_tool_call(reason: str) -> bool:
    """Return whether the model ended its answer to call a tool."""
    return _plain(reason) in _TOOLS


def incomplete_reason(reason: str) -> str:
    """Return why an answer with this reason is incomplete; an empty text if it is complete."""
    plain = _plain(reason)
    if plain in _WHOLE | _LIMIT | _NONE:
        return ""
    name = printable(redact_unknown(reason))[:_LONGEST]
    if plain in _TOOLS:
        return f"the model requested a tool, but qwen-cfg offers none (finish_reason {name})"
    if _FILTERED.search(plain):
        return f"the provider's content filter stopped it (finish_reason {name})"
    if _FAILED.search(plain):
        return f"the provider failed in the middle of it (finish_reason {name})"
    return f"the provider ended it for an unknown reason (finish_reason {name})"


def _plain(reason: str) -> str:
    """Return a reason in lower case, without marks and prefix: `FINISH_REASON_STOP` becomes `stop`."""
    return re.sub(r"[\W_]", "", reason).lower().removeprefix("finishreason") or reason.strip()
