"""Opens an address in the user's browser."""

from __future__ import annotations

import os
import subprocess
import sys

from qwen_schema.fetching import without_keys

# On Linux, one of these variables is set if there is a screen. Other systems always have one.
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_browser(address: str) -> bool:
    """Open an address, and return whether a browser was started. It may fail, so the address is also on the screen.

    The browser is a separate process without keys in its environment, without input and without a terminal. If there
    is no screen, no browser is started: a browser for terminals would use this terminal.
    """
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _SCREENS):
        return False
    try:
        subprocess.Popen(  # noqa: S603 - the address is a checked URL
            [sys.executable, "-P", "-m", "webbrowser", "-t", address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=without_keys(os.environ),
            start_new_session=True,
        )
    except OSError:
        return False
    return True
