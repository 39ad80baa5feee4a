"""What the rules know: key prefixes, hosts, similar names, placeholders and quoting."""

from __future__ import annotations

import difflib
import re
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qwen_cfg.core.shell import quote
from qwen_cfg.core.similar_names import _ALIKE, _may_be_alike, similar_variable
from qwen_cfg.rules import keys
from qwen_schema import declared_providers
from qwen_schema.providers import key_issuers, provider_at


def test_a_key_prefix_belongs_to_one_issuer() -> None:
    """Except for Google, whose keys are valid at two endpoints."""
    for provider in declared_providers().values():
        for beginning in provider.key_beginnings:
            issuers = key_issuers(f"{beginning}0123456789")
            assert provider.title in issuers
            assert len(issuers) == 1 or all("Google" in title for title in issuers)


def test_a_host_belongs_to_a_provider_only_exactly() -> None:
    assert provider_at("openrouter.ai") is declared_providers()["openrouter"]
    for host in ("x.openai.azure.com", "llm.example", "", "localhost"):
        assert provider_at(host) is None


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("OPENAI_API_KEY", None),
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("OPEN_AI_API_KEY", "OPENAI_API_KEY"),
        ("OPENAI_API_KYE", "OPENAI_API_KEY"),
        ("OPENAI_BASE_ULR", "OPENAI_BASE_URL"),
        ("openai-base-url", "OPENAI_BASE_URL"),
        ("process.env.OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        ("OPENAI_MODEL_NAME", "OPENAI_MODEL"),
        ("QWEN_MODLE", "QWEN_MODEL"),
        ("OPENAI_API_KEY_2", None),
        ("AZURE_OPENAI_API_KEY", None),
        ("OPENAI_ORG_ID", None),
        ("OPENAI_ORGANIZATION", None),
        ("OPENAI_PROJECT", None),
        ("OPENAI_HOST", None),
        ("OPENAI_MODELS", None),
        ("OPENAI_API_VERSION", None),
        ("QWEN_HOME", None),
        ("QWEN_CFG_PROFILE", None),
        ("QWEN_SANDBOX", None),
        ("PATH", None),
        ("", None),
    ],
)
def test_the_variable_meant_by_a_name(name: str, right: str | None) -> None:
    assert similar_variable(name) == right


_names = st.text("ABEGILMNOPQUY_", max_size=18)


@given(_names, _names)
@example("OPENAI_API_KEY", "OPENAI_API_KYE")
@example("OPENAI_MODEL", "OPENAI_MODLE")
@example("OPENAI_BASE_URL", "OPENAI_BASE_UR")
def test_the_quick_filter_keeps_every_similar_name(one: str, other: str):
    if difflib.SequenceMatcher(None, other, one).ratio() >= _ALIKE:
        assert _may_be_alike(one, other)


@given(text=st.from_regex(re.compile(keys._PLACEHOLDER.pattern, keys._PLACEHOLDER.flags), fullmatch=True))
def test_the_quick_filter_keeps_every_placeholder(text: str) -> None:
    assert keys._may_be_placeholder(text) or len(text) > keys._LONGEST_PLACEHOLDER


@given(st.text(st.sampled_from("abZ0@%+=:,./-_ ~'\"$é")))
def test_a_word_is_quoted_like_shlex(word: str) -> None:
    assert quote(word) == shlex.quote(word)
