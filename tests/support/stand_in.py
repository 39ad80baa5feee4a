"""A stand-in for Qwen Code: a real program that reads files and variables, and sends one request.

The short model of the recordings (`settings_model.py`) decides what it sends. Like the real program, it writes below
`QWEN_HOME`, migrates old settings files, sends telemetry, and uses the proxy of the environment.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support.installations import PACKAGE, npm_global, write_program
from support.settings_model import Machine, outcome, parse, qwen_home

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PACKAGE", "install", "main"]

FLAGS = {
    "--auth-type": "auth_method",
    "--model": "model",
    "-m": "model",
    "--openai-base-url": "base_url",
    "--openai-api-key": "api_key",
}
SECONDS = 20
TELEMETRY = "telemetry.example:443"
PATHS = {
    "openai": "/chat/completions",
    "openai-responses": "/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/{model}:streamGenerateContent",
}
# Variables with which tests make it misbehave.
HANG, SILENT, BREAK, LIE, DISTRUST = (f"STAND_IN_{what}" for what in ("HANG", "SILENT", "BREAK", "LIE", "DISTRUST"))


def install(root: Path, version: str = "0.24.4") -> Path:
    """Install the stand-in like npm, and return the directory for the PATH."""
    directory = npm_global(root, version)
    tests = Path(__file__).parents[1]
    start = f"import sys\nsys.path[:0] = [{str(tests)!r}]\nfrom support.stand_in import main\nmain()\n"
    write_program(Path(os.path.realpath(directory / "qwen")), f"#!{sys.executable}\n{start}")
    return directory


class Disk(Mapping[str, str]):
    """The files of this machine by their paths."""

    def __getitem__(self, path: str) -> str:
        try:
            return Path(path).read_text(encoding="utf-8")
        except OSError:
            raise KeyError(path) from None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def main() -> None:
    """Behave like Qwen Code with the arguments and the environment of this process."""
    words = [part for word in sys.argv[1:] for part in (word.split("=", 1) if word.startswith("--") else [word])]
    flags = {FLAGS[word]: words[at + 1] for at, word in enumerate(words) if word in FLAGS}
    machine = Machine(os.path.realpath(os.environ["HOME"]), str(Path.cwd()), Disk(), dict(os.environ), flags)
    sent = outcome(machine)
    _write(machine)
    if os.environ.get(HANG):
        _hang()
    if os.environ.get(BREAK):
        sys.exit("boom")
    with suppress(OSError, HTTPException):
        _post(machine, f"https://{TELEMETRY}/", {}, b"usage")
    if "error" in sent:
        sys.exit(f"No request: {sent['error']}")
    if os.environ.get(SILENT):
        return
    print(_ask(machine, sent | json.loads(os.environ.get(LIE, "{}"))))


def _write(machine: Machine) -> None:
    home = Path(qwen_home(machine))
    home.mkdir(parents=True, exist_ok=True)
    (home / "session.jsonl").write_text("one\n")
    for file in (home / "settings.json", Path(machine.cwd, ".qwen/settings.json")):
        with suppress(OSError, ValueError):
            settings = parse(file.read_text())
            if settings.get("$version") != 4:
                file.with_name("settings.json.orig").write_text(file.read_text())
                file.write_text(json.dumps({**settings, "$version": 4}))


def _hang() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        Path(os.environ[HANG]).write_text(str(os.getpid()))
    time.sleep(600)


def _post(machine: Machine, url: str, headers: Mapping[str, str], body: bytes) -> str:
    """Send a request, through the proxy of the environment, and return the body of the answer."""
    # httpx takes 0.2 s to import, as long as all else that this program does.
    target = urlsplit(url)
    proxy = "" if machine.env.get("NO_PROXY") == "*" else machine.env.get("HTTPS_PROXY", "")
    server = urlsplit(proxy) if proxy else target
    assert server.hostname is not None
    assert target.hostname is not None
    path = target._replace(scheme="", netloc="").geturl()
    if target.scheme == "https":
        context = _trust(machine)
        connection: HTTPConnection = HTTPSConnection(server.hostname, server.port, timeout=SECONDS, context=context)
        if proxy:
            connection.set_tunnel(target.hostname, target.port or 443)
    else:
        connection = HTTPConnection(server.hostname, server.port, timeout=SECONDS)
        path = url if proxy else path
    with closing(connection):
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().read().decode()


def _trust(machine: Machine) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if machine.env.get("NODE_EXTRA_CA_CERTS") and not os.environ.get(DISTRUST):
        context.load_verify_locations(machine.env["NODE_EXTRA_CA_CERTS"])
    return context


def _ask(machine: Machine, sent: dict[str, Any]) -> str:
    protocol, key = sent["protocol"], sent.get("api_key", "")
    header = {"anthropic": "x-api-key", "gemini": "x-goog-api-key"}.get(protocol)
    headers = {header: key} if header else {"Authorization": f"Bearer {key}"}
    url = sent["base_url"].rstrip("/") + PATHS[protocol].format(model=sent["model"])
    body = {"model": sent["model"], "stream": True, "messages": [{"role": "user", "content": "ping"}]}
    headers["Content-Type"] = "application/json"
    reply = _post(machine, url, headers, json.dumps(body).encode())
    pieces = [line.removeprefix("data: ") for line in reply.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for piece in pieces for choice in json.loads(piece).get("choices", ())]
    return "".join(delta.get("content") or "" for delta in deltas)
