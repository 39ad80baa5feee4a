"""Lists the public interface of `qwen_cfg`: each name with its signature or members. Prints the list for the docs."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

import qwen_cfg

# The classes whose members are part of the interface.
OPEN = ("CheckResult", "Config", "Diagnostic", "Difference")
# The width of the printed lines, in columns.
_WIDTH = 112


class _Omitted:
    """Stands in the list for a default value that is not shown."""

    def __repr__(self) -> str:
        return "…"


def public_interface() -> list[str]:
    """Return the lines for every public name, functions last."""
    order = sorted(qwen_cfg.__all__, key=lambda name: (name[0].islower(), name))
    return [line for name in order for line in _lines(name, getattr(qwen_cfg, name))]


def _lines(name: str, value: Any) -> list[str]:
    if inspect.isfunction(value):
        return [f"{name}{_signature(value)}"]
    if not inspect.isclass(value):
        return [f"{name} = {value}".replace("typing.", "")]
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    listed = [f"    {n}{declaration}" for n, declaration in _members(value).items()] if name in OPEN else []
    return [f"class {name}({bases})" if bases else f"class {name}", *listed]


def _members(cls: type[Any]) -> dict[str, str]:
    members = {n: f": {kind}" for n, kind in inspect.get_annotations(cls).items()}
    for name, found in vars(cls).items():
        if isinstance(found, property):
            members[name] = f": {inspect.signature(found.fget).return_annotation}"  # type: ignore[arg-type]
        elif inspect.isfunction(found):
            members[name] = _signature(found)
    return {name: declaration for name, declaration in members.items() if not name.startswith("_")}


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    parameters = [_short_parameter(p) for p in signature.parameters.values() if p.name != "self"]
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(signature.replace(parameters=parameters)))


def _short_parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    is_word = parameter.default in (parameter.empty, None, ()) or isinstance(parameter.default, str | bool)
    return parameter if is_word else parameter.replace(default=_Omitted())


if __name__ == "__main__":
    for line in public_interface():
        indent = " " * (len(line) - len(line.lstrip()) + 8)
        print(textwrap.fill(line, _WIDTH, initial_indent="    ", subsequent_indent="    " + indent))
