"""Lazily compiled regular expressions: every one compiles, and behaves like one of `re`."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

import pytest

import qwen_cfg
import qwen_runtime
import qwen_schema
from qwen_schema import patterns

MODULES = [
    module.name
    for package in (qwen_schema, qwen_cfg, qwen_runtime)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]


def patterns_in(value: Any) -> list[Any]:
    """Return the patterns in a value of a module."""
    if isinstance(value, dict):
        return [found for pair in value.items() for each in pair for found in patterns_in(each)]
    if isinstance(value, list | tuple | set | frozenset):
        return [found for each in value for found in patterns_in(each)]
    return [value] if type(value) is type(patterns.compile("")) else []


def test_every_pattern_of_the_project_compiles():
    found = [
        p for name in MODULES for value in vars(importlib.import_module(name)).values() for p in patterns_in(value)
    ]
    assert len(found) > 80
    assert all(isinstance(p.pattern, str | bytes) and p.groups >= 0 for p in found)


def test_a_pattern_behaves_like_one_of_re():
    ours, theirs = (
        compile_pattern(r"(?P<a>x+)(y)?", re.IGNORECASE) for compile_pattern in (patterns.compile, re.compile)
    )
    for text in ("", "xX", "axxyb", "y"):
        assert [m.span() for m in ours.finditer(text)] == [m.span() for m in theirs.finditer(text)]
        assert ours.sub("-", text) == theirs.sub("-", text)
        assert (ours.search(text) is None) == (theirs.search(text) is None)
    assert (ours.pattern, ours.flags, ours.groupindex) == (theirs.pattern, theirs.flags, theirs.groupindex)
    assert ours.search == ours.search


def test_an_invalid_pattern_is_an_error_when_it_is_used():
    wrong = patterns.compile("(")
    with pytest.raises(re.error):
        wrong.search("x")
    with pytest.raises(AttributeError):
        _ = patterns.compile("x").nonsense
