"""The login on the screen: the instructions and the remaining time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qwen_runtime.oauth.qr import columns_of, qr_lines

from .device import size

if TYPE_CHECKING:
    from qwen_runtime.oauth.device import DeviceCode

    from .screen import Screen

# The rows of the other output, so that the QR code and the address fit on one screen.
_ROWS_BESIDE = 5


class LoginScreen:
    """Shows the progress of a login; on a dumb terminal, everything is written once."""

    def __init__(self, screen: Screen, *, color: bool) -> None:
        self._screen = screen
        self._color = color
        self._is_shown = False

    def show_code(self, device: DeviceCode) -> None:
        """Show the address, the code and its validity, and a QR code if there is room for it."""
        until = datetime.now().astimezone() + timedelta(seconds=device.expires_in)
        self._screen.say("To log in with Qwen OAuth, open this address in a browser, on any device:")
        # Not wrapped, so that it can be copied.
        self._screen.settle([f"  {device.whole_address}"])
        self._screen.say(f"The code is {device.user_code}. It is valid until {until:%H:%M:%S}.")
        lines = self._qr(device.whole_address)
        if lines:
            self._screen.settle(lines)

    def waiting(self, seconds_left: float | None) -> None:
        """Show the remaining time, or that a code is requested."""
        if seconds_left is None:
            if not self._screen.is_dumb:
                self._screen.settle([], live=["Asking for a code"])
            return
        if self._screen.is_dumb:
            if not self._is_shown:
                self._screen.say("Waiting for the login. Ctrl-C cancels it.")
            self._is_shown = True
            return
        minutes, seconds = divmod(math.ceil(seconds_left), 60)
        line = f"Waiting for the login, {minutes}:{seconds:02} left (Ctrl-C cancels it)"
        self._screen.settle([], live=self._screen.painter.text(line, "dim")[:1])

    def end(self) -> None:
        """Remove the line that changes."""
        if not self._screen.is_dumb:
            self._screen.settle([])

    def _qr(self, address: str) -> list[str]:
        if self._screen.is_dumb or not self._color:
            return []
        lines, (columns, rows) = qr_lines(address), size()
        return lines if columns_of(lines) <= columns and len(lines) + _ROWS_BESIDE <= rows else []
