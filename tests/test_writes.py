"""Modules that write to the disk: `docs/security.md` lists each of them, and a scan of the source finds no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = [p for folder in ("schema", "qwen_cfg", "runtime") for p in sorted((ROOT / folder).rglob("*.py"))]

# Functions that change the disk, on any object: of `os`, `pathlib`, `shutil`, `tempfile`, `folders`.
CHANGES = {
    *("write_text", "write_bytes", "touch", "rename", "renames", "link", "symlink", "symlink_to", "hardlink_to"),
    *("unlink", "rmdir", "removedirs", "mkdir", "makedirs", "mkfifo", "mknod", "truncate", "ftruncate", "rmtree"),
    *("chmod", "fchmod", "lchmod", "chown", "fchown", "lchown", "utime", "setxattr", "sendfile", "copy_file_range"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory", "SpooledTemporaryFile"),
    *("copy2", "copyfile", "copytree", "copyfileobj", "make_archive", "unpack_archive", "extractall", "urlretrieve"),
    *("FileHistory", "FileHandler", "RotatingFileHandler", "save", "open_lock", "reached"),
}
# Functions of these modules only; other objects have methods with the same names.
OF_MODULES = {("os", "replace"), ("os", "remove"), ("shutil", "copy"), ("shutil", "move"), ("sqlite3", "connect")}
MODULES = {"os", "shutil", "tempfile"}
FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC", "O_TMPFILE"}


def writes(source: str) -> list[int]:
    """Return the lines of a source that may change the disk."""
    return sorted({node.lineno for node in ast.walk(ast.parse(source)) if _changes(node)})


def _changes(node: ast.AST) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(_name(base) in CHANGES for base in node.bases)
    if isinstance(node, ast.Attribute) and node.attr in FLAGS:
        return True
    if isinstance(node, ast.ImportFrom):
        names = {(node.module or "", alias.name) for alias in node.names}
        return bool(names & OF_MODULES) or (node.module in MODULES and not CHANGES.isdisjoint(n for _, n in names))
    if not isinstance(node, ast.Call):
        return False
    name, owner = _name(node.func), _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if name in CHANGES or (owner, name) in OF_MODULES:
        return True
    # Path.replace has one argument, str.replace has two.
    if name == "replace" and isinstance(node.func, ast.Attribute):
        return len(node.args) == 1 and not node.keywords
    return name in ("open", "fdopen") and any(_is_writing_mode(word) for word in _words(node))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _words(call: ast.Call) -> list[object]:
    parts = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return [part.value for part in parts if isinstance(part, ast.Constant)]


def _is_writing_mode(word: object) -> bool:
    return isinstance(word, str) and re.fullmatch(r"[rwxabt+]{1,4}", word) is not None and bool(set(word) & set("wxa+"))


def listed_modules() -> set[str]:
    """Return the modules that the page lists."""
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    section = document.partition("\n## What is written\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`((?:schema|qwen_cfg|runtime)/[\w/]+\.py)`", section))


def test_the_page_lists_each_module_that_writes():
    found = {str(path.relative_to(ROOT)): writes(path.read_text(encoding="utf-8")) for path in PRODUCT}
    assert {name: lines for name, lines in found.items() if lines and name not in listed_modules()} == {}
    assert {name for name in listed_modules() if not found.get(name)} == set()


@pytest.mark.parametrize(
    "line",
    [
        "Path(x).write_text(y)",
        "open(x, 'w')",
        "open(x, mode='ab')",
        "x.open('r+')",
        "os.fdopen(d, 'wb')",
        "os.open(x, os.O_RDWR)",
        "flags = os.O_CREAT",
        "os.replace(x, y)",
        "Path(x).replace(y)",
        "x.unlink()",
        "os.chmod(x, 0o600)",
        "tempfile.mkstemp()",
        "with reached(x, nowhere): pass",
        "from os import replace as put",
        "from tempfile import mkstemp as make",
        "class History(FileHistory): pass",
        "shutil.move(x, y)",
    ],
)
def test_the_scan_finds_each_way_to_write(line: str):
    assert writes(f"import os\n{line}\n")


@pytest.mark.parametrize(
    "line", ["x.replace('a', 'b')", "replace(x, a=1)", "x.open('question', 'yes')", "open(x, 'rb')"]
)
def test_the_scan_ignores_reads(line: str):
    assert writes(line) == []
