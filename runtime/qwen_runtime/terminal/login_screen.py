"""The login on the screen: what a person is to do, and how long there is time for it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qwen_runtime.oauth.qr import columns_of, qr_lines

from .device import size

if TYPE_CHECKING:
    from qwen_runtime.oauth.device import DeviceCode

    from .screen import Screen

# Rows that the rest of what is shown takes, so that the code and the address are on one screen.
_ROWS_BESIDE = 5


class LoginScreen:
    """Shows a login under way; on a dumb terminal everything is written once."""

    def __init__(self, screen: Screen, *, color: bool) -> None:
        self._screen = screen
        self._color = color
        self._is_told = False

    def show_code(self, device: DeviceCode) -> None:
        """Show the address, the code and until when it holds, and a QR code where there is room for one."""
        until = datetime.now().astimezone() + timedelta(seconds=device.expires_in)
        self._screen.say("To log in with Qwen OAuth, open this address in a browser, on any device:")
        # Unbroken, so that it can be copied.
        self._screen.settle([f"  {device.whole_address}"])
        self._screen.say(f"The code is {device.user_code}. It is valid until {until:%H:%M:%S}.")
        lines = self._qr(device.whole_address)
        if lines:
            self._screen.settle(lines)

    def waiting(self, seconds_left: float | None) -> None:
        """Show how long there is still time, or that a code is asked for."""
        if seconds_left is None:
            if not self._screen.is_dumb:
                self._screen.settle([], live=["Asking for a code"])
            return
        if self._screen.is_dumb:
            if not self._is_told:
                self._screen.say("Waiting for the login. Ctrl-C cancels it.")
            self._is_told = True
            return
        minutes, seconds = divmod(math.ceil(seconds_left), 60)
        line = f"Waiting for the login, {minutes}:{seconds:02} left (Ctrl-C cancels it)"
        self._screen.settle([], live=self._screen.painter.text(line, "dim")[:1])

    def end(self) -> None:
        """Take the line away that changes."""
        if not self._screen.is_dumb:
            self._screen.settle([])

    def _qr(self, address: str) -> list[str]:
        if self._screen.is_dumb or not self._color:
            return []
        lines, (columns, rows) = qr_lines(address), size()
        return lines if columns_of(lines) <= columns and len(lines) + _ROWS_BESIDE <= rows else []
