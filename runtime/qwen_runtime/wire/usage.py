"""The token counts of a request, in the provider's spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The places of cached prompt tokens, as paths into `usage`: OpenAI, OpenRouter and DashScope (API reference, "Chat
# completion object"; alibabacloud.com/help/en/model-studio/context-cache); then Moonshot, older DashScope answers and
# vLLM; then DeepSeek (api-docs.deepseek.com/guides/kv_cache); then servers that forward Anthropic's counts.
_CACHED = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("cached_tokens",),
    ("prompt_cache_hit_tokens",),
    ("cache_read_input_tokens",),
    ("native_tokens_cached",),
)

# No request uses as many; a larger number is an error of the server, and too large to calculate or show.
_BEYOND_COUNTS = 10**15


@record
class Usage:
    """Token counts; None means not reported by the provider. Cached tokens are part of the prompt tokens."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


def read_usage(document: Mapping[str, Any]) -> Usage:
    """Return the counts of a `usage` object; an invalid count means not reported."""
    prompt = _count(document, ("prompt_tokens",), ("input_tokens",))
    completion = _count(document, ("completion_tokens",), ("output_tokens",))
    total = _count(document, ("total_tokens",))
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return Usage(prompt, _count(document, *_CACHED), completion, total)


def _count(document: Mapping[str, Any], *paths: tuple[str, ...]) -> int | None:
    return next(_counts(document, paths), None)


def _counts(document: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> Iterator[int]:
    for path in paths:
        value: Any = document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _BEYOND_COUNTS:
            yield value
