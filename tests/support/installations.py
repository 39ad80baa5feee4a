"""Writes installations of Qwen Code as package managers do: real files and links, with a program that only exits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKAGE = "@qwen-code/qwen-code"
VERSION = "0.24.4"
JAVASCRIPT = "#!/usr/bin/env node\nprocess.exit(1);\n"


def write_program(path: Path, text: str = JAVASCRIPT) -> Path:
    """Write an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def write_package(directory: Path, version: str = VERSION, name: str = PACKAGE) -> Path:
    """Write a package, and return its program."""
    program = write_program(directory / "cli-entry.js")
    manifest = {"name": name, "version": version, "type": "module", "bin": {"qwen": "cli-entry.js"}}
    (directory / "package.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    return program


def link(path: Path, target: str | Path) -> Path:
    """Make a link, and its directory if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def _modules(prefix: Path, version: str) -> None:
    write_package(prefix / "node_modules" / PACKAGE, version)


def npm_global(prefix: Path, version: str = VERSION) -> Path:
    """`npm install -g`: the same below nvm, fnm, n, Homebrew's node and the system's."""
    _modules(prefix / "lib", version)
    link(prefix / "bin/qwen", f"../lib/node_modules/{PACKAGE}/cli-entry.js")
    return prefix / "bin"


def npm_local(root: Path, version: str = VERSION) -> Path:
    """`npm install` in a directory that is no project, as npx does it (`~/.npm/_npx/HASH`)."""
    _modules(root, version)
    (root / "package.json").write_text('{"name": "another", "version": "1.0.0"}', encoding="utf-8")
    link(root / "node_modules/.bin/qwen", f"../{PACKAGE}/cli-entry.js")
    return root / "node_modules/.bin"


def nvm(root: Path, version: str = VERSION) -> Path:
    return npm_global(root / ".nvm/versions/node/v22.12.0", version)


def homebrew(root: Path, version: str = VERSION) -> Path:
    cellar = root / "homebrew/Cellar/qwen-code" / version
    npm_global(cellar / "libexec", version)
    link(cellar / "bin/qwen", "../libexec/bin/qwen")
    link(root / "homebrew/bin/qwen", f"../Cellar/qwen-code/{version}/bin/qwen")
    return root / "homebrew/bin"


def homebrew_with_environment(root: Path, version: str = VERSION) -> Path:
    """Homebrew: a formula that sets variables has a script instead of the link."""
    cellar = root / "homebrew/Cellar/qwen-code" / version
    npm_global(cellar / "libexec", version)
    write_program(cellar / "bin/qwen", f'#!/bin/bash\nA="b" exec "{cellar}/libexec/bin/qwen" "$@"\n')
    link(root / "homebrew/bin/qwen", f"../Cellar/qwen-code/{version}/bin/qwen")
    return root / "homebrew/bin"


def yarn_global(root: Path, version: str = VERSION) -> Path:
    local = npm_local(root / ".config/yarn/global", version)
    link(root / ".yarn/bin/qwen", local / "qwen")
    return root / ".yarn/bin"


def bun_global(root: Path, version: str = VERSION) -> Path:
    _modules(root / ".bun/install/global", version)
    link(root / ".bun/bin/qwen", f"../install/global/node_modules/{PACKAGE}/cli-entry.js")
    return root / ".bun/bin"


# As npm's cmd-shim writes it, on Windows for Git Bash and WSL.
SH_OF_NPM = """#!/bin/sh
basedir=$(dirname "$(echo "$0" | sed -e 's,\\\\,/,g')")
basedir_win="$basedir"

case `uname -a` in
  *CYGWIN*|*MINGW*|*MSYS*)
    if command -v cygpath > /dev/null 2>&1; then
      basedir_win=`cygpath -w "$basedir"`
    fi
  ;;
esac

PROG_EXE="$basedir/node.exe"
if ! [ -x "$PROG_EXE" ]; then
  PROG_EXE=node
fi

