"""The command `completion`: a script that completes commands, options, their values and file names in a shell."""

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

# readline knows how to complete file names: quotes, blanks, ~ and all. And it takes `--option=value` for three words.
_BASH = """
_qwen_cfg() {
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
}

complete -o bashdefault -o default -F _qwen_cfg qwen-cfg
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("shell", choices=list(PLACES), help="for which shell")
    places = "".join(f"  {shell:<6}{place}\n" for shell, place in PLACES.items())
    parser.epilog = f"{examples('completion bash', 'completion zsh')}\nwhere to put it:\n{places}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415

    parser = build_parser()
    for command in parser.commands.values():
        for action in command.actions:
            _give_values(action, {**shtab.FILE, "bash": "", "fish": "FILES"})
    output.text(_improved(shtab.complete(parser, args.shell), args.shell) + "\n", verbatim=True)
    return ExitCode.OK


def _improved(script: str, shell: str) -> str:
    """Return a script of shtab's that completes `--option=value` too, and file names as the shell itself does."""
    if shell == "bash":
        return script + _BASH
    if shell == "fish":
        return script.replace('-xka "FILES"', "-rF").replace('-ka "FILES"', "-F")
    if shell == "zsh":
        # One argument or more.
        # A script that is sourced is registered, too, and not called.
        script = script.replace("[[ $zsh_eval_context[-1] == eval ]]", "[[ $zsh_eval_context[-1] == (eval|file) ]]")
        script = re.sub(r'^  "\(\*\)::?', '  "*:', script, flags=re.MULTILINE)
        script = re.sub(r'^(  "\*?--[a-z-]+)(\[.*\]:)', r"\1=\2", script, flags=re.MULTILINE)
        return re.sub(r'^(  \{.*?--[a-z-]+)(.*\}"\[.*\]:)', r"\1=\2", script, flags=re.MULTILINE)
    return script


def _give_values(action: Any, files: dict[str, Any]) -> None:
    """Tell an option of a script what its values are, where it names a file, a field, a rule or a choice of a field."""
    if action.metavar in ("FILE", "PATH", "A", "B"):
        action.complete = files
    elif action.metavar == "FIELD":
        action.choices = action.choices or list(declared_fields())
    elif action.metavar in ("CODE", "CODES"):
        from qwen_cfg.rules import RULES  # noqa: PLC0415 - no other part of this command needs them

        action.choices = [rule.code for rule in RULES]
    elif field := getattr(action, "field", None):
        # Values with a colon, such as URLs, are several words to a shell.
        examples = [value for value in (*field.examples, field.default) if isinstance(value, str) and value]
        action.choices = field.schema.get("enum") or [v for v in dict.fromkeys(examples) if ":" not in v] or None
