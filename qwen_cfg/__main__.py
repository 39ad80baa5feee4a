"""`python -m qwen_cfg` is the command `qwen-cfg`."""

from __future__ import annotations

import _thread
import atexit
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType


def entry() -> None:
    """Run the command line of this process and leave with its exit code."""
    # The objects that a command loads live to its end, and garbage collection takes a tenth of the start. A command
    # that may run for long turns it on again (`cli/main.py`).
    gc.disable()
    # While the program is loading, a signal ends it at once.
    for name in ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    from .cli.hooks import install  # noqa: PLC0415

    install()
    from qwen_schema import signals  # noqa: PLC0415

    from .cli.main import main  # noqa: PLC0415

    signals.install()
    try:
        code = main()
    except (KeyboardInterrupt, signals.Termination):
        # The signal arrived while the program was ending.
        code = 128 + (signals.ending_signal() or signal.SIGINT)
    except SystemExit:
        # A help text or the version was shown.
        gc.freeze()
        raise
    _finish(code)


def _leave(number: int, _: FrameType | None) -> NoReturn:
    os._exit(128 + number)


def _finish(code: int) -> NoReturn:
    """Exit with a code, after work that must be finished."""
    from qwen_schema import signals  # noqa: PLC0415

    from .cli.output import Output  # noqa: PLC0415

    output = Output(sys.stdout, sys.stderr)
    # Another Ctrl-C now would log the user out.
    if work := signals.leave(code):
        output.notice(f"qwen-cfg: {work}; that is finished first")
    output.flush()
    signals.ignore_to_the_end()
    if _needs_no_cleanup():
        os._exit(code)
    # The interpreter collects garbage once more when it ends, which is not needed here.
    gc.freeze()
    sys.exit(code)


def _needs_no_cleanup() -> bool:
    """Return whether the process can exit without the interpreter's cleanup, which takes longer than some commands.

    That is so after a short command (the others collect garbage), unless a function is registered with `atexit`.
    """
    return not gc.isenabled() and not atexit._ncallbacks() and _thread._count() == 0


if __name__ == "__main__":
    # `python -m` searches the working directory for modules first, so a project could replace them.
    if not sys.flags.safe_path:
        del sys.path[0]
    entry()
