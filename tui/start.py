"""The entry point of the program ``pictoscope``."""

from __future__ import annotations

import signal

from tui.garbage import hold_collector, release_collector


def main() -> int:
    """Run the command line. Ctrl+C during imports ends the program without a traceback, as it does later.

    Returns the exit code; see :func:`tui.cli.main`.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # otherwise it is ignored, as in a background job of a shell
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    hold_collector()
    from tui import cli

    release_collector()
    signal.signal(signal.SIGINT, handler)
    code = cli.main()
    if handler is signal.default_int_handler:  # Ctrl+C while Python exits prints no traceback either
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return code
