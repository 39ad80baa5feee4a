"""The token totals of a session: they add up the servers' counts, and show if some are missing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qwen_runtime.token_totals import NOT_KNOWN, NOT_REPORTED, Record, rows, totals, totals_by_model
from qwen_runtime.wire.usage import Usage

counts = st.one_of(st.none(), st.integers(0, 10_000))
usages = st.one_of(st.none(), st.builds(Usage, counts, counts, counts, counts))
seconds = st.floats(0, 100)
records = st.lists(
    st.builds(Record, st.sampled_from(["a", "b", "c"]), usages, st.one_of(st.none(), seconds), seconds), max_size=8
)


@given(records)
def test_totals_are_the_sums_of_reported_counts(made: list[Record]) -> None:
    sums = totals(made)
    for name in ("prompt_tokens", "cached_tokens", "completion_tokens", "total_tokens"):
        counts = [value for r in made if r.usage and (value := getattr(r.usage, name)) is not None]
        assert getattr(sums, name) == (sum(counts) if counts else None)
    assert sums.requests == len(made)
    assert sums.reporting <= sums.answered <= sums.requests
    split = totals_by_model(made)
    assert sum(part.answered for part in split.values()) == sums.answered
    assert all(part.answered for part in split.values())
    if sums.cached_share is not None:
        assert sums.cached_share >= 0


def table(*record: Record) -> dict[str, str]:
    return dict(rows(totals(record)))


FIRST = Record("m", Usage(1000, 250, 20, 1020), 0.5, 1.5)


def test_the_counts_of_one_request() -> None:
    assert table(FIRST) == {
        "requests": "1",
        "prompt tokens": "1,000",
        "cached tokens": "250 (25% of the prompt)",
        "completion tokens": "20",
        "total tokens": "1,020",
        "saved": "250 prompt tokens were read from the provider's cache, not processed again",
        "time to first token": "0.50 s",
        "tokens per second": "20.0",
    }


def test_a_missing_count_is_not_zero() -> None:
    found = table(Record("m", Usage(10, None, 5, 15), 0.5, 1.5))
    assert (found["cached tokens"], found["saved"]) == (NOT_REPORTED, NOT_KNOWN)
    found = table(Record("m", Usage(10, 0, 5, 15), 0.5, 1.5))
    assert found["cached tokens"] == "0"
    assert found["saved"].startswith("nothing")
    assert set(table(Record("m", None, 0.5, 1.5)).values()) == {"1", NOT_REPORTED, NOT_KNOWN, "0.50 s"}


def test_partial_totals_name_the_number_of_requests() -> None:
    silent, failed = Record("m", None, 0.5, 1.5), Record("m", None, None, 0.1)
    uncached = Record("m", Usage(1000, None, 20, 1020), 0.5, 1.5)
    found = table(FIRST, silent, failed, uncached)
    assert found["requests"] == "4, 1 without an answer"
    assert found["prompt tokens"] == "2,000, 2 of 3 answers reporting"
    assert found["cached tokens"] == "250 (25% of the prompt), 1 of 3 answers reporting"
