"""Deferred signals in a Python program with its own handlers."""

from __future__ import annotations

import signal
import threading

import pytest

from qwen_schema.signals import delay_signals


def test_ctrl_c_arrives_at_the_end_of_the_outermost_block() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), delay_signals() as outer:
        with delay_signals() as inner:
            signal.raise_signal(signal.SIGINT)
            steps.append(list(inner))
        steps.append(list(outer))
    assert steps == [[signal.SIGINT], [signal.SIGINT]]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_a_block_handles_is_not_raised_again() -> None:
    with delay_signals(signal.SIGINT) as heard:
        signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGINT]
    with delay_signals() as heard:
        signal.raise_signal(signal.SIGINT)
        heard.clear()


def test_ctrl_c_replaces_an_error_of_the_block() -> None:
    with pytest.raises(KeyboardInterrupt), delay_signals():
        signal.raise_signal(signal.SIGINT)
        raise ValueError


def test_signals_without_a_python_handler_stay_unchanged() -> None:
    found = []
    with delay_signals():
        found.append(signal.getsignal(signal.SIGTERM))
    assert found == [signal.SIG_DFL]


def test_another_thread_defers_no_signal() -> None:
    found = []

    def work() -> None:
        with delay_signals() as heard:
            found.append((signal.getsignal(signal.SIGINT), heard))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(signal.default_int_handler, [])]
