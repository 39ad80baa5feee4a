"""What a block puts off, in a Python program that has its own handlers."""

from __future__ import annotations

import signal
import threading

import pytest

from qwen_schema.ending import delay_signals


def test_ctrl_c_is_heard_when_the_outermost_block_has_ended() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), delay_signals() as outer:
        with delay_signals() as inner:
            signal.raise_signal(signal.SIGINT)
            steps.append(list(inner))
        steps.append(list(outer))
    assert steps == [[signal.SIGINT], [signal.SIGINT]]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_a_block_deals_with_itself_is_not_heard_again() -> None:
    with delay_signals(signal.SIGINT) as heard:
        signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGINT]
    with delay_signals() as heard:
        signal.raise_signal(signal.SIGINT)
        heard.clear()


def test_ctrl_c_counts_more_than_an_error_of_the_block() -> None:
    with pytest.raises(KeyboardInterrupt), delay_signals():
        signal.raise_signal(signal.SIGINT)
        raise ValueError


def test_signals_that_python_leaves_alone_stay_so() -> None:
    found = []
    with delay_signals():
        found.append(signal.getsignal(signal.SIGTERM))
    assert found == [signal.SIG_DFL]


def test_another_thread_puts_nothing_off() -> None:
    found = []

    def work() -> None:
        with delay_signals() as heard:
            found.append((signal.getsignal(signal.SIGINT), heard))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(signal.default_int_handler, [])]
