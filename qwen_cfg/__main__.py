"""`python -m qwen_cfg` is the command `qwen-cfg`."""

from .cli.main import entry

entry()
