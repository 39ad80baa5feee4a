"""The Qwen OAuth login: where it is kept, and whether there is one that may be used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import OAUTH_CACHE_NAME
from qwen_cfg.trust import Concern, display_host
from qwen_schema import ConfigurationError, NotTrustedError, locate_path
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

# What has to be typed anew for another method: the rest holds for every one.
OF_METHOD = ("auth_method", "api_key", "base_url", "model")


class NoLoginError(ConfigurationError):
    """There is no Qwen OAuth login that could be used."""


@record
class LoginPlace:
    """Where a login is kept, and how the authorization server is reached: an artifact of that method.

    `base` is where relative paths of the artifact start, `home` what `~` stands for, and `state` the directory that
    requests are counted in.
    """

    artifact: ResolvedConfig
    base: Path
    home: Path | None
    state: Path | None = None

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


def login_place_under(request: Request) -> LoginPlace:
    """Return where the login is under a request, were the method Qwen OAuth.

    Raises:
        IncompleteError: if a value is not valid.
        ConfigurationError: if there is no home to keep a login in.
    """
    return login_place_of(compilation_of(with_method(request, "--auth-type")))


def with_method(request: Request, place: str) -> Request:
    """Return a request for Qwen OAuth, without what was given for another method."""
    others = {name: flag for name, flag in request.flags.items() if name not in OF_METHOD}
    return replace(request, flags=others, secret_from=None).with_flags(place, {"auth_method": METHOD})


def login_place_of(compilation: Compilation) -> LoginPlace:
    """Return where the login of a compilation is; it raises what the artifact of it does, and `login_place`."""
    world, artifact = compilation.world, compilation.artifact
    return login_place(artifact, world.cwd, world.home, compilation.request.process.state)


def login_place_here(artifact: ResolvedConfig, process: Process) -> LoginPlace:
    """Return where the login of an artifact is, which starts from the working directory of a process."""
    return login_place(artifact, process.cwd, process.home.path, process.state)


def login_place(artifact: ResolvedConfig, base: Path, home: Path | None, state: Path | None) -> LoginPlace:
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
    return LoginPlace(artifact, base, home, state)


def with_login(place: LoginPlace, gate: Gate) -> ReadyConfig:
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
    gate.require(concern_of_login(place, login))
    return ReadyConfig(artifact, None, place.base, place.home, state=place.state, observe=observe)


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


def concern_of_stored_login(artifact: ResolvedConfig, base: Path, home: Path | None) -> Concern | None:
    """Return what the user has to be asked about before the login that is there is used; None if there is none."""
    if artifact.text("auth_method") != METHOD:
        return None
    try:
        place = login_place(artifact, base, home, None)
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
        host=display_host(url),
        credential="login",
        reference=str(place.artifact.api_key),
        whose="It is none of the hosts that Qwen OAuth is known to use. Your login would go there, with all that you "
        "ask.",
    )


def require_own(artifact: ResolvedConfig, process: Process) -> None:
    """Refuse an artifact that refers to another login than the user's own: the file would be read, and written.

    Raises:
        NotTrustedError: if it does.
    """
    if artifact.api_key.kind != "oauth-cache":
        raise ConfigurationError(
            f"the artifact uses Qwen OAuth but refers to {artifact.api_key} for the login",
            hint="Regenerate it: qwen-cfg resolve -o FILE. Or say so here: --secret-from oauth-cache",
        )
    home, moved = process.home.path, moved_directory(artifact, process)
    named = locate_path(str(artifact.api_key.path), base=process.cwd, home=home)
    directories = (None if home is None else home / ".qwen", moved)
    if named not in [directory / OAUTH_CACHE_NAME for directory in directories if directory is not None]:
        raise NotTrustedError(
            f"the artifact names a file for the Qwen OAuth login that is not yours: {artifact.api_key.path}",
            hint="To use your own: --secret-from oauth-cache",
        )


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
