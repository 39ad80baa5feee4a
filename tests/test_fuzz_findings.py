"""Inputs that fuzzing found, and the seeds of the fuzz targets."""

from __future__ import annotations

import json

import pytest

from fuzz.artifacts import load_or_refuse
from fuzz.sound import REFERENCES, valid_artifacts
from fuzz.targets import TARGETS, check_of, seeds_of
from qwen_schema import ArtifactError, load

KEY = "sk-0123456789abcdefghij"


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_accepts_its_seeds(target: str) -> None:
    check, count = check_of(target), 0
    for count, (name, data) in enumerate(seeds_of(target), start=1):  # noqa: B007
        try:
            check(data)
        except Exception as error:
            raise AssertionError(name) from error
    assert count >= 8


def test_the_valid_artifacts_of_the_seeds_are_accepted() -> None:
    texts = [data.decode() for _, data in valid_artifacts()]
    assert len(texts) == 2 * len(REFERENCES)
    assert all(load_or_refuse(text) is not None for text in texts)


@pytest.mark.parametrize(
    ("target", "data"),
    [
        # python-dotenv counts CR LF twice at the end of an invalid line.
        ("env_python", b"A='x' y\r\nB=1"),
        ("env_python", b"set A='x'\r\n\r\n B=1\r\n"),
        ("env_python", b"\xef\xbb\xbfA B\r\nC=1"),
        # python-dotenv searches for a comment from each blank in a value.
        ("env_time", b"A=x\0 \0y"),
        # The parser of TOML quotes the names of tables.
        ("artifact_text", f"[{KEY}]\n[{KEY}]\n".encode()),
        ("artifact_text", f"[a.{KEY}]\n[a]\n[a.{KEY}]\n".encode()),
        # An integer larger than every floating-point number.
        ("artifact_text", b"[config]\ntimeout = 1" + b"0" * 400),
        ("artifact_text", b'{"config": {"max_retries": 1' + b"0" * 400 + b"}}"),
        ("artifact_values", bytes([221]) + b"0000\\u5111k-\x03"),
    ],
)
def test_an_input_that_fuzzing_found_is_handled(target: str, data: bytes) -> None:
    check_of(target)(data)


@pytest.mark.parametrize("place", ["config", "env_file", "excluded", "format"])
def test_nesting_at_the_limit_of_the_parser_is_refused(place: str) -> None:
    """The limit depends on the caller's stack, so every depth around it is tried."""
    for depth in range(850, 1000):
        with pytest.raises(ArtifactError):
            load(f'{{"format": 1, "{place}": {"[" * depth}{"]" * depth}}}')


def test_a_key_in_a_table_name_is_not_quoted() -> None:
    for text in (f"[{KEY}]\n[{KEY}]\n", json.dumps({KEY: {KEY: 1}})):
        with pytest.raises(ArtifactError) as caught:
            load(text)
        assert KEY not in f"{caught.value} {caught.value!r} {caught.value.hint}"
