"""The recorder of `verify`: which requests it records, and which it refuses."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from qwen_cfg.verification.authority import Authority
from qwen_cfg.verification.recorder import Recorder, recording
from qwen_cfg.verification.sent_request import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b'{"model": "m", "stream": true}'
HEADERS = {"Authorization": "Bearer key"}


def authority(tmp_path: Path) -> Authority:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return Authority(write)


def client(proxy: str, file: Path | None = None) -> httpx.Client:
    context = ssl.create_default_context(cafile=None if file is None else str(file))
    return httpx.Client(proxy=proxy, trust_env=False, verify=context, timeout=20)


def test_an_unencrypted_request_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(None)
    with recording(recorder) as proxy, client(proxy) as asking:
        answer = asking.post("http://h.example/v1/chat/completions", content=BODY, headers=HEADERS)
    assert "pong" in answer.text
    assert recorder.sent is not None
    assert (recorder.sent.base_url, recorder.sent.model) == ("http://h.example/v1", "m")
    assert recorder.sent.digest == digest_of("key", recorder.salt)
    assert b"key" not in repr(vars(recorder)).encode().replace(b"api_key", b"")


@pytest.mark.parametrize("host", ["h.example", "127.0.0.1", "[::1]", "x.y.z.example:8443"])
def test_a_request_with_tls_is_recorded(tmp_path: Path, host: str) -> None:
    known = authority(tmp_path)
    recorder = Recorder(known)
    with recording(recorder) as proxy, client(proxy, known.file) as asking:
        asking.post(f"https://{host}/v1/chat/completions", content=BODY, headers=HEADERS)
    assert recorder.sent is not None
    assert recorder.sent.base_url == f"https://{host}/v1"
    # No private key of a host stays on the disk.
    assert [file.name for file in tmp_path.iterdir()] == ["authority.pem"]
    assert "PRIVATE" not in known.file.read_text()


def test_two_authorities_do_not_trust_each_other(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    recorder, other = Recorder(authority(tmp_path / "one")), authority(tmp_path / "two")
    with recording(recorder) as proxy, client(proxy, other.file) as asking, pytest.raises(httpx.ConnectError):
        asking.post("https://h.example/v1/chat/completions", content=BODY)
    assert recorder.sent is None


def test_only_the_first_request_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(None)
    with recording(recorder) as proxy, client(proxy) as asking:
        for model in ("one", "two"):
            asking.post("http://h.example/chat/completions", json={"model": model})
    assert recorder.sent is not None
    assert recorder.sent.model == "one"


def chunks() -> Iterator[bytes]:
    yield BODY[:5]
    yield BODY[5:]


def test_a_chunked_body_is_read() -> None:
    recorder = Recorder(None)
    with recording(recorder) as proxy, client(proxy) as asking:
        asking.post("http://h.example/chat/completions", content=chunks())
    assert recorder.sent is not None
    assert recorder.sent.model == "m"


@pytest.mark.parametrize(
    ("method", "url"),
    [("GET", "http://h.example/v1/models"), ("POST", "http://h.example/telemetry"), ("HEAD", "http://h.example/")],
)
def test_other_requests_are_refused_and_named(method: str, url: str) -> None:
    recorder = Recorder(None)
    with recording(recorder) as proxy, client(proxy) as asking:
        assert asking.request(method, url).status_code == 403
    assert (recorder.sent, recorder.refused) == (None, ("h.example",))


@pytest.mark.parametrize(
    "text",
    [
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
        b"\x16\x03\x01nonsense\r\n\r\n",
        b"CONNECT h.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x01x",
        b"POST http://h/chat/completions HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST http://h/chat/completions HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST http://h/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET nonsense\r\n\r\n",
    ],
)
def test_a_malformed_request_does_no_harm(tmp_path: Path, text: bytes) -> None:
    recorder = Recorder(authority(tmp_path))
    with recording(recorder) as proxy:
        with socket.create_connection(("127.0.0.1", int(proxy.rpartition(":")[2])), timeout=20) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        with client(proxy) as asking:
            asking.post("http://h.example/chat/completions", content=BODY)
    assert recorder.sent is not None
    assert recorder.sent.base_url == "http://h.example"
