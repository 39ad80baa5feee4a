"""The text of a provider's error: it is found in any form of body, and decides the class of the error."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prompts import KEY, ask, session
from support.provider import Reply, chunk, events, refusal

from qwen_runtime.wire.refusal import Refusal
from qwen_schema import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    QuotaError,
    QwenCfgError,
    RateLimitError,
    RequestRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.provider import Provider

WORDS = "no GPU is free"


def body(document: Any, status: int = 500, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([json.dumps(document, ensure_ascii=False).encode()], status, "application/json", named)


def error_of(server: Provider, reply: Reply, **fields: Any) -> QwenCfgError:
    """Send a prompt, and return the error, which never contains the key."""
    server.replies[:] = [reply] * 4
    with pytest.raises(QwenCfgError) as caught:
        ask(session(f"{server.url}/v1", **fields))
    error = caught.value
    assert KEY not in f"{error} {error.hint} {error.as_data()}"
    assert len(error.what) < 450
    assert error.hint
    return error


# Where the text is.

RAW = json.dumps({"error": {"message": WORDS, "type": "server_error", "code": None}})
DOCUMENTS: dict[str, Any] = {
    "OpenAI": {"error": {"message": WORDS, "type": "server_error", "param": None, "code": None}},
    "ModelScope": {"errors": {"message": WORDS}, "request_id": "r"},
    "a list of errors": {"errors": [{"message": WORDS}, {"message": "and no CPU"}]},
    "a list of texts": {"errors": [WORDS]},
    "a bare list": [WORDS],
    "a bare text": WORDS,
    "Google": [{"error": {"code": 503, "message": WORDS, "status": "UNAVAILABLE"}}],
    "OpenRouter": {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": WORDS}}},
    "OpenRouter, JSON": {"error": {"message": "Provider returned error", "metadata": {"raw": RAW}}},
    "OpenRouter, an object": {"error": {"message": "Provider returned error", "metadata": {"raw": json.loads(RAW)}}},
    "OpenRouter, flat": {"message": "Provider returned error", "metadata": {"raw": json.dumps([json.loads(RAW)])}},
    "JSON in a message": {"error": {"message": RAW}},
    "JSON in JSON": {"message": json.dumps({"detail": RAW})},
    "MiniMax": {"base_resp": {"status_code": 1000, "status_msg": WORDS}},
    "FastAPI": {
        "detail": [{"loc": ["body", "model"], "msg": WORDS, "type": "x", "input": {"messages": ["my prompt"]}}]
    },
    "FastAPI, a text": {"detail": WORDS},
    "FastAPI, an object": {"detail": {"error": {"msg": WORDS}}},
    "AWS": {"Message": WORDS, "__type": "ServiceException"},
    "capitals": {"ERROR": {"Message": WORDS}},
    "camel case": {"errorMessage": WORDS},
    "snake case": {"error_msg": WORDS, "error_code": 18},
    "OAuth": {"error": "server_error", "error_description": WORDS},
    "RFC 9457": {"type": "about:blank", "title": "Unavailable", "status": 503, "detail": WORDS},
    "NestJS": {"statusCode": 500, "message": [WORDS], "error": "Internal Server Error"},
    "a name of its own": {"failed": True, "explanation": WORDS, "id": "req-1"},
    "no JSON": {"raw": f"upstream: {WORDS}"},
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("status", [500, 400, 429])
def test_the_text_is_found_in_any_form_of_body(name: str, status: int) -> None:
    refused = Refusal(status, {}, json.dumps(DOCUMENTS[name]))
    assert WORDS in refused.words
    assert "my prompt" not in refused.words
    assert str(status) in refused.reason


@pytest.mark.parametrize("name", ["ModelScope", "OpenRouter, JSON", "MiniMax", "FastAPI", "AWS", "a list of errors"])
def test_the_text_is_shown(server: Provider, name: str) -> None:
    assert WORDS in error_of(server, body(DOCUMENTS[name])).what
    assert WORDS in error_of(server, body(DOCUMENTS[name], 400)).what
    assert WORDS in error_of(server, Reply(events(chunk(content="half"), DOCUMENTS[name]))).what


def test_each_sentence_is_shown_once_and_with_its_field() -> None:
    document = {"error": {"message": WORDS, "details": [{"message": WORDS}, {"message": "try later"}]}, "msg": WORDS}
    assert Refusal(500, {}, json.dumps(document)).words == f"{WORDS}; try later"
    field = {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}
    assert Refusal(422, {}, json.dumps(field)).words == "body.stream_options: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"code": "Arrearage"}', "500: Arrearage"),
        ('{"error": {"type": "server_error"}}', "500: server_error"),
        ('{"error": 42}', "500: 42"),
        ("{'error': {'message': 'oh'}}", "500: {'error': {'message': 'oh'}}"),
        ("Internal Server Error", "500: Internal Server Error"),
        *((text, "500") for text in ["", "{}", "[]", "null", "{", '{"error": {}}', '{"error": true}', "[" * 50_000]),
    ],
)
def test_without_a_text_the_codes_are_shown(text: str, reason: str) -> None:
    assert Refusal(500, {}, text).reason == reason


@pytest.mark.parametrize("document", [{}, {"error": {}}, {"error": None, "id": "r"}])
def test_an_empty_text_is_not_quoted(server: Provider, document: Any) -> None:
    error = error_of(server, body(document, 400))
    assert "the provider's own" not in error.hint
    assert "gives no reason" in error.hint
    assert "the provider's own" in error_of(server, body({"error": WORDS}, 400)).hint


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "loc", "msg", "raw", "x"]), inner)
    ),
    max_leaves=12,
)


@given(values)
def test_any_document_gives_one_line_of_limited_length(document: Any) -> None:
    refused = Refusal(500, {}, json.dumps(document))
    assert len(refused.reason) < 400
    assert refused.reason.isprintable()


@pytest.mark.parametrize(
    "text_of",
    [
        lambda: json.dumps({"error": [{"message": "x" * 99}] * 40_000}),
        lambda: json.dumps({str(n): {"message": "y"} for n in range(100_000)}),
        lambda: json.dumps({"error": "a " * 2_000_000}),
        lambda: '{"error":' * 900 + '"z"' + "}" * 900,
    ],
    ids=["many", "wide", "long", "deep"],
)
def test_a_huge_document_is_not_searched_to_its_end(text_of: Callable[[], str]) -> None:
    text = text_of()
    started = time.monotonic()
    refused = Refusal(500, {}, text)
    assert len(refused.reason) < 400
    assert len(refused.codes) < 3_000
    assert time.monotonic() - started < 5


def test_a_key_in_the_text_is_not_shown(server: Provider) -> None:
    raw = json.dumps({"error": {"message": f"bad key {KEY}"}})
    for document in ({"errors": [f"bad key {KEY}"]}, {"error": {"metadata": {"raw": raw}}}, {"code": KEY}):
        error_of(server, body(document))
        error_of(server, Reply(events({"error": document})))


def test_a_short_key_in_an_event_is_not_shown(server: Provider) -> None:
    server.replies[:] = [Reply(events(data)) for data in ({"error": "bad key ollama-7"}, "error: bad key ollama-7")] * 2
    for _ in range(2):
        with pytest.raises(QwenCfgError) as caught:
            ask(session(f"{server.url}/v1", key="ollama-7"))
        assert "ollama-7" not in str(caught.value)
        assert "bad key" in str(caught.value)


# What the text and the codes decide.

EMPTY: dict[str, Reply] = {
    "402": body({}, 402),
    "DeepSeek": body({"error": {"message": "Insufficient Balance", "code": "invalid_request_error"}}, 402),
    "OpenAI": refusal(429, "You exceeded your current quota, please check your plan", "insufficient_quota"),
    "OpenAI, and when to come again": refusal(429, "You exceeded your quota", "insufficient_quota", retry_after="1"),
    "a limit": refusal(400, "Billing hard limit has been reached", "billing_hard_limit_reached"),
    "DashScope": body({"code": "Arrearage", "message": "Access denied, good standing needed"}, 400),
    "Z.ai": body({"error": {"code": "1113", "message": "您的账户已欠费"}}, 429),
    "Z.ai, by the code": body({"error": {"code": "1113", "message": "?"}}, 429),
    "Z.ai, a number": body({"error": {"code": 1113, "message": "?"}}, 429),
    "Z.ai, as a rate": body(
        {"error": {"type": "rate_limit_error", "code": "1113", "message": "Please recharge."}}, 429
    ),
    "Chinese": body({"error": {"message": "余额不足或无可用资源包,请充值。"}}, 429),
    "Chinese, in capitals of its own": body({"Message": "用户额度不足, 剩余额度: $0"}, 403),
    "traditional Chinese": body({"message": "帳戶餘額不足"}, 403),
    "Chinese, when to come again": body({"message": "账户余额不足"}, 429, retry_after="1"),
    "Chinese, 500": body({"message": "余额不足"}, 500),
    "SiliconFlow": body({"code": 30001, "message": "Sorry, your account balance is insufficient"}, 403),
    "SiliconFlow, by the code": body({"code": 30011, "message": "?"}, 403),
    "MiniMax, 500": body({"type": "error", "error": {"message": "insufficient balance (1008)"}}, 500),
    "xAI": body({"code": "denied", "error": "Your newly created team doesn't have any credits yet."}, 403),
    "Anthropic": refusal(400, "Your credit balance is too low to access the API."),
    "OpenRouter": refusal(402, "This request requires more credits, or fewer max_tokens."),
    "credits, 401": body({"type": "CreditsError", "message": "Manage your billing here"}, 401),
    "Volcengine": body({"error": {"code": "AccountOverdueError", "message": "?"}}, 403),
    "in the words of a provider behind": body(
        {"error": {"message": "Provider returned error", "code": 429, "metadata": {"raw": '{"message": "余额不足"}'}}},
        429,
    ),
    "in a stream": Reply(events({"error": {"code": "1113", "message": "余额不足"}})),
    "in a stream, 429": Reply(events({"error": {"code": 429, "message": "余额不足"}})),
    "with 200": body({"base_resp": {"status_code": 1008, "status_msg": "?"}, "choices": None}, 200),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_account_is_recognized_and_not_retried(server: Provider, name: str) -> None:
    server.take_requests()
    error = error_of(server, EMPTY[name], max_retries=3)
    assert type(error) is QuotaError
    assert "quota or balance is used up" in error.what
    assert len(server.take_requests()) == 1


USED_UP = [
    "daily request limit reached",
    "You have exceeded today's quota for model m. Please try again tomorrow",
    "Monthly usage limit exceeded",
    "The limit of 50 requests per day is reached",
    "You have reached your free-tier limit of calls: quota exhausted",
    "今日免费次数已达上限",
]


@pytest.mark.parametrize("words", USED_UP)
@pytest.mark.parametrize("status", [400, 403, 429, 0])
def test_a_daily_quota_is_recognized_under_any_status(server: Provider, words: str, status: int) -> None:
    server.take_requests()
    reply = refusal(status, words) if status else Reply(events({"error": {"message": words}}))
    error = error_of(server, reply, max_retries=3)
    assert type(error) is QuotaError
    assert "base URL" not in error.hint.replace("from --openai-base-url", "")
    assert len(server.take_requests()) == 1


@pytest.mark.parametrize("words", ["Request limit reached", "Too many requests", "quota exceeded", "请求过于频繁"])
@pytest.mark.parametrize("status", [400, 403, 429, 0])
def test_a_rate_limit_is_recognized_under_any_status(server: Provider, words: str, status: int) -> None:
    error = error_of(server, refusal(status, words) if status else Reply(events({"error": {"message": words}})))
    assert type(error) is RateLimitError


@pytest.mark.parametrize("words", ["The request limit is a size of 4 MB", "max_tokens exceeds the usage limit 4096"])
def test_a_size_limit_is_no_rate_limit(server: Provider, words: str) -> None:
    assert type(error_of(server, refusal(400, words))) is RequestRefusedError


FIELDS: dict[str, tuple[Any, str]] = {
    "a list in errors": ({"errors": {"model": ["is not supported here"]}}, "model: is not supported here"),
    "a word": ({"errors": {"model": ["unsupported"]}}, "model: unsupported"),
    "a text in errors": ({"errors": {"input": "is too long"}}, "input: is too long"),
    "Django": ({"model": ["This field is required."]}, "model: This field is required."),
    "ASP.NET": ({"title": "Invalid.", "status": 400, "errors": {"Model": ["Is required."]}}, "Model: Is required."),
    "Zod": ({"error": {"fieldErrors": {"top_p": ["Too big"]}, "formErrors": []}}, "top_p: Too big"),
    "Zod, issues": ({"error": {"issues": [{"path": ["messages", 0], "message": "Required"}]}}, "messages.0: Required"),
    "pydantic": ({"detail": [{"loc": ["body", "model"], "msg": "Required"}]}, "body.model: Required"),
    "Ajv": ({"errors": [{"instancePath": "/model", "message": "must be string"}]}, "model: must be string"),
    "Spring": ({"errors": [{"field": "model", "defaultMessage": "x", "message": "is blank"}]}, "model: is blank"),
    "in detail": ({"detail": {"model": ["is not known"]}}, "model: is not known"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_the_named_field_is_part_of_the_text(server: Provider, name: str) -> None:
    document, words = FIELDS[name]
    assert words in error_of(server, body(document, 400)).what


def test_the_path_of_a_request_is_no_field(server: Provider) -> None:
    document = {"status": 400, "error": "Bad", "path": "/v1/chat/completions", "message": "no such thing"}
    assert "completions: no such thing" not in error_of(server, body(document, 400)).what


@pytest.mark.parametrize(
    "reply",
    [
        refusal(429, "Rate limit reached. Add a payment method to your credit card", "rate_limit_exceeded"),
        refusal(429, "Requests rate limit exceeded, insufficient quota", "Throttling.RateQuota"),
        body({"error": {"code": "1302", "message": "您的账户已达到速率限制"}}, 429),
        refusal(429, "You exceeded your current quota", "RESOURCE_EXHAUSTED", retry_after="0"),
        body({"error": {"message": "请求过于频繁"}}, 429),
    ],
)
def test_a_rate_limit_is_no_empty_account(server: Provider, reply: Reply) -> None:
    assert type(error_of(server, reply)) is RateLimitError


KEYS = [
    refusal(403, "Incorrect API key provided"),
    refusal(403, "The API key has expired"),
    refusal(403, "?", "invalid_api_key"),
    body({"error": {"code": 403, "message": "?", "status": "UNAUTHENTICATED"}}, 403),
    body({"message": "无效的令牌"}, 403),
    refusal(403, "Invalid API key for this region"),
    refusal(401, "Country unknown"),
    refusal(403, "nope"),
    body({}, 403),
]


@pytest.mark.parametrize("reply", KEYS)
def test_a_403_about_the_key_blames_the_key(server: Provider, reply: Reply) -> None:
    error = error_of(server, reply)
    assert type(error) is AuthenticationError
    assert error.exit_code == 4


OTHERS: dict[str, tuple[Reply, type[QwenCfgError], str]] = {
    "country": (
        refusal(403, "Country, region, or territory not supported", "unsupported_country_region_territory"),
        RequestRefusedError,
        "does not serve this country",
    ),
    "country, by the code": (refusal(403, "?", "unsupported_country_region_territory"), RequestRefusedError, "country"),
    "region": (
        body(
            {
                "type": "error",
                "error": {"type": "RegionError", "message": "This model is not available in your country."},
            },
            403,
        ),
        RequestRefusedError,
        "country",
    ),
    "location": (refusal(400, "User location is not supported for the API use."), RequestRefusedError, "country"),
    "451": (refusal(451, "?"), RequestRefusedError, "country"),
    "country, in Chinese": (body({"message": "您所在的地区不支持该服务"}, 403), RequestRefusedError, "country"),
    "country, of a provider behind": (
        body(
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 403,
                    "metadata": {"raw": '{"error": {"code": "unsupported_country_region_territory"}}'},
                }
            },
            403,
        ),
        RequestRefusedError,
        "country",
    ),
    "no access": (
        refusal(403, "Project `p` does not have access to model `m`", "model_not_found"),
        NotFoundError,
        "no access to the model m",
    ),
    "AWS": (
        body({"Message": "You don't have access to the model with the specified model ID."}, 403),
        NotFoundError,
        "no access to the model m",
    ),
    "DashScope": (
        refusal(403, "Model access denied.", "Model.AccessDenied"),
        NotFoundError,
        "no access to the model m",
    ),
    "not bought": (refusal(403, "Access denied", "AccessDenied.Unpurchased"), NotFoundError, "no access to the model"),
    "not opened": (
        body({"error": {"code": "ModelNotOpen", "message": "Your account has not activated the model m."}}, 403),
        NotFoundError,
        "no access to the model",
    ),
    "Groq": (refusal(403, "The model `m` is blocked at the project level"), NotFoundError, "no access to the model"),
    "Chinese": (body({"message": "该令牌无权访问模型 m"}, 403), NotFoundError, "no access to the model"),
    "Chinese, 401": (body({"message": "模型 m 未开通"}, 401), NotFoundError, "no access to the model"),
    "moderation": (
        refusal(403, "Your input was flagged by moderation"),
        RequestRefusedError,
        "rejected the request",
    ),
    "firewall": (
        body({"error": {"code": "403", "message": "Access denied due to Virtual Network/Firewall rules."}}, 403),
        RequestRefusedError,
        "rejected the request",
    ),
    "Google, the API is off": (
        refusal(403, "Generative Language API has not been used in project 1 before or it is disabled."),
        RequestRefusedError,
        "rejected the request",
    ),
    "Google, not enabled": (
        refusal(403, "The Vertex AI API is not enabled for this project.", "SERVICE_DISABLED"),
        RequestRefusedError,
        "rejected the request",
    ),
    "address": (refusal(403, "IP address 192.0.2.1 is not allowed"), RequestRefusedError, "rejected the request"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_403_about_something_else_does_not_blame_the_key(server: Provider, name: str) -> None:
    reply, kind, words = OTHERS[name]
    error = error_of(server, reply, max_retries=3)
    assert type(error) is kind
    assert isinstance(error, ProviderError)
    assert words in error.what
    assert "refused the key" not in error.what
