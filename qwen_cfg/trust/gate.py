"""The trust gate: only values that the user trusts pass. At a terminal, it asks the user."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_schema import NotTrustedError, QwenCfgError, is_true
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.reading.ownership import Allows

    from .concern import Concern
    from .store import TrustStore

TRUST_VARIABLE = "QWEN_CFG_TRUST_PROJECT"

# The beginning of a reference to a key that the user typed in a session.
TYPED_IN_SESSION = "the key typed at /"

IN_CI = f"In CI: {TRUST_VARIABLE}=1. Nothing was sent."
ALTERNATIVES = f"For one run: --trust-project. {IN_CI}"

# Shows a concern to the user at the terminal, and returns whether the user approves it.
Ask = Callable[["Concern"], bool]
Notify = Callable[[str], None]


def _discard(notice: str) -> None:
    """Discard a notice."""


@record
class Gate:
    """Lets only trusted values pass. With `is_open`, all values pass; `ask` asks the user, None if nobody can be asked.

    `notify` shows the user one line. `command` is the command line that approves a concern, for the hint; it contains
    no typed key, which `key_is_typed` marks. `alternatives` is the hint on how to go on without that command.
    """

    store: TrustStore
    notify: Notify = _discard
    ask: Ask | None = None
    is_open: bool = False
    command: str = "qwen-cfg trust"
    key_is_typed: bool = False
    alternatives: str = ALTERNATIVES
    _typed: set[str] = field(default_factory=set)

    def require(self, concern: Concern | None) -> None:
        """Check that there is no concern, or that the user approves it now or approved it before.

        Raises:
            NotTrustedError: if the user has not approved it.
        """
        if concern is None or self.is_open or self.is_settled(concern):
            return
        if self.ask is None or not self.ask(concern):
            raise self._refusal(concern)
        self._remember(concern)

    def is_settled(self, concern: Concern | None) -> bool:
        """Return whether there is a concern that the user has approved, by typing the values or by answering yes.

        Raises:
            ConfigurationError: if the approvals cannot be read.
        """
        return concern is not None and (self._key(concern) in self._typed or self.store.covers(concern))

    def vouch(self, concern: Concern | None, typed: Collection[str]) -> None:
        """Approve a concern if the user typed all its values, so that no question follows.

        `typed` are the fields that the user typed. Other values from a file are not approved, and neither are variables
        that a project's file uses: a user who types an endpoint has not named those.
        """
        if concern is not None and not concern.takes_variables and set(concern.decided) <= set(typed):
            self.accept(concern)

    def accept(self, concern: Concern | None) -> None:
        """Remember a concern as typed by the user."""
        if concern is None:
            return
        self._typed.add(self._key(concern))
        from .store import trust_entry  # noqa: PLC0415 - what is remembered is rare

        with suppress(QwenCfgError):
            if not self.store.covers(concern):
                self.store.add(trust_entry(concern))

    def _key(self, concern: Concern) -> str:
        return f"{concern.file} {concern.settings_digest} {concern.credential_digest}"

    def _refusal(self, concern: Concern) -> NotTrustedError:
        hint = f"To approve, once: {self.command}. {self.alternatives}"
        if self.key_is_typed and concern.credential == "key":
            hint = f"To send a typed key there: --trust-project, in each run. {IN_CI}"
        elif concern.reference.startswith(TYPED_IN_SESSION):
            hint = "To send the typed key there, type it again and answer yes. Nothing was saved or sent."
        first, *further = concern.lines
        return NotTrustedError(f"not trusted: {first}", *further, hint=hint)

    def _remember(self, concern: Concern) -> None:
        """Remember an approval; if it cannot be saved, it applies only to this run."""
        import shlex  # noqa: PLC0415 - approvals are rare

        from .store import trust_entry  # noqa: PLC0415

        try:
            self.store.add(trust_entry(concern))
        except QwenCfgError as error:
            self.notify(f"qwen-cfg: the approval applies only to this run. {error}")
        else:
            words = shlex.join(["qwen-cfg", "trust", "revoke", str(concern.file)])
            self.notify(f"qwen-cfg: approval saved. To revoke it: {words}")


def owner_rule(store: Callable[[], TrustStore], *, all_of_them: bool) -> Allows:
    """Return the function that decides which env files of other users are allowed; `store` returns the approvals."""
    return (lambda _path, _owner: True) if all_of_them else (lambda path, owner: store().allows_owner(path, owner))


def trusts_project(environ: Mapping[str, str]) -> bool:
    """Return whether an environment trusts the project; no file can set this."""
    return is_true(environ.get(TRUST_VARIABLE, ""))
