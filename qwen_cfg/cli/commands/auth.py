"""The command `auth`: logs in with Qwen OAuth, shows the login, or logs out."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.login import login_place_under
from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_field_flags, add_resolution_options
from qwen_cfg.cli.terminal.login import log_in_at_terminal, terminal_of
from qwen_cfg.cli.terminal.prompt import has_terminal
from qwen_schema import ConfigurationError, ExitCode, endpoint_of
from qwen_schema.qwen_oauth import METHOD

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.login import LoginPlace
    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_runtime.oauth import Login

FORMAT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "action",
        choices=["login", "status", "logout"],
        metavar="{login,status,logout}",
        help="log in with a browser, show the login and the number of requests, or remove the login; the browser may "
        "be on another device. Qwen Code uses the same login, so that logout removes it there too",
    )
    parser.add_argument("--no-browser", action="store_true", help="with login: open no browser, only show the address")
    add_format_option(parser, TEXT, JSON, help_text="with status: text or json")
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("auth login", "auth status", "auth logout")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Log in, show the login, or log out."""
    if args.action == "login":
        _require_terminal()
        return _log_in(request_of(args), output, browser=not args.no_browser)
    place = login_place_under(request_of(args))
    return _status(place, args.format, output) if args.action == "status" else _log_out(place, output)


def _require_terminal() -> None:
    if not has_terminal():
        raise ConfigurationError(
            "a login needs a terminal for standard input and output, and CI must not be set",
            where="auth login",
            hint="Use an API key: set OPENAI_API_KEY and, if needed, OPENAI_BASE_URL and OPENAI_MODEL. Or log in on "
            "another machine and copy the file ~/.qwen/oauth_creds.json.",
        )


def _log_in(request: Request, output: Output, *, browser: bool) -> int:
    place = login_place_under(request)
    login = log_in_at_terminal(place, output, terminal_of(output, request.process.state), browser=browser)
    output.lines(
        f"Logged in to use {_endpoint_text(place, login)}.",
        f"The login is stored in {place.cache.shown}, which Qwen Code uses too.",
    )
    if compilation_of(request).resolution.auth_method != METHOD:
        output.notice(
            "qwen-cfg: an API key is set here and is used instead. To use the login: --auth-type qwen-oauth, or "
            "QWEN_OAUTH=1"
        )
    return ExitCode.OK


def _status(place: LoginPlace, form: str, output: Output) -> int:
    from qwen_runtime.wire.quota import RequestLog  # noqa: PLC0415
    from qwen_runtime.wire.quota import rows as request_rows  # noqa: PLC0415

    cache = place.cache
    problem = ""
    try:
        login = cache.read()
    except ConfigurationError as error:
        login, problem = None, error.what
    counts = RequestLog(place.state).counts()
    usable = login is not None and (login.refresh_token is not None or not login.is_expired(time.time()))

    def text(output: Output) -> None:
        login_rows = [("login", _state_text(login, problem)), ("file", cache.shown), *_login_rows(place, login)]
        rows = [*login_rows, *request_rows(counts)]
        width = max(len(name) for name, _ in rows)
        output.lines(*(f"{name:{width}}  {value}" for name, value in rows))

    def data() -> object:
        document = {"format": FORMAT, "usable": usable, "file": cache.shown, "problem": problem or None}
        requests = {"last_minute": counts.last_minute, "today": counts.today}
        return {**document, **_login_data(place, login), "requests": requests}

    show(form, Views(text, data), output)
    return ExitCode.OK if usable else ExitCode.FINDINGS


def _state_text(login: Login | None, problem: str) -> str:
    if login is None:
        return f"broken: {problem}" if problem else "none; log in with: qwen-cfg auth login"
    now = time.time()
    if login.ends_at is None:
        return "present, without an expiry time"
    if not login.is_expired(now):
        return f"present, valid until {_local_text(login.ends_at)}" + (
            "" if login.refresh_token is None else "; it is refreshed automatically"
        )
    if login.refresh_token is None:
        return (
            f"expired at {_local_text(login.ends_at)}, and cannot be refreshed; log in again with: qwen-cfg auth login"
        )
    return f"present; the access token expired at {_local_text(login.ends_at)}, and the next request refreshes it"


def _login_rows(place: LoginPlace, login: Login | None) -> list[tuple[str, str]]:
    return [] if login is None else [("endpoint", _endpoint_text(place, login))]


def _login_data(place: LoginPlace, login: Login | None) -> dict[str, Any]:
    if login is None:
        return {"ends_at": None, "can_be_refreshed": False, "base_url": None}
    return {
        "ends_at": None if login.ends_at is None else _utc_text(login.ends_at),
        "can_be_refreshed": login.refresh_token is not None,
        "base_url": _base_url(place, login),
    }


def _endpoint_text(place: LoginPlace, login: Login) -> str:
    url = _base_url(place, login)
    return "an invalid address" if url is None else endpoint_of(url)


def _base_url(place: LoginPlace, login: Login) -> str | None:
    from qwen_runtime.oauth import with_api_of  # noqa: PLC0415

    try:
        return with_api_of(place.artifact, login, place.cache).text("base_url")
    except ConfigurationError:
        return None


def _utc_text(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None


def _local_text(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):
        return "an invalid time"


def _log_out(place: LoginPlace, output: Output) -> int:
    from qwen_runtime.oauth.flow import log_out  # noqa: PLC0415

    cache = place.cache
    if log_out(cache):
        output.lines(f"Logged out of Qwen OAuth, in Qwen Code too: removed {cache.shown}.")
    else:
        output.lines(f"No login found in {cache.shown}.")
    return ExitCode.OK
