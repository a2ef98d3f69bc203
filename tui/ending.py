"""End the app on a signal, or when its terminal is closed, as the Quit key does: the terminal is restored first."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tui.terminal import is_hung_up

_ENDING = (signal.SIGTERM, signal.SIGHUP)
HUNG_UP = 128 + signal.SIGHUP  # exit code


@contextmanager
def signals_wait() -> Iterator[None]:
    """Block the signals that end the app until :func:`handle_signals`: from then on, the terminal can be restored."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def handle_signals(leave: Callable[[int], None]) -> None:
    """Call ``leave`` with the exit code when a signal arrives that ends the app.

    Does nothing outside the main thread, where signals cannot be handled.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, leave, 128 + number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def is_left_alone() -> bool:
    """Whether the terminal was closed without a signal, as for an app that leads no session: it would read forever."""
    return sys.__stdin__ is not None and is_hung_up(sys.__stdin__.fileno())
