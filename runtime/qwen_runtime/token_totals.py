"""The counts of a session: requests, tokens and times, by model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.records import record

from .wire.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .wire.exchange import Answer

NOT_REPORTED = "not reported"
# The text for the saved tokens if there is no count of cached tokens.
NOT_KNOWN = "not known: the provider reports no cached tokens"


@record
class Record:
    """The tokens and times of one request. Times are in seconds."""

    model: str
    usage: Usage | None
    first_token_seconds: float | None
    total_seconds: float

    @classmethod
    def of(cls, answer: Answer) -> Record:
        """Return the record of an answer."""
        return cls(answer.model, answer.usage, answer.first_token_seconds, answer.total_seconds)

    @property
    def is_answered(self) -> bool:
        """Whether any part of an answer was received."""
        return self.usage is not None or self.first_token_seconds is not None

    @property
    def tokens_per_second(self) -> float | None:
        """The speed of the answer from its first token on; None if it is unknown."""
        tokens = self.usage.completion_tokens if self.usage else None
        if tokens is None or self.first_token_seconds is None:
            return None
        seconds = self.total_seconds - self.first_token_seconds
        return tokens / seconds if seconds > 0 else None


@record
class Totals:
    """The sums over some requests; a count is None if no server reported it.

    `reporting` is the number of answers with token counts, `reporting_cached` the number with counts of cached tokens;
    `cached_share` is the share of the latter's prompt tokens that came from the cache.
    """

    requests: int
    answered: int
    reporting: int
    reporting_cached: int
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_share: float | None
    first_token_seconds: float | None
    tokens_per_second: float | None


def totals(records: Sequence[Record]) -> Totals:
    """Return the sums over records, and the means of the times."""
    return Totals(
        requests=len(records),
        answered=sum(r.is_answered for r in records),
        reporting=sum(_reports(r, lambda usage: usage.total_tokens) for r in records),
        reporting_cached=sum(_reports(r, lambda usage: usage.cached_tokens) for r in records),
        prompt_tokens=_sum(records, lambda usage: usage.prompt_tokens),
        cached_tokens=_sum(records, lambda usage: usage.cached_tokens),
        completion_tokens=_sum(records, lambda usage: usage.completion_tokens),
        total_tokens=_sum(records, lambda usage: usage.total_tokens),
        cached_share=_cached_share(records),
        first_token_seconds=_mean(r.first_token_seconds for r in records),
        tokens_per_second=_mean(r.tokens_per_second for r in records),
    )


def totals_by_model(records: Sequence[Record]) -> dict[str, Totals]:
    """Return the sums for each model that answered, in the order in which they were first used."""
    models = dict.fromkeys(record.model for record in records if record.is_answered)
    return {model: totals([r for r in records if r.model == model]) for model in models}


def rows(sums: Totals) -> list[tuple[str, str]]:
    """Return the rows for display, as names and values."""
    share = "" if not sums.cached_tokens or sums.cached_share is None else f" ({sums.cached_share:.0%} of the prompt)"
    silent = sums.requests - sums.answered
    return [
        ("requests", f"{sums.requests}{f', {silent} without an answer' if silent else ''}"),
        ("prompt tokens", _count(sums.prompt_tokens) + _coverage_text(sums.reporting, sums)),
        ("cached tokens", _count(sums.cached_tokens) + share + _coverage_text(sums.reporting_cached, sums)),
        ("completion tokens", _count(sums.completion_tokens) + _coverage_text(sums.reporting, sums)),
        ("total tokens", _count(sums.total_tokens) + _coverage_text(sums.reporting, sums)),
        ("saved", _saved_text(sums)),
        ("time to first token", _time(sums.first_token_seconds)),
        ("tokens per second", NOT_REPORTED if sums.tokens_per_second is None else f"{sums.tokens_per_second:.1f}"),
    ]


def usage_data(usage: Usage | None) -> dict[str, Any]:
    """Return a usage as plain values; a count that was not reported is None."""
    found = usage or Usage()
    return {
        "prompt_tokens": found.prompt_tokens,
        "cached_tokens": found.cached_tokens,
        "completion_tokens": found.completion_tokens,
        "total_tokens": found.total_tokens,
    }


def _reports(record: Record, count: Callable[[Usage], int | None]) -> bool:
    return record.usage is not None and count(record.usage) is not None


def _coverage_text(reporting: int, sums: Totals) -> str:
    """Return the number of answers in a sum, if other answers did not report it; else empty."""
    return f", {reporting} of {sums.answered} answers reporting" if 0 < reporting < sums.answered else ""


def _saved_text(sums: Totals) -> str:
    if sums.cached_tokens is None:
        return NOT_KNOWN
    if not sums.cached_tokens:
        return "nothing: no prompt tokens came from the provider's cache"
    return f"{sums.cached_tokens:,} prompt tokens were read from the provider's cache, not processed again"


def _cached_share(records: Sequence[Record]) -> float | None:
    pairs = [(r.usage.cached_tokens, r.usage.prompt_tokens) for r in records if r.usage]
    known = [(cached, prompt) for cached, prompt in pairs if cached is not None and prompt is not None]
    prompts = sum(prompt for _, prompt in known)
    return sum(cached for cached, _ in known) / prompts if prompts else None


def _sum(records: Sequence[Record], count: Callable[[Usage], int | None]) -> int | None:
    counts = [found for r in records if r.usage and (found := count(r.usage)) is not None]
    return sum(counts) if counts else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _count(count: int | None) -> str:
    return NOT_REPORTED if count is None else f"{count:,}"


def _time(seconds: float | None) -> str:
    return NOT_REPORTED if seconds is None else f"{seconds:.2f} s"
