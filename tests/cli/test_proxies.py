"""Proxies from the environment: with a login, for SOCKS, invalid ones, and how to disable one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from support.provider import provider
from support.socks import socks_proxy
from support.tunnel import tunnels

from .process import KEY, env_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.provider import Provider

    from .process import Desk

ELSEWHERE = "http://models.example/v1"
PASSWORD = "correct-horse"
ASK = ("run", "-p", "ping")


@pytest.fixture
def server() -> Iterator[Provider]:
    with provider() as running:
        yield running


def elsewhere(**more: str) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": ELSEWHERE,
        "OPENAI_MODEL": "gpt-4o",
        "QWEN_CFG_MAX_RETRIES": "0",
        **more,
    }


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (f"user:{PASSWORD}", f"user:{PASSWORD}"),
        ("user:p%40ss%3A%2F", "user:p@ss:/"),
        ("user", "user:"),
        ("DOMAIN%5Cuser:x", "DOMAIN\\user:x"),
    ],
)
def test_the_login_of_a_proxy_reaches_the_proxy(desk: Desk, server: Provider, written: str, sent: str) -> None:
    proxy = server.url.replace("//", f"//{written}@")
    outcome = desk.run(*ASK, env=elsewhere(HTTPS_PROXY=proxy)).exits(0)
    assert [r.headers["proxy-authorization"] for r in server.take_requests()] == [basic(sent)]
    assert written not in outcome.output


def test_the_login_is_never_shown_or_written(desk: Desk, server: Provider) -> None:
    proxy = server.url.replace("//", f"//user:{PASSWORD}@")
    for argv in (
        ["resolve", "--explain"],
        ["resolve", "--explain", "--format", "json"],
        ["resolve", "--explain", "proxy"],
        ["resolve", "-o", "qwen.toml"],
        ["resolve", "--format", "json"],
        ["doctor"],
        ["run", "--debug", "-p", "x"],
    ):
        outcome = desk.run(*argv, env=elsewhere(ALL_PROXY=proxy))
        assert outcome.code == 0
        assert PASSWORD not in outcome.output
    assert PASSWORD not in (desk.cwd / "qwen.toml").read_text()


@pytest.mark.parametrize("command", [["resolve"], ["resolve", "-o", "qwen.toml"], ["init", "--no-verify"]])
def test_an_omitted_login_is_reported_once(desk: Desk, server: Provider, command: list[str]) -> None:
    proxy = server.url.replace("//", f"//user:{PASSWORD}@")
    outcome = desk.run(*command, "--proxy", proxy, env=elsewhere()).exits(0)
    assert PASSWORD not in outcome.output
    assert outcome.err.count("the login in the proxy's URL is not written") == 1
    assert "export HTTPS_PROXY" in outcome.err


def test_the_origin_of_the_artifacts_login_is_reported(desk: Desk, server: Provider) -> None:
    (desk.cwd / "corp.env").write_text(f"HTTPS_PROXY={server.url.replace('//', f'//user:{PASSWORD}@')}\n")
    outcome = desk.run("resolve", "--env-file", "corp.env", "-o", "qwen.toml", env=elsewhere()).exits(0)
    assert "With --config, it is read from ./corp.env:1" in outcome.err


def test_no_report_if_no_login_is_omitted(desk: Desk, server: Provider) -> None:
    proxy = server.url.replace("//", f"//user:{PASSWORD}@")
    for argv, env in ((["--proxy", server.url], elsewhere()), ([], elsewhere(HTTPS_PROXY=proxy))):
        assert "login" not in desk.run("resolve", *argv, "-o", "qwen.toml", env=env).exits(0).err


@pytest.mark.parametrize("place", ["environment", "home", "named file"])
def test_an_artifact_takes_the_login_from_the_proxys_origin(desk: Desk, server: Provider, place: str) -> None:
    proxy, env, argv = server.url.replace("//", f"//user:{PASSWORD}@"), elsewhere(), []
    if place == "environment":
        env = elsewhere(HTTPS_PROXY=proxy)
    elif place == "home":
        (desk.home / ".qwen").mkdir()
        (desk.home / ".qwen" / ".env").write_text(f"HTTPS_PROXY={proxy}\n")
    else:
        (desk.cwd / "corp.env").write_text(f"HTTPS_PROXY={proxy}\n")
        argv = ["--env-file", "corp.env"]
    desk.run("resolve", *argv, "-o", "qwen.toml", env=env).exits(0)
    assert PASSWORD not in (desk.cwd / "qwen.toml").read_text()
    desk.run(*ASK, "--trust-project", "--config", "qwen.toml", env=env).exits(0)
    assert [r.headers["proxy-authorization"] for r in server.take_requests()] == [basic(f"user:{PASSWORD}")]


def test_a_login_goes_only_to_its_own_proxy(desk: Desk, server: Provider) -> None:
    """The artifact names the proxy; a login of another proxy is not used for it."""
    (desk.cwd / "corp.env").write_text(f"HTTPS_PROXY={server.url.replace('//', f'//user:{PASSWORD}@')}\n")
    desk.run("resolve", "--env-file", "corp.env", "-o", "qwen.toml", env=elsewhere()).exits(0)
    text = (desk.cwd / "qwen.toml").read_text()
    with provider() as other:
        (desk.cwd / "qwen.toml").write_text(text.replace(server.url, other.url))
        desk.run(*ASK, "--trust-project", "--config", "qwen.toml", env=elsewhere()).exits(0)
        assert ["proxy-authorization" in r.headers for r in other.take_requests()] == [False]
    assert server.take_requests() == []


@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h"])
@pytest.mark.parametrize("login", ["", f"user:{PASSWORD}"])
def test_requests_go_through_a_socks_proxy(desk: Desk, server: Provider, scheme: str, login: str) -> None:
    with socks_proxy(server.port, login) as proxy:
        url = f"{scheme}://{login + '@' if login else ''}{proxy.address}"
        desk.run(*ASK, env=elsewhere(ALL_PROXY=url)).exits(0)
    assert proxy.targets == ["models.example:80"]
    assert proxy.logins == ([login] if login else [])
    assert len(server.take_requests()) == 1


@pytest.mark.parametrize("login", ["", "user:wrong"])
def test_a_socks_proxy_that_refuses_the_login(desk: Desk, server: Provider, login: str) -> None:
    with socks_proxy(server.port, f"user:{PASSWORD}") as proxy:
        url = f"socks5://{login + '@' if login else ''}{proxy.address}"
        outcome = desk.run(*ASK, env=elsewhere(ALL_PROXY=url)).exits(6)
    assert ("Check the login in ALL_PROXY" if login else "Add the login to the URL in ALL_PROXY") in outcome.err
    assert "wrong" not in outcome.err
    assert server.take_requests() == []


@pytest.mark.parametrize("login", ["", "user:wrong"])
@pytest.mark.parametrize("url", [ELSEWHERE, "https://models.example/v1"])
def test_a_proxy_that_refuses_the_login(desk: Desk, login: str, url: str) -> None:
    with tunnels(1, "407 Proxy Authentication Required") as proxy:
        written = proxy.url.replace("//", f"//{login}@") if login else proxy.url
        outcome = desk.run(*ASK, env=elsewhere(HTTPS_PROXY=written, OPENAI_BASE_URL=url)).exits(6)
    assert ("Check the login in HTTPS_PROXY" if login else "Add the login to the URL in HTTPS_PROXY") in outcome.err
    assert "user:wrong" not in outcome.output


def test_an_unsupported_protocol_is_an_error_when_it_is_used(desk: Desk, server: Provider) -> None:
    env = {"ALL_PROXY": "socks4://127.0.0.1:9"}
    desk.run("resolve", env=elsewhere(**env)).exits(0)
    desk.run(*ASK, env=env_of(server, **env)).exits(0)
    outcome = desk.run(*ASK, env=elsewhere(**env)).exits(3)
    assert "SOCKS 4" in outcome.err
    assert "--proxy none" in outcome.err


UNREADABLE = ["proxy.example:3128", "ftp://proxy.example", "http://", "http://u:p@", "http://proxy:99999", "'http://x'"]


@pytest.mark.parametrize("text", UNREADABLE)
def test_an_invalid_proxy_that_is_not_used_is_ignored(desk: Desk, server: Provider, text: str) -> None:
    env = env_of(server, ALL_PROXY=text)
    outcome = desk.run("resolve", "-o", "qwen.toml", env=env).exits(0)
    assert "QC133" in outcome.err
    assert "ALL_PROXY" in outcome.err
    desk.run("check", "qwen.toml", env=env).exits(0)
    desk.run(*ASK, env=env).exits(0)
    desk.run(*ASK, "--config", "qwen.toml", env=env).exits(0)
    assert len(server.take_requests()) == 2


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("none", [["--proxy="], ["--proxy", "none"], ["--no-proxy", "*"]])
def test_a_flag_disables_the_proxy(desk: Desk, text: str, none: list[str]) -> None:
    env = elsewhere(HTTPS_PROXY=text)
    refused = desk.run("resolve", env=env).exits(3)
    assert "HTTPS_PROXY" in refused.err
    desk.run("resolve", *none, "-o", "qwen.toml", env=env).exits(0)
    assert 'proxy = ""' in (desk.cwd / "qwen.toml").read_text()


def test_an_invalid_proxy_in_use_is_an_error(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "qwen.toml", env=elsewhere()).exits(0)
    outcome = desk.run(*ASK, "--config", "qwen.toml", env=elsewhere(HTTPS_PROXY="proxy.example:3128")).exits(3)
    assert "HTTPS_PROXY is not valid" in outcome.err
    assert desk.run("resolve", "--proxy", "ftp://x", env=env_of(server)).code == 3
