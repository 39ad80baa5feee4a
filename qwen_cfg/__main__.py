"""`python -m qwen_cfg` is the command `qwen-cfg`."""

from __future__ import annotations

import signal
import sys


def entry() -> None:
    """Run the command line of this process and leave with its exit code."""
    # While the program is still being loaded, Ctrl-C just ends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli.hooks import install  # noqa: PLC0415

    install()
    from .cli.main import main  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = main()
    # What is still under way then must be finished, and does not take long: another Ctrl-C would log the user out.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _tell_of_work()
    sys.exit(code)


def _tell_of_work() -> None:
    """Say what the end of the program waits for, if it does."""
    threading = sys.modules.get("threading")
    if threading is None:
        return
    at_work = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon and t.is_alive()]
    if at_work and sys.stderr is not None:
        print("qwen-cfg: the login is being refreshed; that is finished first", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # `python -m` looks for modules in the working directory first: a project could bring its own.
    if not sys.flags.safe_path:
        del sys.path[0]
    entry()