exec "$PROG_EXE"  "$basedir_win/node_modules/@qwen-code/qwen-code/cli-entry.js" "$@"
"""
CMD_OF_NPM = """@ECHO off\r
GOTO start\r
:find_dp0\r
SET dp0=%~dp0\r
EXIT /b\r
:start\r
SETLOCAL\r
CALL :find_dp0\r
\r
IF EXIST "%dp0%\\node.exe" (\r
  SET "_prog=%dp0%\\node.exe"\r
) ELSE (\r
  SET "_prog=node"\r
  SET PATHEXT=%PATHEXT:;.JS;=;%\r
)\r
\r
title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\@qwen-code\\qwen-code\\cli-entry.js" %*\r
"""
PS1_OF_NPM = """#!/usr/bin/env pwsh
$basedir=Split-Path $MyInvocation.MyCommand.Definition -Parent

$exe=""
if (Test-Path "$basedir/node$exe") {
  & "$basedir/node$exe"  "$basedir/node_modules/@qwen-code/qwen-code/cli-entry.js" $args
  $ret=$LASTEXITCODE
}
exit $ret
"""
# As pnpm's cmd-shim writes it.
SH_OF_PNPM = """#!/bin/sh
basedir=$(dirname "$(echo "$0" | sed -e 's,\\\\,/,g')")

if [ -z "$NODE_PATH" ]; then
  export NODE_PATH="{0}/.pnpm/@qwen-code+qwen-code@{1}/node_modules:{0}/.pnpm/node_modules"
fi
if [ -x "$basedir/node" ]; then
  exec "$basedir/node"  "$basedir/global/5/node_modules/@qwen-code/qwen-code/cli-entry.js" "$@"
else
  exec node  "$basedir/global/5/node_modules/@qwen-code/qwen-code/cli-entry.js" "$@"
