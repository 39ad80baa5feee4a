"""The types of `qwen_cfg` in a program that is checked with `mypy --strict`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = """
from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

import qwen_cfg
from qwen_cfg import CheckResult, Config, Difference, NotTrustedError, Secret, Trust, check, load
from qwen_schema import Provenance


def config_of(path: Path, trust: Trust) -> Config | None:
    try:
        return load(path, trust=trust, cwd=".", environ=os.environ, values={"timeout": 1.5, "no_proxy": ["a"]})
    except NotTrustedError as error:
        print(error.what, error.hint)
        return None


config = load(trust="known")
assert_type(config, Config)
assert_type(config.api_key, Secret | None)
assert_type(config.no_proxy, tuple[str, ...])
assert_type(config.ca_bundle, Path | None)
assert_type(config.timeout, float)
assert_type(config.debug, bool)
assert_type(config.origins, Mapping[str, Provenance])
assert_type(config.client_kwargs(is_async=True), dict[str, Any])
assert_type(config.explain(everything=True), str)
assert_type(config.explain_data(), dict[str, Any])
assert_type(qwen_cfg.__version__, str)
result = check("qwen.toml", strict=True)
assert_type(result, CheckResult)
assert_type(result.is_up_to_date, bool)
assert_type(result.differences, tuple[Difference, ...])
"""
WRONG = {
    'load(trust="ask")': "arg-type",
    "load(cwd=3)": "arg-type",
    'load().model = "another"': "misc",
    "load().no_such_field": "attr-defined",
    "load().api_key.reveal()": "union-attr",
    "check()": "call-arg",
}


def mypy(path: Path) -> subprocess.CompletedProcess[str]:
    places = os.pathsep.join(str(ROOT / name) for name in ("schema", ".", "runtime"))
    words = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    # Next to the other caches, which git ignores.
    words += [f"--cache-dir={ROOT / '.mypy_cache' / 'consumer'}", "--follow-imports=silent", path.name]
    env = {"PATH": os.environ["PATH"], "MYPYPATH": places}
    return subprocess.run(words, cwd=path.parent, env=env, capture_output=True, text=True, check=False, timeout=300)


def test_a_program_passes_and_wrong_uses_fail(tmp_path: Path):
    pytest.importorskip("mypy")
    wrong = "".join(f"{line}\n" for line in WRONG)
    (tmp_path / "consumer.py").write_text(SAMPLE + wrong, encoding="utf-8")
    process = mypy(tmp_path / "consumer.py")
    first = len(SAMPLE.splitlines()) + 1
    expected = [f"consumer.py:{first + n}: error: [{code}]" for n, code in enumerate(WRONG.values())]
    found = [line for line in process.stdout.splitlines() if ": error: " in line]
    assert [f"{line.partition(' ')[0]} error: [{line.rpartition('[')[2]}" for line in found] == expected, process.stdout
    assert process.stderr == ""
