"""The terms and privacy notice that apply, and this program's own use of data."""

from __future__ import annotations

from .hosts import endpoint_of, host_of, is_loopback
from .providers import provider_of, provider_of_login
from .records import record

# The heading above the rows of a practice.
THIS_PROGRAM = "This program"

# The content of usage statistics, if they are switched on.
STATISTICS_HOLD = (
    "commands run",
    "durations",
    "token counts",
    "error classes",
    "the provider and model, if both are public",
)
STATISTICS_NEVER_HOLD = ("code", "prompts", "answers", "paths", "keys", "host names", "user names")

_STATE = "$XDG_STATE_HOME/qwen-cfg (~/.local/state/qwen-cfg, where that is not set)"
_SENT = (
    "The conversation goes only to the endpoint, with the key or the login. "
    "A login with Qwen OAuth goes to the address in qwen_oauth_url."
)
_KEPT = (
    "Only the input of a conversation, without text that looks like a key; your approvals; the warnings that were "
    "shown; and under Qwen OAuth the number of requests. All of it is in {}, which only you can read. The login is in "
    "the file that Qwen Code uses. Only /save writes answers to a file."
)
_NOT_KEPT = "Nothing: there is no home directory."
_NOT_TRAINED = "This program uses no prompts and no answers for training, with any method and any provider."
_NO_STATEMENT = "No statement on training is known here; see the pages above."


@record
class Terms:
    """The terms that apply. The pages are empty if the server's operator is unknown."""

    applies_to: str
    terms_page: str
    privacy_page: str
    training: str
    remark: str = ""

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The rows for display: names and values."""
        rows = [
            ("terms of service", self.terms_page),
            ("privacy notice", self.privacy_page),
            ("note", self.remark),
            ("training", self.training),
        ]
        return [(name, value) for name, value in rows if value]


@record
class Practice:
    """This program's own use of data; usage statistics are not sent without an endpoint."""

    sends: str
    keeps: str
    training: str
    statistics: bool
    statistics_endpoint: str

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The rows for display: names and values."""
        return [
            ("sends", self.sends),
            ("keeps", self.keeps),
            ("training", self.training),
            ("usage statistics", self._statistics_terms),
        ]

    @property
    def _statistics_terms(self) -> str:
        hold = f"they hold {', '.join(STATISTICS_HOLD)}; never {', '.join(STATISTICS_NEVER_HOLD)}."
        if not self.statistics:
            return f"Off, which is the default: nothing is sent. Switched on, {hold}"
        if not self.statistics_endpoint:
            return f"On, but usage_statistics_endpoint is empty: nothing is sent. Otherwise {hold}"
        return f"On: they go only to {self.statistics_endpoint}, and {hold}"


def terms_of(auth_method: str, base_url: str) -> Terms:
    """Return the terms under an authentication method and a valid base URL, which a login does not use."""
    provider = provider_of_login(auth_method)
    if provider is not None:
        applies_to = provider.title
    else:
        provider = provider_of(base_url)
        applies_to = f"{provider.title} at {endpoint_of(base_url)}"
    if not provider.terms_page:
        return _unknown_provider_terms(applies_to, base_url)
    training = provider.training_remark or _NO_STATEMENT
    return Terms(applies_to, provider.terms_page, provider.privacy_page, training, provider.terms_remark)


def practice_of(*, statistics: bool, statistics_endpoint: str, state: str | None = _STATE) -> Practice:
    """Return this program's use of data; `state` is the state directory for display, None if there is none."""
    keeps = _NOT_KEPT if state is None else _KEPT.format(state)
    return Practice(_SENT, keeps, _NOT_TRAINED, statistics, statistics_endpoint)


def _unknown_provider_terms(applies_to: str, base_url: str) -> Terms:
    """Return the terms of a server whose owner is unknown."""
    if is_loopback(host_of(base_url)):
        remark = "The server is on this machine: its owner's terms apply."
        owner = "its owner"
    else:
        remark = f"The terms of the operator of {host_of(base_url)} apply; no pages are known here."
        owner = "its operator"
    return Terms(applies_to, "", "", f"Ask {owner} whether prompts and answers are used for training.", remark)
