"""Opening an address in the browser of the person at the terminal, if there is one."""

from __future__ import annotations

import os
import subprocess
import sys

from qwen_schema.fetching import without_keys

# Of the variables that say that there is a screen to open a window on; other systems always have one.
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_browser(address: str) -> bool:
    """Open an address, and tell whether that was tried. Whether it worked changes nothing: the address is shown too.

    The browser is started as a process of its own, which gets no key in its environment, nothing to read and no
    terminal. Where there is no screen nothing is started: a browser for terminals would take this one.
    """
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _SCREENS):
        return False
    try:
        subprocess.Popen(  # noqa: S603 - the address was checked to be one
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
