"""When Python looks for garbage: not while what is made stays, never again in that, and in all of it only at rest.

Until the first paint modules, styles and widgets are made, some 300,000 objects, of which none is garbage. Looking
through them again and again takes a tenth of that time; looking through them later would stop the app for as long as
a key may take. So would looking through all that has been made since, lines of pictures above all: 140 ms after some
pages. That is done when no key has come for a moment.
"""

from __future__ import annotations

import gc

_YOUNG = 2_000, 10  # objects made until the young are searched, and how often until those that survived it are
_NEVER = 1 << 30
_REST = 1.0  # seconds without a key
_WORTH_IT = 2  # searches among those that survived since all was searched: fewer leave hardly anything
# As many of them do not wait for a rest: some 10 million objects were made, some minutes of keys without a pause.
_MOST = 500


def hold_collector() -> None:
    """Look for no garbage until :func:`release_collector` is called."""
    gc.disable()


def release_collector() -> None:
    """Look for garbage in what is made from now on, in all of it only by :func:`collect_at_rest`.

    Nothing changes where the collector was not held.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(*_YOUNG, _NEVER)
        gc.enable()


def collect_at_rest(since_input: float) -> bool:
    """Look for garbage in all that was made since the collector was released, where it is time. Returns whether.

    Args:
        since_input: seconds since the last key or movement of the mouse.
    """
    if gc.get_threshold()[2] != _NEVER:  # Python does it by itself
        return False
    searched = gc.get_count()[2]
    if searched < _WORTH_IT or (since_input < _REST and searched < _MOST):
        return False
    gc.collect()
    return True
