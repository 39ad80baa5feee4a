"""The variables and settings of a program that `exec` starts, as lines with masked secrets."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from qwen_schema import Secret, redact_unknown
from qwen_schema.secret import mask

if TYPE_CHECKING:
    from qwen_cfg.application.start import Start


def start_lines(start: Start) -> list[str]:
    """Return the lines: `set NAME=VALUE`, `unset NAME`, the settings as JSON, and the command line."""
    lines = [f"set    {name}={_value_text(text)}" for name, text in start.child.given.items()]
    lines += [f"unset  {name}" for name in start.child.removed]
    if start.settings is not None:
        import json  # noqa: PLC0415 - only a start of Qwen Code needs it

        lines.append("settings, in the private file that QWEN_CODE_SYSTEM_SETTINGS_PATH names:")
        lines += [f"  {line}" for line in redact_unknown(json.dumps(start.settings, indent=2)).splitlines()]
    lines.append(f"start  {redact_unknown(shlex.join([str(start.program), *start.words[1:]]))}")
    return lines


def _value_text(text: str | Secret) -> str:
    return mask(text.reveal()) if isinstance(text, Secret) else text
