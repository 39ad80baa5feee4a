"""Secrets: no conversion shows one, and redaction removes known secrets from texts."""

from __future__ import annotations

import copy
import gc
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_schema import (
    Secret,
    SecretReference,
    StreamRedactor,
    Surroundings,
    mask,
    redact,
    redact_known,
    redact_unknown,
)
from qwen_schema.envfile import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "sk-0123456789-the-secret-itself"
# Letters only, so that no secret is part of the placeholder that replaces it.
secrets = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12, max_size=60)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)


@dataclass(frozen=True)
class Holder:
    name: str
    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        "{}".format,
        "{!r:>60}".format,
        "{:>60}".format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!s:.100}",
        lambda secret: f"{secret=}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: repr([secret, {"key": secret}, (secret,), {secret}]),
        lambda secret: repr(Holder("key", secret)),
        lambda secret: str(asdict_of(secret)),
        lambda secret: repr(SecretReference("literal", value=secret)),
        lambda secret: str(SecretReference("literal", value=secret)),
        lambda secret: repr(Exception(secret)),
        lambda secret: json.dumps({"key": secret}, default=repr),
    ],
)
def test_no_conversion_shows_a_secret(show) -> None:  # type: ignore[no-untyped-def]
    shown = show(Secret(TEXT))
    assert shown
    assert TEXT not in shown
    assert str(len(TEXT)) not in shown


def asdict_of(secret: Secret) -> dict[str, object]:
    """Return a dictionary with a secret, like `asdict`, which cannot copy one."""
    with pytest.raises(TypeError):
        asdict(Holder("key", secret))
    return {"name": "key", "secret": secret}


def test_a_secret_does_not_show_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("the key is %s, %r, %s", Secret(TEXT), Secret(TEXT), {"key": Secret(TEXT)})
    assert "the key is" in caplog.text
    assert TEXT not in caplog.text


def test_a_secret_does_not_show_in_a_traceback() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(secret)

    with pytest.raises(ValueError, match="Secret") as caught:
        fail(Secret(TEXT))
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert TEXT not in "".join(line for line in lines if "TEXT" not in line)


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps], ids=lambda f: f.__qualname__)
def test_a_secret_cannot_be_serialized(leave) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError) as caught:
        leave(Secret(TEXT))
    assert TEXT not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_protocol_accepts_a_secret(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps({"key": [Secret(TEXT)]}, protocol)


def test_a_secret_is_not_a_string() -> None:
    with pytest.raises(TypeError):
        "".join([Secret(TEXT)])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        Secret(TEXT) + ""  # type: ignore[operator]
    with pytest.raises(TypeError):
        list(Secret(TEXT))  # type: ignore[call-overload]
    assert not hasattr(Secret(TEXT), "__dict__")


def test_reveal_returns_the_text() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_secrets_are_equal_to_equal_secrets_and_not_to_texts() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert len({Secret(TEXT), Secret(TEXT), Secret("another")}) == 2
    assert Secret(TEXT) != Secret("another")
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT) != TEXT


def test_an_empty_secret_is_false() -> None:
    assert Secret("").reveal() == ""
    assert repr(Secret("")) != repr(Secret("x"))
    assert repr(Secret("x")) == repr(Secret(TEXT))


def test_an_assignment_of_an_env_file_does_not_show_its_value() -> None:
    assert TEXT not in repr(Assignment("OPENAI_API_KEY", TEXT, 1))


# The visible parts of a masked secret.


def test_a_long_secret_is_masked_to_its_ends_and_length() -> None:
    assert mask("sk-a" + "x" * 43 + "9f2a") == "sk-a…9f2a (51 characters)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", "(empty)"), ("x", "hidden (1 character)"), ("ollama", "hidden (6 characters)")],
)
def test_a_short_secret_is_masked_to_its_length(text: str, shown: str) -> None:
    assert mask(text) == shown


@given(st.integers(1, 200))
def test_a_mask_shows_less_than_a_third_of_a_secret(length: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(length))
    shown = [character for character in mask(text) if character in text]
    assert len(shown) * 3 < length or not shown
    assert f"({length} character" in mask(text)


# Redaction of output.


@given(secret=secrets, before=st.text(), after=st.text())
def test_a_known_secret_is_redacted_in_any_text(secret: str, before: str, after: str) -> None:
    known = Secret(secret)
    assert secret not in redact(f"{before}{known.reveal()}{after}{known.reveal()}")


