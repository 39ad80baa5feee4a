"""The Qwen OAuth login: its place, and the checks before it is used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import OAUTH_CACHE_NAME
from qwen_cfg.trust import Concern, display_host
from qwen_schema import ConfigurationError, NotTrustedError, locate_path
from qwen_schema.fields import MAIN_FIELDS
from qwen_schema.formats import check_login_url
from qwen_schema.qwen_oauth import METHOD, is_declared_api
from qwen_schema.records import record, replace

from .compilation import compilation_of
from .config_file import moved_directory
from .telemetry import observe

if TYPE_CHECKING:
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import ReadyConfig
    from qwen_runtime.oauth import Login, LoginCache
    from qwen_runtime.settings import Settings
    from qwen_schema import ResolvedConfig

    from .compilation import Compilation
    from .request import Process, Request


class NoLoginError(ConfigurationError):
    """There is no usable Qwen OAuth login."""


@record
class LoginPlace:
    """The place of a login, and an artifact of that method with the settings for the authorization server.

    `base` is the start of the artifact's relative paths, `home` the directory of `~`, and `state` the directory of the
    request counts.
    """

    artifact: ResolvedConfig
    base: Path
    home: Path | None
    state: Path | None = None

    @property
    def cache(self) -> LoginCache:
        """The file with the login."""
        from qwen_runtime.oauth import cache_of  # noqa: PLC0415 - the HTTP client is slow to import

        return cache_of(self.settings)

    @property
    def existing_path(self) -> str:
        """The path of the login's file for messages; empty if the file does not exist."""
        return self.cache.shown if self.cache.path.exists() else ""

    @property
    def settings(self) -> Settings:
        """The artifact's fields, typed."""
        from qwen_runtime.settings import settings_of  # noqa: PLC0415 - the HTTP client is slow to import

        return settings_of(self.artifact, base=self.base, home=self.home)


def login_place_under(request: Request) -> LoginPlace:
    """Return the place of the login for a request under the method Qwen OAuth.

    Raises:
        IncompleteError: if a value is not valid.
        ConfigurationError: if there is no home for the login.
    """
    return login_place_of(compilation_of(with_method(request, "--auth-type")))


def with_method(request: Request, place: str) -> Request:
    """Return a request for Qwen OAuth, without the main fields, which are for another method; all others stay."""
    others = {name: flag for name, flag in request.flags.items() if name not in MAIN_FIELDS}
    return replace(request, flags=others, secret_from=None).with_flags(place, {"auth_method": METHOD})


def login_place_of(compilation: Compilation) -> LoginPlace:
    """Return the place of a compilation's login; raises the errors of `Compilation.artifact` and `login_place`."""
    world, artifact = compilation.world, compilation.artifact
    return login_place(artifact, world.cwd, world.home, compilation.request.process.state)


def login_place_here(artifact: ResolvedConfig, process: Process) -> LoginPlace:
    """Return the place of an artifact's login, relative to the working directory of a process."""
    return login_place(artifact, process.cwd, process.home.path, process.state)


def login_place(artifact: ResolvedConfig, base: Path, home: Path | None, state: Path | None) -> LoginPlace:
    """Return the place of an artifact's login.

    Raises:
        ConfigurationError: if there is no home for the login.
    """
    if str(artifact.api_key.path).startswith("~/") and (home is None or not home.is_dir()):
        raise ConfigurationError(
            "there is no home directory to keep a Qwen OAuth login in",
            where="HOME",
            hint="Set HOME to your home directory, or use an API key: OPENAI_API_KEY.",
        )
    return LoginPlace(artifact, base, home, state)


def with_login(place: LoginPlace, gate: Gate) -> ReadyConfig:
    """Return the runtime's input for an artifact with the login that it refers to.

    Raises:
        NoLoginError: if there is no login, or the file is invalid; an invalid file is moved aside.
        NotTrustedError: if the login would be sent to a host that is not Qwen's, and the user does not approve it.
    """
    from qwen_runtime import ReadyConfig  # noqa: PLC0415 - the HTTP client is slow to import
    from qwen_runtime.oauth import with_api_of  # noqa: PLC0415

    cache = place.cache
    login = _stored_login(cache)
    artifact = with_api_of(place.artifact, login, cache)
    require_private_way(artifact)
    gate.require(concern_of_login(place, login))
    return ReadyConfig(artifact, None, place.base, place.home, state=place.state, observe=observe)


def require_private_way(artifact: ResolvedConfig) -> None:
    """Check that a login is not sent unencrypted to another machine.

    Raises:
        ConfigurationError: if the base URL is http and not on this machine.
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


def concern_of_stored_login(artifact: ResolvedConfig, base: Path, home: Path | None) -> Concern | None:
    """Return the concern that needs an approval before the stored login is used; None if there is none."""
    if artifact.text("auth_method") != METHOD:
        return None
    try:
        place = login_place(artifact, base, home, None)
        login = place.cache.read()
        return None if login is None else concern_of_login(place, login)
    except ConfigurationError:
        # The error is reported when the login is used.
        return None


def concern_of_login(place: LoginPlace, login: Login) -> Concern | None:
    """Return the concern about a login that itself names an API at a host that is not Qwen's; None if there is none."""
    from qwen_runtime.oauth import with_api_of  # noqa: PLC0415

    cache = place.cache
    url = with_api_of(place.artifact, login, cache).text("base_url")
    if url == place.artifact.text("base_url") or is_declared_api(url):
        return None
    return Concern(
        file=Path(os.path.realpath(cache.path)),
        place=f"{cache.shown} resource_url",
        settings=(("base_url", url),),
        host=display_host(url),
        credential="login",
        reference=str(place.artifact.api_key),
        whose="This is not a known host of Qwen OAuth. Your login would be sent there along with your prompts.",
    )


def require_own(artifact: ResolvedConfig, process: Process) -> None:
    """Check that an artifact refers to the user's own login: the file would be read and written.

    Raises:
        ConfigurationError: if the artifact refers to a key.
        NotTrustedError: if it refers to another file.
    """
    if artifact.api_key.kind != "oauth-cache":
        raise ConfigurationError(
            f"the artifact uses Qwen OAuth but refers to {artifact.api_key} for the login",
            hint="Regenerate it: qwen-cfg resolve -o FILE. Or use --secret-from oauth-cache here.",
        )
    home, moved = process.home.path, moved_directory(artifact, process)
    named = locate_path(str(artifact.api_key.path), base=process.cwd, home=home)
    directories = (None if home is None else home / ".qwen", moved)
    if named not in [directory / OAUTH_CACHE_NAME for directory in directories if directory is not None]:
        raise NotTrustedError(
            f"the artifact names a file for the Qwen OAuth login that is not yours: {artifact.api_key.path}",
            hint="To use your own: --secret-from oauth-cache",
        )


def _stored_login(cache: LoginCache) -> Login:
    from qwen_runtime.oauth import BrokenLoginError  # noqa: PLC0415

    try:
        login = cache.read()
    except BrokenLoginError as error:
        moved = cache.set_aside()
        kept = f" It is kept as {moved}." if moved else ""
        raise NoLoginError(error.what, where=cache.shown, hint=f"{_ALTERNATIVES}{kept}") from None
    if login is None:
        raise NoLoginError("there is no Qwen OAuth login", where=cache.shown, hint=_ALTERNATIVES)
    return login


_ALTERNATIVES = (
    "Log in, in a terminal: qwen-cfg auth login. Without a terminal, use an API key: OPENAI_API_KEY, and if needed "
    "OPENAI_BASE_URL and OPENAI_MODEL."
)
