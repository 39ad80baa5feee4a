"""Each part of a compilation is computed once: calls are counted while commands run in a real project."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from qwen_cfg.application.compilation import Compilation
from qwen_cfg.application.request import Request
from qwen_cfg.cli.arguments import this_process
from qwen_cfg.cli.main import main
from qwen_cfg.core.resolution import resolve_world
from qwen_cfg.reading.world import read_world
from qwen_schema import declared_profiles
from qwen_schema.envfile.dotenv_npm import parts_of
from qwen_schema.envfile.dotenv_python import read_assignments_python

from .process import KEY, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

PROFILES = [f"resolve {name}" for name in declared_profiles()]
_git: list[str] | None = None


def _note_git(event: str, args: tuple[Any, ...]) -> None:
    if _git is not None and event == "subprocess.Popen":
        words = [str(word) for word in args[1]]
        if Path(words[0]).name == "git":
            _git.append(f"git {next(word for word in words if word in ('ls-files', 'check-ignore'))} {words[-1]}")


# An audit hook stays for the life of the process.
sys.addaudithook(_note_git)


@pytest.fixture
def project(here: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A project with a tracked env file that has endpoint and key, in a home with another env file."""
    here.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL=http://models.example/v1\nOPENAI_MODEL=m\n")
    here.write(".qwen/.env", "OPENAI_MODEL=homes\n")
    subprocess.run(["git", "init", "-q", here.cwd], check=True)
    subprocess.run(["git", "add", "-f", ".env"], cwd=here.cwd, check=True)
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield here


def count_calls(run: Callable[[], object]) -> Counter[str]:
    """Return the number of reads, resolutions, parses and git calls, each by name."""
    global _git  # noqa: PLW0603 - the hook has no other way
    counts: Counter[str] = Counter()
    names = {
        read_world.__code__: lambda _: "read",
        resolve_world.__code__: lambda frame: f"resolve {frame.f_locals['profile'].name}",
        parts_of.__code__: lambda frame: f"dotenv {frame.f_locals['text'][:20]}",
        read_assignments_python.__code__: lambda frame: f"python {frame.f_locals['text'][:20]}",
    }

    def note(frame: FrameType, event: str, _: object) -> None:
        name = names.get(frame.f_code)
        if event == "call" and name is not None:
            counts[name(frame)] += 1

    _git = []
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
        counts.update(_git)
        _git = None
    return counts


def resolutions(counts: Counter[str]) -> list[str]:
    return sorted(name for name in counts.elements() if name.startswith("resolve "))


def test_no_read_resolution_parse_or_git_call_is_repeated(project: Desk) -> None:
    main(["resolve", "-o", "a.toml"])
    shown = {
        ("resolve",): PROFILES[:1],
        ("resolve", "--explain"): PROFILES,
        ("resolve", "--explain", "--format", "json"): PROFILES,
        ("resolve", "--compare-profiles"): PROFILES,
        ("check", "a.toml"): PROFILES[:1],
        ("check", "a.toml", "--select", "all"): PROFILES,
        ("run", "-p", "ping"): PROFILES[:1],
        ("doctor",): PROFILES[:1],
        ("terms",): PROFILES[:1],
        ("trust",): PROFILES[:1],
    }
    for words, profiles in shown.items():
        counts = count_calls(lambda words=words: main(list(words)))  # type: ignore[misc]
        assert resolutions(counts) == sorted(profiles), words
        assert set(counts.values()) == {1}, words
        assert any(name.startswith("dotenv ") for name in counts), words
        assert any(name.startswith("git ") for name in counts) == (words != ("terms",))


def test_a_missing_key_causes_no_second_resolution(project: Desk) -> None:
    main(["resolve", "-o", "a.toml"])
    project.write("work/app/.env", "OPENAI_BASE_URL=http://models.example/v1\nOPENAI_MODEL=m\n")
    counts = count_calls(lambda: main(["check", "a.toml"]))
    assert resolutions(counts) == PROFILES[:1]


def test_a_part_is_computed_on_demand_and_cached(project: Desk) -> None:
    compilation = Compilation(Request(this_process()), "survey")
    assert count_calls(compilation.request.as_words) == Counter()
    assert resolutions(count_calls(lambda: compilation.resolution)) == PROFILES[:1]
    assert resolutions(count_calls(lambda: (compilation.diagnostics, compilation.other_profiles))) == PROFILES[1:]
    parts = ("world", "resolution", "other_profiles", "diagnostics", "warnings", "concern", "artifact")
    assert count_calls(lambda: [getattr(compilation, part) for part in parts]) == Counter()
    assert all(getattr(compilation, part) is getattr(compilation, part) for part in parts)
