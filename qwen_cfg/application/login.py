"""The Qwen OAuth login on the command line: whether there is one that may be used, and getting one in a terminal."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.telemetry import observe
from qwen_cfg.compile import to_artifact
from qwen_cfg.paths import OAUTH_CACHE_NAME
from qwen_cfg.rules import diagnose
from qwen_cfg.state import users_state_directory
from qwen_cfg.trust import Concern, host_shown
from qwen_cfg.world import Given
from qwen_schema import ConfigurationError, NotTrustedError, located
from qwen_schema.formats import check_login_url
from qwen_schema.qwen_oauth import METHOD, is_declared_api

from .incomplete import IncompleteError
from .request import Asked, moved_directory, resolution_of

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import ReadyConfig
    from qwen_runtime.oauth import Login, LoginCache
    from qwen_runtime.repl.terminal import Terminal
    from qwen_runtime.settings import Settings
    from qwen_schema import ResolvedConfig

# What has to be typed anew for another method: the rest holds for every one.
OF_METHOD = ("auth_method", "api_key", "base_url", "model")


class NoLoginError(ConfigurationError):
    """There is no Qwen OAuth login that could be used."""


@dataclass(frozen=True)
class LoginPlace:
    """Where a login is kept, and how the authorization server is reached: an artifact of that method.

    `base` is where relative paths of the artifact start, `home` what `~` stands for.
    """

    artifact: ResolvedConfig
    base: Path
    home: Path | None

    @property
    def cache(self) -> LoginCache:
        """The file that keeps the login."""
        from qwen_runtime.oauth import cache_of  # noqa: PLC0415 - the HTTP client is slow to import

        return cache_of(self.settings)

    @property
    def shown_if_kept(self) -> str:
        """How the file that keeps the login is written in messages; empty if there is none."""
        return self.cache.shown if self.cache.path.exists() else ""

    @property
    def settings(self) -> Settings:
        """The artifact's fields, typed."""
        from qwen_runtime.settings import settings_of  # noqa: PLC0415 - the HTTP client is slow to import

        return settings_of(self.artifact, base=self.base, home=self.home)


def place_of_login(request: Asked) -> LoginPlace:
    """Return where the login is under what a command line asks for, were the method Qwen OAuth.

    Raises:
        IncompleteError: if a value is not valid.
        ConfigurationError: if there is no home to keep a login in.
    """
    resolution = resolution_of(with_method(request, "--auth-type"), survey=False)
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    return placed(to_artifact(resolution), resolution.world.cwd, resolution.world.home)


def with_method(request: Asked, place: str) -> Asked:
    """Return a request for Qwen OAuth, without what was given for another method."""
    given = {name: given for name, given in request.given.items() if name not in OF_METHOD}
    return replace(request, given={**given, "auth_method": Given(place, METHOD)}, secret_from=None)


def placed(artifact: ResolvedConfig, base: Path, home: Path | None) -> LoginPlace:
    """Return where the login of an artifact is.

    Raises:
        ConfigurationError: if there is no home to keep a login in.
    """
    if str(artifact.api_key.path).startswith("~/") and (home is None or not home.is_dir()):
        raise ConfigurationError(
            "there is no home directory to keep a Qwen OAuth login in",
            where="HOME",
            hint="Set HOME to your home directory, or use an API key: OPENAI_API_KEY.",
        )
    return LoginPlace(artifact, base, home)


def with_login(place: LoginPlace, let_through: Gate) -> ReadyConfig:
    """Return an artifact with the login that it refers to.

    Raises:
        NoLoginError: if there is none, or the file holds none; it is then moved aside.
        NotTrustedError: if it would be sent to a host that is not Qwen's, and the user does not trust that.
    """
    from qwen_runtime import ReadyConfig  # noqa: PLC0415 - the HTTP client is slow to import
    from qwen_runtime.oauth import with_api_of  # noqa: PLC0415

    cache = place.cache
    login = _found(cache)
    artifact = with_api_of(place.artifact, login, cache)
    require_private_way(artifact)
    let_through.require(concern_of_login(place, login))
    state = users_state_directory()
    return ReadyConfig(artifact, None, place.base, place.home, state=state, observe=observe)


def require_private_way(artifact: ResolvedConfig) -> None:
    """Refuse to send a login in the clear to another machine, whoever says that it should be.

    Raises:
        ConfigurationError: if the base URL is http and not of this machine.
    """
    try:
        check_login_url(artifact.text("base_url").partition("?")[0])
    except ValueError as error:
        origin = artifact.provenance["base_url"].origin
        raise ConfigurationError(
            f"the Qwen OAuth login is not sent there: {error}",
            where=f"base_url ({origin})",
            hint="Give the address with https://.",
        ) from None


