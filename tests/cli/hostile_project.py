"""A stranger's project, and prompts of a user whose proxy sees every request to the stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.git import git

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk, Outcome

STRANGER = "http://stranger.example/v1"
STRANGERS_KEY = "sk-of-the-stranger-0123456789-0123456789"
PROMPT = "the-prompt-that-nobody-else-may-see"
NEWER = "qwen-code-0.21"


def proxy_env(server: Provider, **more: str) -> dict[str, str]:
    """Return an environment in which the server is the user's own proxy, so that it sees requests to every host."""
    return {"HTTP_PROXY": server.url, "NO_PROXY": "none", "QWEN_CFG_MAX_RETRIES": "0", **more}


def clone(desk: Desk, files: dict[str, str]) -> None:
    """Make `~/work/app` a repository with these files."""
    for path, text in files.items():
        desk.write(f"work/app/{path}", text)
    for argv in (["init", "-q"], ["add", "-f", "."], ["commit", "-q", "-m", "x", "--allow-empty"]):
        git(desk.cwd, *argv)


def ask(desk: Desk, server: Provider, *argv: str, **env: str) -> Outcome:
    """Send a prompt with the server as the user's proxy, so that it sees requests to the stranger."""
    return desk.run("run", "-p", PROMPT, *argv, env=proxy_env(server, **env))