fi
"""
CMD_OF_PNPM = """@SETLOCAL\r
@IF EXIST "%~dp0\\node.exe" (\r
  "%~dp0\\node.exe"  "%~dp0\\global\\5\\node_modules\\@qwen-code\\qwen-code\\cli-entry.js" %*\r
) ELSE (\r
  @SET PATHEXT=%PATHEXT:;.JS;=;%\r
  node  "%~dp0\\global\\5\\node_modules\\@qwen-code\\qwen-code\\cli-entry.js" %*\r
)\r
"""


def npm_on_windows(name: str, text: str) -> Callable[[Path], Path]:
    def install(root: Path, version: str = VERSION) -> Path:
        _modules(root / "npm", version)
        return write_program(root / "npm" / name, text).parent

    return install


def pnpm_global(root: Path, version: str = VERSION) -> Path:
    home = root / ".local/share/pnpm"
    modules = home / "global/5/node_modules"
    _modules(home / f"global/5/.pnpm/@qwen-code+qwen-code@{version}", version)
    link(modules / PACKAGE, f"../../.pnpm/@qwen-code+qwen-code@{version}/node_modules/{PACKAGE}")
    text = SH_OF_PNPM.replace("{0}", str(home / "global/5")).replace("{1}", version)
    return write_program(home / "qwen", text).parent


def pnpm_on_windows(root: Path, version: str = VERSION) -> Path:
    _modules(root / "pnpm/global/5", version)
    return write_program(root / "pnpm/qwen.cmd", CMD_OF_PNPM).parent


def own_installer(root: Path, version: str = VERSION) -> Path:
    """Qwen Code's own installer: an archive with Node.js, and a script that starts the archive's script."""
    archive = root / ".local/lib/qwen-code"
    write_package(archive / "lib", version)
    write_package(archive, version)
    write_program(
        archive / "bin/qwen",
        '#!/usr/bin/env sh\nset -e\nROOT="$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)"\n'
        'QWEN_CODE_LAUNCHER_PATH="$ROOT/bin/qwen" exec "$ROOT/node/bin/node" "$ROOT/lib/cli-entry.js" "$@"\n',
    )
    write_program(root / ".local/bin/qwen", f"#!/usr/bin/env sh\nexec '{archive}/bin/qwen' \"$@\"\n")
    return root / ".local/bin"


def own_archive_on_windows(root: Path, version: str = VERSION) -> Path:
    write_package(root / "qwen-code/lib", version)
    text = '@echo off\r\nsetlocal\r\nset "ROOT=%~dp0.."\r\n"%ROOT%\\node\\node.exe" "%ROOT%\\lib\\cli-entry.js" %*\r\n'
    return write_program(root / "qwen-code/bin/qwen.cmd", text).parent


def volta(root: Path, version: str = VERSION) -> Path:
    home = root / ".volta"
    npm_global(home / "tools/image/packages" / PACKAGE, version)
    write_program(root / "opt/volta/volta-shim", "\0ELF")
    link(home / "bin/volta-shim", root / "opt/volta/volta-shim")
    link(home / "bin/qwen", "volta-shim")
    return home / "bin"


def volta_on_windows(root: Path, version: str = VERSION) -> Path:
    _modules(root / "Volta/tools/image/packages" / PACKAGE, version)
    return write_program(root / "Volta/bin/qwen.cmd", "@echo off\r\nvolta run %~n0 %*\r\n").parent


def mise(root: Path, *versions: str) -> Path:
    """mise with its npm backend; `latest` is a link to one of the versions."""
    home = root / ".local/share/mise"
    for version in versions or (VERSION,):
        npm_global(home / "installs/npm-qwen-code-qwen-code" / version, version)
    link(home / "installs/npm-qwen-code-qwen-code/latest", f"./{(versions or (VERSION,))[-1]}")
    npm_global(home / "installs/node/22.12.0/other", "9.9.9")
    link(home / "shims/qwen", write_program(root / ".local/bin/mise", "\0ELF"))
    return home / "shims"


def asdf(root: Path, *versions: str) -> Path:
    home = root / ".asdf"
    for number, version in enumerate(versions or (VERSION,)):
        npm_global(home / f"installs/nodejs/2{number}.1.0", version)
    text = '#!/usr/bin/env bash\n# asdf-plugin: nodejs 20.1.0\nexec /opt/asdf/bin/asdf exec "qwen" "$@"\n'
    return write_program(home / "shims/qwen", text).parent


def old_asdf(root: Path, version: str = VERSION) -> Path:
    """asdf with an older Node.js plugin, which had its own prefix for global packages."""
    npm_global(root / ".asdf/installs/nodejs/12.0.0/.npm", version)
    return write_program(root / ".asdf/shims/qwen", '#!/usr/bin/env bash\nexec asdf exec "qwen" "$@"\n').parent


def nodenv(root: Path, version: str = VERSION) -> Path:
    npm_global(root / ".nodenv/versions/22.12.0", version)
    text = '#!/usr/bin/env bash\nset -e\nprogram="${0##*/}"\nexec "/usr/lib/nodenv/nodenv" exec "$program" "$@"\n'
    return write_program(root / ".nodenv/shims/qwen", text).parent


# Each makes an install below a directory, and returns what is to stand on the PATH.
LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "npm global": npm_global,
    "npm local": npm_local,
    "npx": lambda root: npm_local(root / ".npm/_npx/0123abcd"),
    "nvm": nvm,
    "Homebrew": homebrew,
    "Homebrew, with variables": homebrew_with_environment,
    "Yarn": yarn_global,
    "Bun": bun_global,
    "pnpm": pnpm_global,
    "npm's sh on Windows": npm_on_windows("qwen", SH_OF_NPM),
    "Qwen Code's installer": own_installer,
    "Volta": volta,
    "mise": mise,
    "asdf": asdf,
    "old asdf": old_asdf,
    "nodenv": nodenv,
}
# Installations whose launcher only Windows can start.
ON_WINDOWS: dict[str, Callable[[Path], Path]] = {
    "npm's cmd": npm_on_windows("qwen.cmd", CMD_OF_NPM),
    "npm's ps1": npm_on_windows("qwen.ps1", PS1_OF_NPM),
    "pnpm's cmd": pnpm_on_windows,
    "Volta's cmd": volta_on_windows,
    "Qwen Code's archive": own_archive_on_windows,
}
