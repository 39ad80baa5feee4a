"""The project itself: its documents are up to date, its wheel is complete, and its demonstration runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from packaging.requirements import Requirement

from qwen_cfg.cli.parser import COMMANDS, build_parser
from qwen_cfg.rules import RULES
from qwen_runtime.repl.commands import COMMANDS as CHAT_COMMANDS
from qwen_schema import ExitCode, declared_fields, load
from qwen_schema.codec import dump
from qwen_schema.version import VERSION

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PRODUCT = [p for folder in ("schema", "qwen_cfg", "runtime") for p in (ROOT / folder).rglob("*.py")]

SCHEMAS = sorted(p for folder in ("schema", "qwen_cfg") for p in (ROOT / folder).rglob("*.schema.json"))


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_generated_pages_are_up_to_date():
    checked = run("docs/generate.py", "--check")
    assert (checked.returncode, checked.stdout) == (0, "")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def has_target(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_have_a_target(page: Path):
    links = re.findall(r"\]\(([^):]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not has_target(page, re.sub(r"\s+", "", link))] == []


ROOTS = [ROOT / folder for folder in (".", "qwen_cfg", "schema", "docs", "tests")]
FOLDERS = "|".join(sorted({path.name for root in ROOTS for path in root.glob("[a-z]*/")}))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_of_the_project_that_pages_name_exist(page: Path):
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]*\.\w+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not any((root / name).exists() for root in ROOTS)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_tests_that_a_page_names_exist(page: Path):
    named = re.findall(r"`((?:tests|fuzz)/[^`*]*)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_names_every_command_and_exit_code():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"| `{name}" not in readme] == []
    table = readme[readme.index("| exit code") :]
    assert [code for code in ExitCode if not re.search(rf"\b{int(code)}\b", table)] == []


def man_page() -> str:
    return (ROOT / "docs/man/qwen-cfg.1").read_text(encoding="utf-8").replace("\\-", "-")


def man_section(heading: str) -> str:
    return man_page().partition(f"\n.SH {heading}\n")[2].partition("\n.SH ")[0]


def test_the_man_page_names_every_flag():
    flags = [flag for field in declared_fields().values() for flag in field.flags]
    assert [flag for flag in flags if flag not in man_page()] == []


def test_the_man_page_has_the_usual_sections_in_their_order():
    headings = re.findall(r"^\.SH (.+)$", man_page(), re.MULTILINE)
    assert headings[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"]
    assert headings[-5:] == ["COMMANDS IN A CONVERSATION", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"]
    assert man_page().count("exit codes") == 0


def test_the_man_page_names_every_exit_code_variable_and_command_of_a_conversation():
    sections = {
        heading: man_section(heading) for heading in ("EXIT STATUS", "ENVIRONMENT", "COMMANDS IN A CONVERSATION")
    }
    variables = [variable.name for field in declared_fields().values() for variable in field.variables]
    assert re.findall(r"\.TP\n\\fB(\d+)\\fR\n\S", sections["EXIT STATUS"]) == [str(int(code)) for code in ExitCode]
    assert [name for name in variables if rf"\fB{name}\fR" not in sections["ENVIRONMENT"]] == []
    assert re.findall(r"\\fB/(\w+)\\fR", sections["COMMANDS IN A CONVERSATION"]) == list(CHAT_COMMANDS)


def test_every_module_begins_with_a_docstring():
    silent = [str(p) for p in PRODUCT if not re.match(r'r?"""\S.*[.:?]["\n]', p.read_text(encoding="utf-8"))]
    assert silent == []


def test_rule_codes_are_unique_and_in_order():
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


def test_the_version_is_the_version_of_the_distribution():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert declared == VERSION
    assert run("-m", "qwen_cfg", "--version").stdout == f"qwen-cfg {declared}\n"


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda p: p.name)
def test_schemas_are_valid(schema: Path):
    Draft202012Validator.check_schema(json.loads(schema.read_text(encoding="utf-8")))


def test_every_field_has_a_flag_on_every_command_that_resolves():
    parser = build_parser()
    for command in ("resolve", "check", "run"):
        chosen = next(a for a in parser._actions if a.dest == "command").choices[command]
        options = {option for action in chosen._actions for option in action.option_strings}
        assert {flag for field in declared_fields().values() for flag in field.flags} <= options


def test_the_artifact_page_shows_an_artifact(tmp_path: Path):
    """The example on the page is shortened; its keys are those of a real artifact."""
    page = (ROOT / "docs/artifact.md").read_text(encoding="utf-8")
    block = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    shown = tomllib.loads(block)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-0123456789abcdef\nDEBUG=1\nOPENAI_MODEL=m\n", encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-m", "qwen_cfg", "resolve"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    real = tomllib.loads(process)
    assert dump(load(process)) == process
    assert shown.keys() == real.keys()
    assert shown["config"].keys() <= real["config"].keys()
    assert shown["provenance"]["model"].keys() == real["provenance"]["model"].keys()


def test_the_wheel_has_the_three_packages_with_their_data(tmp_path: Path):
    built = run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    wanted = {
        "qwen_schema/fields.schema.json",
        "qwen_schema/resolved.schema.json",
        "qwen_schema/profiles.toml",
        "qwen_schema/providers.toml",
        "qwen_schema/tables/validators.py",
        "qwen_schema/py.typed",
        "qwen_cfg/explanation/explain.schema.json",
        "qwen_cfg/explanation/check.schema.json",
        "qwen_cfg/explanation/diff.schema.json",
        "qwen_cfg/explanation/why-not.schema.json",
        "qwen_cfg/explanation/verify.schema.json",
        "qwen_cfg/explanation/error.schema.json",
        "qwen_cfg/rules/pages.toml",
        "qwen_cfg/py.typed",
        "qwen_cfg/cli/main.py",
        "qwen_runtime/py.typed",
    }
    assert wanted <= set(names)
    assert any(name.endswith("share/man/man1/qwen-cfg.1") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/", "generate/")) for name in names)


def test_the_readme_shows_the_output_of_the_demonstration():
    """The screen in the README equals the real one, line by line."""
    lines = run("-m", "qwen_cfg.demo").stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if "resolve --explain" in line)
    end = next(n for n, line in enumerate(lines) if "-o qwen.toml" in line)
    screen = "\n".join(f"    {line}".rstrip() for line in lines[start + 1 : end])
    assert "~/.qwen/settings.json:4" in screen
    assert screen.strip("\n") in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_demonstration_explains_compiles_checks_and_chats():
    shown = run("-m", "qwen_cfg.demo")
    assert shown.returncode == 0, shown.stderr
    assert "> found   ../.env" in shown.stdout
    assert "> read    user       ~/.qwen/settings.json" in shown.stdout
    assert "up to date" in shown.stdout
    # The key of the project and the model of the flag arrive, as explained.
    assert shown.stdout.endswith("The key sk-d…0app (44 characters) reached me, for gpt-4o-mini.\n")


def test_each_dependency_has_a_lowest_version():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    lowest = run("tests/support/lowest_versions.py").stdout.split()
    assert [Requirement(line).name for line in lowest] == [Requirement(line).name for line in dependencies]
    for line, allowed in zip(lowest, dependencies, strict=True):
        (pin,) = Requirement(line).specifier
        assert pin.version in Requirement(allowed).specifier
