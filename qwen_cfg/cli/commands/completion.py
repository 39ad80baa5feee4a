"""The command `completion`: prints a script that completes commands, options, values and file names in a shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qwen_cfg.cli.help import examples
from qwen_cfg.cli.parser import build_parser
from qwen_schema import ExitCode, declared_fields

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output

# Where the script of each shell goes.
PLACES = {
    "bash": "~/.local/share/bash-completion/completions/qwen-cfg",
    "zsh": "_qwen-cfg in a directory of $fpath",
    "fish": "~/.config/fish/completions/qwen-cfg.fish",
    "tcsh": "any file; ~/.tcshrc reads it with: source FILE",
}

# readline completes file names itself, with quotes, blanks and ~. It reads `--option=value` as three words.
_BASH = """
_qwen_cfg_reference() {
  case $1 in
    environment) COMPREPLY=($(compgen -e -- "$2")) ;;
    env-file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
  esac
  (( ${#COMPREPLY[@]} )) || compopt +o default +o bashdefault
}

_qwen_cfg() {
  local line=${COMP_LINE:0:COMP_POINT}
  if [[ $line =~ [[:space:]]--secret-from[=[:space:]]+([a-z-]+):[^[:space:]]*$ ]]; then
    COMPREPLY=()
    _qwen_cfg_reference "${BASH_REMATCH[1]}" "$2"
    return
  fi
  local -a words=()
  local index at=0
  for index in "${!COMP_WORDS[@]}"; do
    if [[ ${COMP_WORDS[index]} == = && ${words[${#words[@]}-1]-} == --* ]]; then
      (( index == COMP_CWORD )) && words+=("")
    else
      words+=("${COMP_WORDS[index]}")
    fi
    (( index == COMP_CWORD )) && at=$(( ${#words[@]} - 1 ))
  done
  local -a COMP_WORDS=("${words[@]}")
  local COMP_CWORD=$at
  _shtab_qwen_cfg
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace
  # Where a directory is expected, no other file is offered.
  if [[ ${#COMPREPLY[@]} == 0 && ${COMP_WORDS[COMP_CWORD-1]} == -C ]]; then compopt +o default +o bashdefault; fi
  return 0
}

complete -o bashdefault -o default -F _qwen_cfg qwen-cfg
"""


_ZSH = """
_qwen_cfg_reference() {
  if compset -P environment:; then
    _parameters -g '*export*'
  elif compset -P env-file:; then
    _files
  elif ! compset -P '*:'; then
    compadd -S '' -- KINDS
    compadd -- WORDS
  fi
}

_qwen_cfg_goal() {
  compadd -S '' -- GOALS
}
"""

_FISH = """
function __qwen_cfg_reference
  set -l word (string replace -r -- '^--secret-from=' '' (commandline -ct))
  if string match -q -- 'environment:*' $word
    string replace -r -- '^' environment: (set -xn)
  else if string match -q -- 'env-file:*' $word
    string replace -r -- '^' env-file: (__fish_complete_path (string replace -- env-file: '' $word))
  else if not string match -q -- '*:*' $word
    printf '%s\\n' KINDS WORDS
  end
end
"""

# The beginnings of secret references, and the references that are a single word.
_KINDS, _WORDS = ("environment:", "env-file:", "keyring:", "command:"), ("flag", "oauth-cache")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("shell", choices=list(PLACES), help="the shell that runs the script")
    places = "".join(f"  {shell:<6}{place}\n" for shell, place in PLACES.items())
    parser.epilog = f"{examples('completion bash', 'completion zsh')}\nwhere to put it:\n{places}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415

    parser = build_parser()
    for each in (parser, *parser.commands.values()):
        for action in each.actions:
            _set_values(action, {**shtab.FILE, "bash": "", "fish": "FILES"})
    output.text(_improve(shtab.complete(parser, args.shell), args.shell) + "\n", verbatim=True)
    return ExitCode.OK


def _improve(script: str, shell: str) -> str:
    """Return a script of shtab that also completes `--option=value`, and completes file names as the shell does."""
    if shell == "bash":
        return script + _BASH
    if shell == "fish":
        script = re.sub(
            r"(-l secret-from) -x\S*(?: '[^']*'| \"[^\"]*\")? -d", r'\1 -xka "(__qwen_cfg_reference)" -d', script
        )
        return script.replace('-xka "FILES"', "-rF").replace('-ka "FILES"', "-F") + _with_kinds(_FISH)
    if shell == "zsh":
        script = re.sub(
            r'(--secret-from.*\]):KIND:WHERE:.*"$', r'\1:reference:_qwen_cfg_reference"', script, flags=re.M
        )
        # No blank goes between the name of a field and its value.
        script = re.sub(r':\(auth_method= [^)]*\)"$', r':_qwen_cfg_goal"', script, flags=re.M)
        head, _, rest = script.partition("\n")
        script = f"{head}\n{_with_kinds(_ZSH)}\n{rest}"
        # Register the function, and do not call it, if the script is sourced.
        script = script.replace("[[ $zsh_eval_context[-1] == eval ]]", "[[ $zsh_eval_context[-1] == (eval|file) ]]")
        # Accept one argument or more.
        script = re.sub(r'^  "\(\*\)::?', '  "*:', script, flags=re.MULTILINE)
        script = re.sub(r'^(  "\*?--[a-z-]+)(\[.*\]:)', r"\1=\2", script, flags=re.MULTILINE)
        return re.sub(r'^(  \{.*?--[a-z-]+)(.*\}"\[.*\]:)', r"\1=\2", script, flags=re.MULTILINE)
    return script


def _with_kinds(function: str) -> str:
    function = function.replace("KINDS", " ".join(_KINDS)).replace("WORDS", " ".join(_WORDS))
    return function.replace("GOALS", " ".join(f"{name}=" for name in declared_fields()))


def _set_values(action: Any, files: dict[str, Any]) -> None:
    """Set the completions of an argument: files, directories, references, fields, rules or values of a field."""
    import shtab  # noqa: PLC0415

    if action.metavar in ("FILE", "PATH", "A", "B"):
        action.complete = files
    elif action.metavar == "DIRECTORY":
        # The zsh function of shtab also offers files.
        action.complete = {**shtab.DIRECTORY, "zsh": "_path_files -/"}
    elif action.metavar == "KIND:WHERE":
        action.choices = [*_KINDS, *_WORDS]
    elif action.metavar == "FIELD":
        action.choices = action.choices or list(declared_fields())
    elif action.metavar == "FIELD=VALUE":
        action.choices = [f"{name}=" for name in declared_fields()]
    elif action.metavar in ("CODE", "CODES"):
        from qwen_cfg.rules import RULES  # noqa: PLC0415 - no other part of this command needs them

        action.choices = [rule.code for rule in RULES]
    elif field := getattr(action, "field", None):
        # Values with a colon, such as URLs, are several words to a shell.
        examples = [value for value in (*field.examples, field.default) if isinstance(value, str) and value]
        action.choices = field.schema.get("enum") or [v for v in dict.fromkeys(examples) if ":" not in v] or None