def concern_of_kept(artifact: ResolvedConfig, base: Path, home: Path | None) -> Concern | None:
    """Return what the user has to be asked about before the login that is kept is used; None if there is none."""
    if artifact.text("auth_method") != METHOD:
        return None
    try:
        place = placed(artifact, base, home)
        login = place.cache.read()
        return None if login is None else concern_of_login(place, login)
    except ConfigurationError:
        # Whoever uses the login is told.
        return None


def concern_of_login(place: LoginPlace, login: Login) -> Concern | None:
    """Return what the user has to be asked about: a login that says itself that it is for a host that is not Qwen's."""
    from qwen_runtime.oauth import with_api_of  # noqa: PLC0415

    cache = place.cache
    url = with_api_of(place.artifact, login, cache).text("base_url")
    if url == place.artifact.text("base_url") or is_declared_api(url):
        return None
    return Concern(
        file=Path(os.path.realpath(cache.path)),
        place=f"{cache.shown} resource_url",
        settings=(("base_url", url),),
        host=host_shown(url),
        credential="login",
        reference=str(place.artifact.api_key),
        whose="It is none of the hosts that Qwen OAuth is known to use. Your login would go there, with all that you "
        "ask.",
    )


def require_own(artifact: ResolvedConfig, base: Path, home: Path | None) -> None:
    """Refuse an artifact that refers to another login than the user's own: the file would be read, and written.

    Raises:
        NotTrustedError: if it does.
    """
    if artifact.api_key.kind != "oauth-cache":
        raise ConfigurationError(
            f"the artifact asks for Qwen OAuth, and refers to {artifact.api_key} for it",
            hint="Make it again: qwen-cfg resolve -o FILE. Or say so here: --secret-from oauth-cache",
        )
    named = located(str(artifact.api_key.path), base=base, home=home)
    own = [home / ".qwen" / OAUTH_CACHE_NAME] if home is not None else []
    if named not in own and named not in _moved(artifact):
        raise NotTrustedError(
            f"the artifact names a file for the Qwen OAuth login that is not yours: {artifact.api_key.path}",
            hint="To use your own: --secret-from oauth-cache",
        )


def _moved(artifact: ResolvedConfig) -> list[Path]:
    """Return where the login is if the user's Qwen directory is elsewhere."""
    moved = moved_directory(artifact)
    return [] if moved is None else [moved / OAUTH_CACHE_NAME]


def _found(cache: LoginCache) -> Login:
    from qwen_runtime.oauth import BrokenLoginError  # noqa: PLC0415

    try:
        login = cache.read()
    except BrokenLoginError as error:
        moved = cache.set_aside()
        kept = f" It is kept as {moved}." if moved else ""
        raise NoLoginError(error.what, where=cache.shown, hint=f"{_WAYS_ON}{kept}") from None
    if login is None:
        raise NoLoginError("there is no Qwen OAuth login", where=cache.shown, hint=_WAYS_ON)
    return login


_WAYS_ON = (
    "Log in, in a terminal: qwen-cfg auth login. Where there is none, use an API key: OPENAI_API_KEY, and if need be "
    "OPENAI_BASE_URL and OPENAI_MODEL."
)


def log_in_at_terminal(place: LoginPlace, output: Output, terminal: Terminal, *, browser: bool) -> Login:
    """Log in while the person at the terminal sees what to do.

    Raises:
        AuthenticationError: if it is denied, or nobody logs in before the code expires.
        ProviderError: if the server gives no code, or refuses.
        OutputError: if the login cannot be kept.
    """
    from qwen_cfg.cli.browser import open_browser  # noqa: PLC0415
    from qwen_runtime.oauth.flow import log_in  # noqa: PLC0415 - for a login only
    from qwen_runtime.oauth.server import AuthorizationServer  # noqa: PLC0415
    from qwen_runtime.questions import without_echo  # noqa: PLC0415
    from qwen_runtime.repl.logging_in import LoginScreen  # noqa: PLC0415
    from qwen_runtime.repl.screen import Screen  # noqa: PLC0415

    server = AuthorizationServer(place.settings)
    view = LoginScreen(Screen(output, terminal), color=terminal.color)
    with without_echo(dumb=terminal.dumb):
        return log_in(server, place.cache, view, browse=open_browser if browser else None)


def terminal_of(output: Output) -> Terminal:
    """Return what is known about the terminal."""
    from qwen_runtime.repl.terminal import Terminal  # noqa: PLC0415

    state = users_state_directory()
    return Terminal(dumb=output.is_dumb, color=output.wants_color, history=None if state is None else state / "history")
