"""Classifies a provider's error: the key, the model, the country, or an empty account.

The codes and words of the error decide; without them, the status, since providers use 403 and 429 differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import patterns as re

if TYPE_CHECKING:
    from .refusal import Refusal

# OpenAI, Azure, DashScope (alibabacloud.com/help/en/model-studio/error-code), Google, OpenRouter, vLLM and Ollama.
_NO_MODEL_CODES = {"model_not_found", "ModelNotFound", "DeploymentNotFound"}
_NO_MODEL = re.compile(
    r"model.{0,100}(not found|(does )?not exist|not a valid model)|(no such|unknown|invalid) model|not a valid model",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LONG = re.compile(
    r"context.{0,12}length|context window|context size|maximum context|too many tokens|prompt is too long"
    r"|range of input length|input is too long|exceeds? the (model|max)",
    re.IGNORECASE,
)
# Z.ai 1113, MiniMax 1008, SiliconFlow 30001 and 30011.
_EMPTY_CODES = {"1113", "1008", "30001", "30011"}
_EMPTY = re.compile(
    r"insufficient[\w ]{0,30}(balance|credit|fund)|(balance|credits?|funds)\b.{0,40}\b(insufficient|too low|not enough"
    r"|exhausted|depleted|used up)|not enough (balance|credit|fund)|requires? (more|paid) (balance|credit)"
    r"|(does not|doesn't|not) have (any|enough) (credit|balance|fund)|used all (available|your) credit|out of credit"
    r"|no (remaining )?credits?\b|credits_?error|free ?tier ?only|free allocated quota|arrearage|in arrears|overdue"
    r"|billing[_ ](is )?(not[_ ]active|hard[_ ]limit|disabled|soft[_ ]limit)|billing to be enabled|spend(ing)?[_ ]limit"
    r"|payment[_ ]required|please (recharge|top up)|exceeded_current_quota"
    r"|余额.{0,8}(不足|为 ?0|耗尽|用完)|欠费|额度.{0,8}(不足|用尽|用完|耗尽)|(请|需要?)充值|可用资源包"
    r"|餘額不足|欠費|額度不足|残高.{0,4}不足|잔액.{0,4}부족|недостаточно средств|saldo insuficiente|solde insuffisant",
    re.IGNORECASE,
)
_EMPTY_CODE = re.compile(r"insufficient\w*quota", re.IGNORECASE)
# Some providers use these words for a quota per minute, too.
_PERHAPS_EMPTY = re.compile(r"exceeded your current quota|insufficient[\w ]{0,30}quota", re.IGNORECASE)
# The quota of a day or a month is used up, so a wait of seconds does not help.
_PERIOD = r"(daily|weekly|monthly|today'?s?|(per|a|this) (day|week|month)|free[ -]?tier)"
_ALLOWANCE = r"(limit|quota|allowance|cap)s?"
_USED_UP = r"(reached|exceed(ed|s)?|exhausted|used up|hit|depleted|over)"
_PERIOD_USED_UP = re.compile(
    rf"{_PERIOD}\b.{{0,40}}\b{_ALLOWANCE}\b.{{0,40}}\b{_USED_UP}\b|{_USED_UP}\b.{{0,40}}\b{_PERIOD}\b.{{0,40}}\b{_ALLOWANCE}"
    rf"|{_USED_UP}\b.{{0,40}}\b{_ALLOWANCE}\b.{{0,40}}\b{_PERIOD}\b|{_ALLOWANCE}\b.{{0,40}}\b{_PERIOD}\b.{{0,40}}\b{_USED_UP}"
    r"|(今日|今天|当日|本月|每日|每天).{0,12}(次数|额度|配额|限额|上限).{0,12}(上限|用完|用尽|耗尽|超出|超过|已达)",
    re.IGNORECASE,
)
_LIMITED = re.compile(
    rf"rate.?limit|too many (requests|calls)|throttl|{_ALLOWANCE} of requests"
    rf"|\b(requests?|usage|quota|calls?|concurrency) {_ALLOWANCE}\b"
    rf"|\bquota\b.{{0,40}}\b{_USED_UP}\b|{_USED_UP}\b.{{0,40}}\bquota|请求过于频繁|速率限制|限流",
    re.IGNORECASE,
)
# Words about the size of one request, which a wait does not change.
_SIZE = re.compile(r"\b(size|bytes|[kmg]b|context|length|max_?tokens|max_completion_tokens)\b", re.IGNORECASE)
_RATE_CODE = re.compile(r"rate.?limit|^Throttling|too_many_requests|^(requests|tokens)$", re.IGNORECASE)
_KEY_CODES = {
    *("invalid_api_key", "InvalidApiKey", "authentication_error", "API_KEY_INVALID", "invalid_authentication"),
    *("UNAUTHENTICATED", "AuthenticationError", "invalid_token", "expired_token", "token_expired"),
}
_KEY = r"(api[ _-]?key|access[ _-]?key|access[ _-]?token|auth(entication|orization)?[ _-]?token|credentials?|密钥|令牌)"
_WRONG = r"(invalid|incorrect|wrong|expired|revoked|missing|unknown|disabled|无效|错误|过期)"
_NO_KEY = re.compile(rf"{_WRONG}[ _-]?{_KEY}|{_KEY}.{{0,20}}(not valid|not found|{_WRONG})|no {_KEY}", re.IGNORECASE)
_PLACE = r"(countr(y|ies)|regions?|territor(y|ies)|location|geograph\w*)"
_NOT_SERVED = (
    r"(not (currently )?(been )?(supported|available|allowed|permitted)|unsupported|unavailable|restricted|blocked)"
)
_COUNTRY = re.compile(
    rf"{_PLACE}\b.{{0,60}}{_NOT_SERVED}|{_NOT_SERVED}.{{0,60}}{_PLACE}|unsupported_country|region_?error|country_?blocked"
    r"|(国家|地区|地域|區域|地區).{0,20}(不支持|不可用|不支援|限制|禁止)|(不支持|不可用|禁止).{0,20}(国家|地区)",
    re.IGNORECASE,
)
_NO_ACCESS = re.compile(
    r"model.{0,100}(no access|(not|n.t) have access|access ?denied|not ?(enabled|activated|open|authori[sz]ed|allowed"
    r"|permitted|available|purchased|entitled|subscribed)|permission|blocked|terms_required|requires? terms)"
    r"|(no|(not|n.t) have|not allowed|without|denied|lacks?|needs?)\b.{0,20}\b(access|use)\b.{0,40}\bmodel"
    r"|permission.{0,40}\bmodel|unpurchased|模型.{0,40}(权限|未开通|无权|未授权|不可用)|(无权|权限|未开通).{0,20}模型",
    re.IGNORECASE | re.DOTALL,
)
# A prompt refused by moderation, an address blocked by a firewall, or an API that Google's console has not enabled.
_NO_KEY_AT_FAULT = re.compile(
    r"moderation|flagged|content[_ ](policy|filter)|inappropriate|data_?inspection"
    r"|\bip\b.{0,40}(not|block|den|allow)|firewall|virtual network|public (network )?access|(allow|white) ?list|白名单"
    r"|service_?disabled|access_?not_?configured|\bAPI\b.{0,40}has not been used in project|\bAPI\b.{0,20}not enabled",
    re.IGNORECASE,
)


def is_out_of_quota(refusal: Refusal) -> bool:
    """Return whether a retry is useless: the account's quota or balance is used up."""
    is_empty = bool(_EMPTY_CODES & set(refusal.codes)) or any(map(_EMPTY_CODE.search, refusal.codes))
    if refusal.status == 402 or is_empty or refusal.matches(_EMPTY):
        return True
    is_rate = any(map(_RATE_CODE.search, refusal.codes)) or "retry-after" in refusal.headers
    return not is_rate and (refusal.matches(_PERHAPS_EMPTY) or refusal.matches(_PERIOD_USED_UP))


