"""The public names of the packages: loaded on first use, and always the same objects."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.public_interface import public_interface

import qwen_cfg
import qwen_cfg.trust
import qwen_schema


def in_new_process(code: str) -> str:
    process = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return process.stdout


@pytest.mark.parametrize("package", [qwen_schema, qwen_cfg, qwen_cfg.trust])
def test_every_public_name_exists(package: object):
    assert [name for name in package.__all__ if not hasattr(package, name)] == []


@pytest.mark.parametrize("package", ["qwen_schema", "qwen_cfg", "qwen_cfg.trust"])
def test_a_name_stays_the_same_when_all_modules_are_loaded(package: str):
    """A loaded module becomes an attribute of its package, and could replace a public name."""
    listed = in_new_process(
        f"import importlib, pkgutil, {package} as package\n"
        "names = [n for n in package.__all__ if not isinstance(getattr(package, n), type(package))]\n"
        "for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name)\n"
        "print([n for n in names if isinstance(getattr(package, n), type(package))], set(package.__all__) - set(names))"
    )
    assert listed.split() == ["[]", "set()"]


def test_a_module_with_the_name_of_a_public_name_is_loaded_with_the_package():
    modules = {module.name for module in pkgutil.iter_modules(qwen_schema.__path__)}
    first = in_new_process(
        f"import qwen_schema.printable, qwen_schema; print(*({sorted(modules & set(qwen_schema.__all__))}))\n"
        "print(callable(qwen_schema.printable))"
    )
    assert first.split() == ["printable", "True"]


def test_a_package_loads_only_what_is_used():
    loaded = "print(*sorted(name for name in sys.modules if name.startswith('qwen_schema.')))"
    assert in_new_process(f"import sys\nfrom qwen_schema import QwenCfgError\n{loaded}").split() == [
        "qwen_schema.errors",
        "qwen_schema.log_commands",
        "qwen_schema.patterns",
        "qwen_schema.printable",
    ]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = qwen_schema.nonsense


def test_the_page_lists_the_public_interface():
    """The page lists names, signatures and members; `tests/support/public_interface.py` prints them."""
    page = (Path(__file__).parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
    listed = re.findall(r"^    .*", page.partition("\n## What is public\n")[2], re.MULTILINE)
    assert " ".join(" ".join(listed).split()) == " ".join(" ".join(public_interface()).split())


def test_the_example_of_the_page_runs(tmp_path: Path):
    page = (Path(__file__).parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
    example = re.findall(
        r"^    .*|^$", page.partition("\n## Step by step\n")[2].partition("\nWithout")[0], re.MULTILINE
    )
    program = textwrap.dedent("\n".join(example))
    for shown, used in (("sk-…", "sk-0123456789abcdefghij"), ("/work/app", str(tmp_path)), ("/home/me", str(tmp_path))):
        assert shown in program
        program = program.replace(shown, used)
    assert 'model = "gpt-4o-mini"\n' in in_new_process(program)


def test_each_name_is_listed_once():
    assert sorted(qwen_cfg.__all__) == sorted(qwen_cfg._HOMES)
    assert len(set(qwen_cfg.__all__)) == len(qwen_cfg.__all__)


def test_the_package_shows_its_names_and_its_version():
    shown = in_new_process("import qwen_cfg; print(*dir(qwen_cfg)); print(qwen_cfg.__version__)").splitlines()
    assert set(qwen_cfg.__all__) | {"__version__", "__all__", "__doc__"} <= set(shown[0].split())
    assert not {"annotations", "TYPE_CHECKING"} & set(shown[0].split())
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", shown[1])