@given(secret=printable)
def test_a_known_secret_is_redacted_as_python_and_json_write_it(secret: str) -> None:
    known = Secret(secret)
    for written in (repr(known.reveal()), json.dumps(known.reveal()), f"Invalid header value {secret.encode()!r}"):
        assert secret not in redact(written)
        assert written not in redact(written)
        assert redact(written)[1:-1].endswith("[redacted]") or "[redacted]" in redact(written)


@given(st.lists(secrets, min_size=2, max_size=2, unique=True))
def test_nested_secrets_are_both_redacted(pair: list[str]) -> None:
    inner, outer = Secret(pair[0]), Secret(pair[0] + pair[1])
    assert redact(outer.reveal()) == "[redacted]"
    assert redact(inner.reveal()) == "[redacted]"


def test_a_secret_is_redacted_as_long_as_it_is_referenced() -> None:
    first, second = Secret("ABCDEFGHIJKLMNOP"), Secret("ABCDEFGHIJKLMNOP")
    del first
    gc.collect()
    assert redact(f"the key {second.reveal()} was refused") == "the key [redacted] was refused"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=20))
def test_exactly_the_referenced_secrets_are_redacted(changes: list[tuple[bool, int]]) -> None:
    """The search pattern is cached until a secret is added or removed."""
    texts = [f"a-secret-number-{number}-of-five" for number in range(5)]
    held: dict[int, Secret] = {}
    for comes, number in changes:
        if comes:
            held[number] = Secret(texts[number])
        else:
            held.pop(number, None)
        streamed = StreamRedactor()
        for redacted in (redact_known(" ".join(texts)), streamed.add(" ".join(texts)) + streamed.end()):
            assert [text in redacted for text in texts] == [n not in held for n in range(5)]


def test_a_short_secret_is_not_redacted() -> None:
    """`ollama` is a key for local servers, and also a word in many messages."""
    known = Secret("ollama")
    assert redact(f"is {known.reveal()} running?") == "is ollama running?"


def test_a_text_without_a_secret_is_unchanged() -> None:
    text = "./.env:3: 'https://api.openai.com/v1' me@example.com a://b"
    assert redact(text) == text
    assert redact_unknown(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:word@proxy.example:3128", "http://[redacted]@proxy.example:3128"),
        ("https://token@models.example/v1", "https://[redacted]@models.example/v1"),
        ("socks5://u:p%40q@h, http://a:b@h2", "socks5://[redacted]@h, http://[redacted]@h2"),
        ("https://u:p@ss@models.example/v1", "https://[redacted]@models.example/v1"),
        ("https://models.example/users/@me", "https://models.example/users/@me"),
    ],
)
def test_the_user_info_of_a_url_is_redacted(url: str, shown: str) -> None:
    assert redact(url) == shown


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-0123456789abcdefABCDEF",
        "sk-or-v1-0123456789abcdef0123",
        "hf_0123456789abcdefABCDEF",
        "gsk_0123456789abcdefABCD",
    ],
)
def test_an_unknown_text_in_the_form_of_a_key_is_redacted(key: str) -> None:
    assert redact_unknown(f"no such flag: --openai-api-kye={key}") == "no such flag: --openai-api-kye=[redacted]"
    assert redact(key) == key


def test_no_record_shows_its_environment() -> None:
    key = "sk-0123456789abcdefghijklmnopqrstuv"
    surroundings = Surroundings({"OPENAI_API_KEY": key, "OTHER": key}, {}, Path("/work"), None)
    assert key not in repr(surroundings)


class _Cycle:
    """An object that refers to itself, like an exception with its traceback, and has a secret."""

    def __init__(self, secret: Secret) -> None:
        self.itself, self.secret = self, secret


@pytest.fixture
def collected_by_hand() -> Iterator[None]:
    """No garbage is collected unless a test asks for it."""
    before = gc.get_threshold()
    gc.disable()
    yield
    gc.set_threshold(*before)
    gc.enable()


@pytest.mark.usefixtures("collected_by_hand")
def test_a_secret_is_redacted_while_another_is_collected() -> None:
    """A collection may begin at any allocation, also while the known secrets are compared."""
    secret, shown = Secret(TEXT), []
    for allocations in range(60):
        _Cycle(Secret(f"another secret with the number {allocations}"))
        assert TEXT not in redact_known(f"wrong: {TEXT}")
        # Tuples in use, so that the interpreter has none to use again without an allocation.
        used = [(number, number) for number in range(3_000)]
        gc.set_threshold(gc.get_count()[0] + allocations, 1_000, 1_000)
        gc.enable()
        text = redact_known(f"wrong: {TEXT}")
        gc.disable()
        shown += [allocations] if TEXT in text else []
        del used
        gc.collect()
    assert shown == []
    assert secret.reveal() == TEXT