def is_rate_limited(refusal: Refusal) -> bool:
    """Return whether the provider limits the rate of requests; not every provider uses the status for it."""
    has_words = refusal.matches(_LIMITED) and not refusal.matches(_SIZE) and not is_about_length(refusal)
    return refusal.status == 429 or (refusal.status in (0, 400, 403) and has_words)


def refuses_key(refusal: Refusal) -> bool:
    """Return whether the key is refused; not every provider uses the usual status (Google: 400)."""
    if names_key(refusal):
        return True
    is_other = is_rate_limited(refusal) or refuses_country(refusal) or denies_model(refusal)
    is_other = is_other or refusal.matches(_NO_KEY_AT_FAULT)
    return refusal.status in (401, 403) and not is_other


def names_key(refusal: Refusal) -> bool:
    """Return whether the provider names the key as the reason."""
    is_named = bool(_KEY_CODES & set(refusal.codes)) or refusal.matches(_NO_KEY)
    return refusal.status in (0, 400, 401, 403) and is_named


def refuses_country(refusal: Refusal) -> bool:
    """Return whether the provider does not serve the country or region of the request."""
    return refusal.status == 451 or (refusal.status in (0, 400, 401, 403) and refusal.matches(_COUNTRY))


def denies_model(refusal: Refusal) -> bool:
    """Return whether the key is valid but may not use the model."""
    is_about_model = refusal.matches(_NO_ACCESS) or bool(_NO_MODEL_CODES & set(refusal.codes))
    return refusal.status in (401, 403) and is_about_model


def misses_model(refusal: Refusal) -> bool:
    """Return whether the provider does not know the requested model."""
    if refusal.status not in (0, 400, 404, 422):
        return False
    by_words = not is_about_length(refusal) and refusal.matches(_NO_MODEL)
    return by_words or bool(_NO_MODEL_CODES & set(refusal.codes))


def is_about_length(refusal: Refusal) -> bool:
    """Return whether the conversation is too long for the model."""
    by_code = any("context_length" in code for code in refusal.codes)
    return by_code or (refusal.status in (400, 413, 422) and refusal.matches(_TOO_LONG))
